/* SPDX-License-Identifier: MPL-2.0 */
/* Records of any kind by one set of calls: their names, their keys, one of them, all of them. */
#include "store_unit.h"

#include <unistd.h>

static void kinds_have_names(void **state)
{
    static const char *const names[] = {"site", "loader", "target", "host"};

    (void)state;
    for (unsigned i = 0; i < COUNT(names); i++) {
        assert_string_equal(netboot_record_kind_name(i), names[i]);
        assert_int_equal(netboot_record_kind_find(names[i]), i);
    }
    assert_int_equal(COUNT(names), NETBOOT_RECORD_KINDS);
    assert_null(netboot_record_kind_name(NETBOOT_RECORD_KINDS));
    assert_int_equal(netboot_record_kind_find("hosts"), -ENOENT);
}

static void keys_are_read_and_written(void **state)
{
    static const struct {
        enum netboot_record_kind kind;
        const char *text, *shown; /* NULL: it is none */
    } cases[] = {
        {NETBOOT_RECORD_SITE,   "lab",          "site lab"              },
        {NETBOOT_RECORD_SITE,   "",             NULL                    },
        {NETBOOT_RECORD_SITE,   "a b",          NULL                    },
        {NETBOOT_RECORD_TARGET, "525400770002", "target 525400770002"   },
        {NETBOOT_RECORD_LOADER, "9",            "loader x64-uefi"       },
        {NETBOOT_RECORD_LOADER, "x64-uefi",     "loader x64-uefi"       },
        {NETBOOT_RECORD_LOADER, "vax",          NULL                    },
        {NETBOOT_RECORD_HOST,   "525400770002", "host 52:54:00:77:00:02"},
        {NETBOOT_RECORD_HOST,   "web1",         "host web1"             },
        {NETBOOT_RECORD_HOST,   "a b",          NULL                    },
        {NETBOOT_RECORD_KINDS,  "lab",          NULL                    },
    };
    char text[NETBOOT_RECORD_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct netboot_error error = {0};
        struct netboot_record_key key;
        int code = netboot_record_key_parse(cases[i].kind, cases[i].text, &key, &error);
        assert_int_equal(code, cases[i].shown ? 0 : -EINVAL);
        if (code == 0)
            assert_string_equal(netboot_record_key_text(&key, text), cases[i].shown);
        else
            assert_int_equal(error.code, -EINVAL);
    }
}

static void records_have_keys(void **state)
{
    struct netboot_record record = {.kind = NETBOOT_RECORD_HOST};
    struct netboot_record_key key, parsed;
    char text[NETBOOT_RECORD_TEXT_SIZE];

    (void)state;
    memset(&key, 0xaa, sizeof(key));
    assert_int_equal(netboot_record_key_of(&record, &key), -EINVAL);
    assert_int_equal((uint8_t)key.name[0], 0xaa);
    record.host = *HOST("web1", "52:54:00:00:00:01");
    assert_int_equal(netboot_record_key_of(&record, &key), 0);
    assert_int_equal(netboot_record_key_parse(NETBOOT_RECORD_HOST, "52:54:00:00:00:01", &parsed, NULL), 0);
    assert_memory_equal(&key, &parsed, sizeof(key)); /* nothing of it is left to chance */
    assert_string_equal(netboot_record_text(&record, text), "host web1");
    record.host.name.size = 0;
    assert_string_equal(netboot_record_text(&record, text), "host 52:54:00:00:00:01");
    /* A MAC, wherever it is, goes before the others, as in the store. */
    record.host = *HOST("", "11223344-5566-7788-99aa-bbccddeeff00", "52:54:00:00:00:02", "52:54:00:00:00:01");
    assert_int_equal(netboot_record_key_of(&record, &key), 0);
    assert_string_equal(netboot_record_key_text(&key, text), "host 52:54:00:00:00:02");
    assert_string_equal(netboot_record_text(&record, text), "host 52:54:00:00:00:02");
    record.host = *HOST("", "11223344-5566-7788-99aa-bbccddeeff00", "00:03:00:01:52:54:00:00:00:01");
    assert_string_equal(netboot_record_text(&record, text), "host 11223344-5566-7788-99aa-bbccddeeff00");
    record = (struct netboot_record){.kind = NETBOOT_RECORD_TARGET, .target.name = bytes_of("debian")};
    assert_int_equal(netboot_record_key_of(&record, &key), 0);
    assert_string_equal(key.name, "debian");
    assert_string_equal(netboot_record_text(&record, text), "target debian");
    record = (struct netboot_record){.kind = NETBOOT_RECORD_LOADER, .loader.platform = 7};
    assert_string_equal(netboot_record_text(&record, text), "loader x64-uefi");
}

/* What a record of that kind has, each part of it once. */
static void differ(enum netboot_record_kind kind, unsigned part, struct netboot_record *ret)
{
    static const struct netboot_bytes word = {(const uint8_t *)"word", 4};
    struct netboot_bytes *texts[8] = {NULL};
    struct netboot_list *lists[4] = {NULL};
    unsigned i = 0;

    netboot_record_clear(kind, ret);
    if (kind == NETBOOT_RECORD_SITE) {
        memcpy(texts,
               (struct netboot_bytes *[]){&ret->site.name, &ret->site.tftp4, &ret->site.tftp6, &ret->site.http4,
                                          &ret->site.http6},
               5 * sizeof(*texts));
        lists[0] = &ret->site.prefixes;
    } else if (kind == NETBOOT_RECORD_LOADER) {
        texts[0] = &ret->loader.file;
    } else if (kind == NETBOOT_RECORD_TARGET) {
        memcpy(texts,
               (struct netboot_bytes *[]){&ret->target.name, &ret->target.script, &ret->target.description,
                                          &ret->target.kernel, &ret->target.command_line},
               5 * sizeof(*texts));
        lists[0] = &ret->target.files;
        lists[1] = &ret->target.initrds;
    } else {
        memcpy(texts, (struct netboot_bytes *[]){&ret->host.name, &ret->host.target, &ret->host.note},
               3 * sizeof(*texts));
        lists[0] = &ret->host.ids;
        lists[1] = &ret->host.loaders;
        lists[2] = &ret->host.labels;
    }
    for (; texts[i]; i++)
        if (i == part)
            *texts[i] = word;
    for (unsigned j = 0; lists[j]; i++, j++)
        if (i == part) {
            lists[j]->items[0] = word;
            lists[j]->count = 1;
        }
    if (kind == NETBOOT_RECORD_LOADER && part == i)
        ret->loader.platform = 7;
    if (kind == NETBOOT_RECORD_TARGET && part == i)
        ret->target.order = 7;
    if (kind == NETBOOT_RECORD_TARGET && part == i + 1)
        ret->target.kind = NETBOOT_KIND_LOCAL;
}

static void every_field_counts(void **state)
{
    static const unsigned parts[NETBOOT_RECORD_KINDS] = {6, 2, 9, 6};
    static struct netboot_record a, b;

    (void)state;
    for (unsigned kind = 0; kind < NETBOOT_RECORD_KINDS; kind++)
        for (unsigned i = 0; i <= parts[kind]; i++)
            for (unsigned j = 0; j <= parts[kind]; j++) {
                memset(&a, 0xaa, sizeof(a));
                memset(&b, 0x55, sizeof(b));
                differ(kind, i, &a);
                differ(kind, j, &b);
                if (netboot_record_equal(&a, &b) != (i == j))
                    fail_msg("%s: %u and %u", netboot_record_kind_name(kind), i, j);
            }
    netboot_record_clear(NETBOOT_RECORD_HOST, &a);
    netboot_record_clear(NETBOOT_RECORD_HOST, &b);
    b.host.changed = 1;
    assert_true(netboot_record_equal(&a, &b));
    b.kind = NETBOOT_RECORD_TARGET;
    assert_false(netboot_record_equal(&a, &b));
}

static int add_text(const struct netboot_record *record, void *user)
{
    char text[NETBOOT_RECORD_TEXT_SIZE], *all = user;

    strcat(all, strchr(netboot_record_text(record, text), ' '));
    return 0;
}

/* The texts of all behind that one. */
static const char *all_after(struct netboot_view *opened, enum netboot_record_kind kind, const char *after)
{
    static char all[256];
    struct netboot_record_key key;

    all[0] = '\0';
    if (after)
        OK(netboot_record_key_parse(kind, after, &key, &error));
    OK(netboot_view_each(opened, kind, after ? &key : NULL, add_text, all, &error));
    return all;
}

static void one_and_all_of_each_kind(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    struct netboot_target target = {.name = bytes_of("b"), .script = bytes_of("x")};
    struct netboot_loader loader = {.platform = 7, .file = bytes_of("x")};
    struct netboot_record_key key = {.kind = NETBOOT_RECORD_TARGET, .name = "d"};
    struct netboot_record record;

    OK(put_site(change, "lab", NULL, &error));
    OK(typed_put_target(change, &target, &error));
    target.name = bytes_of("d");
    OK(typed_put_target(change, &target, &error));
    OK(typed_put_loader(change, &loader, &error));
    loader.platform = 11;
    OK(typed_put_loader(change, &loader, &error));
    OK(typed_put_host(change, HOST("web1", "52:54:00:00:00:01"), &error));
    OK(typed_put_host(change, HOST("web2", "52:54:00:00:00:02"), &error));
    commit(change);
    struct netboot_view *opened = view(fixture);
    assert_string_equal(all_after(opened, NETBOOT_RECORD_SITE, NULL), " default lab");
    assert_string_equal(all_after(opened, NETBOOT_RECORD_SITE, "default"), " lab");
    assert_string_equal(all_after(opened, NETBOOT_RECORD_TARGET, NULL), " b d");
    assert_string_equal(all_after(opened, NETBOOT_RECORD_TARGET, "b"), " d");
    assert_string_equal(all_after(opened, NETBOOT_RECORD_TARGET, "c"), " d"); /* which is none */
    assert_string_equal(all_after(opened, NETBOOT_RECORD_TARGET, "d"), "");
    assert_string_equal(all_after(opened, NETBOOT_RECORD_LOADER, "x64-uefi"), " arm64-uefi");
    assert_string_equal(all_after(opened, NETBOOT_RECORD_HOST, "web1"), " web2");
    assert_string_equal(all_after(opened, NETBOOT_RECORD_HOST, "52:54:00:00:00:00"), " web1 web2");
    OK(netboot_view_get(opened, &key, &record, &error));
    assert_int_equal(record.kind, NETBOOT_RECORD_TARGET);
    strcpy(key.name, "c");
    FAILS(-ENOENT, "there is no target c", netboot_view_get(opened, &key, &record, &error));
    key = (struct netboot_record_key){.kind = NETBOOT_RECORD_HOST, .id = id_of("web9")};
    FAILS(-ENOENT, "there is no host web9", netboot_view_get(opened, &key, &record, &error));
    FAILS(-ENOENT, "there is no host web9",
          netboot_view_each(opened, NETBOOT_RECORD_HOST, &key, add_text, NULL, &error));
    FAILS(-EINVAL, "of another kind", netboot_view_each(opened, NETBOOT_RECORD_SITE, &key, add_text, NULL, &error));
    FAILS(-EINVAL, "no kind of record", netboot_view_each(opened, 4, NULL, add_text, NULL, &error));
    netboot_view_close(opened);
}

static void another_records_key_is_none(void **state)
{
    struct netboot_change *change = begin(*state);
    struct netboot_record record = {.kind = NETBOOT_RECORD_TARGET, .target.name = bytes_of("a")};
    struct netboot_record_key key = {.kind = NETBOOT_RECORD_TARGET, .name = "b"};

    FAILS(-EINVAL, "cannot replace target b by a different record", netboot_change_put(change, &key, &record, &error));
    strcpy(key.name, "a");
    OK(netboot_change_put(change, &key, &record, &error));
    key.kind = NETBOOT_RECORD_SITE;
    FAILS(-EINVAL, "cannot replace site a by a different record", netboot_change_put(change, &key, &record, &error));
    record = (struct netboot_record){
        .kind = NETBOOT_RECORD_LOADER, .loader = {7, bytes_of("x")}
    };
    key = (struct netboot_record_key){.kind = NETBOOT_RECORD_LOADER, .platform = 0};
    FAILS(-EINVAL, "cannot replace loader x86-bios by a different record",
          netboot_change_put(change, &key, &record, &error));
    record.kind = NETBOOT_RECORD_KINDS;
    FAILS(-EINVAL, "no kind of record", netboot_change_put(change, NULL, &record, &error));
    key.kind = NETBOOT_RECORD_KINDS;
    FAILS(-EINVAL, "no kind of record", netboot_change_delete(change, &key, &error));
    netboot_change_abort(change);
}

static int count_pid(int pid, void *user)
{
    unsigned *count = user;

    assert_int_equal(pid, getpid());
    ++*count;
    return 0;
}

static void each_reader_is_told_once(void **state)
{
    struct netboot_view *opened[3];
    unsigned count = 0;

    for (size_t i = 0; i < COUNT(opened); i++)
        opened[i] = view(*state);
    OK(netboot_view_readers(opened[0], count_pid, &count, &error));
    assert_int_equal(count, 1);
    for (size_t i = 0; i < COUNT(opened); i++)
        netboot_view_close(opened[i]);
}

/* Boot-once as a view shows it, where nothing is armed, and where netbootd does not run. */
static void what_is_not_armed_is_said(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id known = id_of("web1"), unknown = id_of("web9");
    uint64_t counts[] = {7, 7, 7};
    struct netboot_once once;

    fixture->netbootd = netbootd_start(fixture->directory);
    put_host(fixture, HOST("web1", "52:54:00:00:00:01"));
    struct netboot_view *opened = view(fixture);
    FAILS(-ENOENT, "nothing is armed for the host web1", netboot_view_once(opened, &known, &once, &error));
    FAILS(-ENOENT, "there is no host web9", netboot_view_once(opened, &unknown, &once, &error));
    OK(netboot_view_once_counts(opened, counts, 2, &error));
    assert_int_equal(counts[0] + counts[1], 0);
    assert_int_equal(counts[2], 7); /* there may be more states than the caller knows */
    netboot_view_close(opened);
    netbootd_end(&fixture->netbootd);
    opened = view(fixture);
    FAILS(-ECONNREFUSED, "netbootd does not run", netboot_view_once(opened, &known, &once, &error));
    FAILS(-ECONNREFUSED, "netbootd does not run", netboot_view_once_counts(opened, counts, 2, &error));
    FAILS(-ECONNREFUSED, "netbootd does not run", netboot_once_check(fixture->store, &error));
    netboot_view_close(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_names),  cmocka_unit_test(keys_are_read_and_written),
        cmocka_unit_test(records_have_keys), cmocka_unit_test(every_field_counts),
        TEST(one_and_all_of_each_kind),      TEST(another_records_key_is_none),
        TEST(each_reader_is_told_once),      TEST(what_is_not_armed_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
