/* SPDX-License-Identifier: MPL-2.0 */
/* What patches make of records. */
#include "store_unit.h"

#define M1 "52:54:00:00:00:01"
#define M2 "52:54:00:00:00:02"
#define M3 "52:54:00:00:00:03"
#define U1 "11223344-5566-7788-99aa-bbccddeeff00"
#define U2 "11223344-5566-7788-99aa-bbccddeeff01"

/* A host's record, with some of what it may have. */
static struct netboot_record record_of(struct netboot_host *host)
{
    struct netboot_record ret = {.kind = NETBOOT_RECORD_HOST, .host = *host};

    ret.host.target = bytes_of("debian");
    ret.host.note = bytes_of("a note");
    ret.host.labels = (struct netboot_list){
        2, {RAW("rack=1"), RAW("rack2=x")}
    };
    ret.host.loaders = (struct netboot_list){
        2, {RAW("\0\7a.efi"), RAW("\0\13b.efi")}
    };
    return ret;
}

static void assert_ids(const struct netboot_record *record, const char *const *ids)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_id id;
    size_t count = 0;

    for (; ids[count]; count++) {
        assert_int_equal(netboot_host_id(&record->host, count, &id), 0);
        assert_string_equal(netboot_id_text(&id, text), ids[count]);
    }
    assert_int_equal(record->host.ids.count, count);
}

#define IDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void what_is_not_named_stays(void **state)
{
    struct netboot_record old = record_of(HOST("web1", U1, M1)), values, got;
    struct netboot_record_patch patch = {.size = sizeof(patch), .record = &values};

    (void)state;
    netboot_record_clear(NETBOOT_RECORD_HOST, &values);
    OK(netboot_patch_apply(&old, &patch, &got, &error));
    assert_true(netboot_record_equal(&old, &got));
    values.host.target = bytes_of("rescue");
    values.host.name = bytes_of("not named");
    netboot_patch_set(&patch, offsetof(struct netboot_host, target));
    netboot_patch_set(&patch, offsetof(struct netboot_host, note));
    OK(netboot_patch_apply(&old, &patch, &got, &error));
    old.host.target = bytes_of("rescue");
    old.host.note.size = 0;
    assert_true(netboot_record_equal(&old, &got));
    OK(netboot_patch_apply(NULL, &patch, &got, &error));
    assert_int_equal(got.host.target.size, 6);
    assert_int_equal(got.host.name.size + got.host.ids.count + got.host.labels.count, 0);
}

static void identifiers(void **state)
{
    struct netboot_record old = record_of(HOST("web1", U1, M1)), values = {.kind = NETBOOT_RECORD_HOST}, got;
    struct netboot_record_patch patch = {.size = sizeof(patch), .record = &values};
    struct netboot_record more = record_of(HOST("", M1, M3));

    (void)state;
    values.host = *HOST("", M2);
    patch.keep_id = old.host.ids.items[1];
    OK(netboot_patch_apply(&old, &patch, &got, &error));
    assert_ids(&got, IDS(U1, M1)); /* it has the one that it keeps, and no other order */
    netboot_patch_set_ids(&patch, NETBOOT_ID_MAC);
    OK(netboot_patch_apply(&old, &patch, &got, &error));
    assert_ids(&got, IDS(M1, M2, U1)); /* the other type stays; the one that is kept is the first */
    patch.add_ids = &more.host.ids;
    OK(netboot_patch_apply(&old, &patch, &got, &error));
    assert_ids(&got, IDS(M1, M2, M3, U1));
    struct netboot_record drop = record_of(HOST("web1", M2, U2));
    drop.host.target = bytes_of("rescue");
    drop.host.note.size = drop.host.labels.count = drop.host.loaders.count = 0;
    patch.drop = &drop;
    OK(netboot_patch_apply(&old, &patch, &got, &error));
    assert_ids(&got, IDS(M1, M3, U1));
    assert_int_equal(got.host.name.size, 0);
    assert_int_equal(got.host.target.size, 6); /* another one */
}

static void items_go_by_their_keys(void **state)
{
    struct netboot_record old = record_of(HOST("web1", M1)), values, drop, got;
    struct netboot_record_patch patch = {.size = sizeof(patch), .record = &values, .drop = &drop};

    (void)state;
    netboot_record_clear(NETBOOT_RECORD_HOST, &values);
    netboot_record_clear(NETBOOT_RECORD_HOST, &drop);
    drop.host.labels = (struct netboot_list){1, {RAW("rack")}};
    drop.host.loaders = (struct netboot_list){1, {RAW("\0\13")}};
    OK(netboot_patch_apply(&old, &patch, &got, &error));
    assert_int_equal(got.host.labels.count, 1);
    assert_memory_equal(got.host.labels.items[0].data, "rack2=x", 7);
    assert_int_equal(got.host.loaders.count, 1);
    assert_int_equal(got.host.loaders.items[0].data[1], 7);
}

static void what_is_refused(void **state)
{
    struct netboot_record old = {.kind = NETBOOT_RECORD_HOST}, values = {.kind = NETBOOT_RECORD_HOST}, got;
    struct netboot_record_patch patch = {.size = 8, .record = &values};
    uint8_t octets[NETBOOT_LIST_MAX][7];

    (void)state;
    FAILS(-EINVAL, "the size of the patch is 8", netboot_patch_apply(&old, &patch, &got, &error));
    patch.size = sizeof(patch);
    for (unsigned i = 0; i < NETBOOT_LIST_MAX; i++) {
        memcpy(octets[i], (uint8_t[]){'M', 2, 0, 0, 0, 0, (uint8_t)i}, 7);
        old.host.ids.items[old.host.ids.count++] = (struct netboot_bytes){octets[i], 7};
    }
    patch.keep_id = RAW("M\2\0\0\0\1\0");
    FAILS(-EINVAL, "more than 64 identifiers", netboot_patch_apply(&old, &patch, &got, &error));
    old.kind = NETBOOT_RECORD_SITE;
    FAILS(-EINVAL, "a site cannot become a host", netboot_patch_apply(&old, &patch, &got, &error));
    values.kind = NETBOOT_RECORD_KINDS;
    FAILS(-EINVAL, "no kind of record", netboot_patch_apply(&old, &patch, &got, &error));
}

/* Read, changed and put in one change: the values lie in the rows that are replaced. */
static void a_record_of_the_same_change(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    struct netboot_view *seen = netboot_change_view(change);
    struct netboot_record values, old, got;
    struct netboot_record_patch patch = {.size = sizeof(patch), .record = &values};
    struct netboot_record_key key;
    uint8_t prefixes[3][NETBOOT_PREFIX_SIZE];

    netboot_record_clear(NETBOOT_RECORD_SITE, &values);
    values.site.name = bytes_of("lab");
    values.site.http4 = bytes_of("http://192.0.2.1/");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const texts[] = {"192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"};
        values.site.prefixes.items[i].data = prefixes[i];
        values.site.prefixes.items[i].size =
            (size_t)netboot_prefix_parse("", texts[values.site.prefixes.count++], prefixes[i], NULL);
    }
    OK(netboot_change_put(change, NULL, &values, &error));
    OK(netboot_record_key_of(&values, &key));
    OK(netboot_view_get(seen, &key, &old, &error));
    netboot_record_clear(NETBOOT_RECORD_SITE, &values);
    values.site.http6 = bytes_of("http://[2001:db8::1]/");
    netboot_patch_set(&patch, offsetof(struct netboot_site, http6));
    OK(netboot_patch_apply(&old, &patch, &got, &error));
    OK(netboot_change_put(change, &key, &got, &error));
    OK(netboot_view_get(seen, &key, &old, &error));
    assert_int_equal(old.site.prefixes.count, 3);
    assert_memory_equal(old.site.prefixes.items[1].data, prefixes[1], 5);
    assert_memory_equal(old.site.http4.data, "http://192.0.2.1/", old.site.http4.size);
    assert_int_equal(old.site.http6.size, 21);
    commit(change);
}

static void what_is_no_patch_is_refused(void **state)
{
    struct netboot_record values, got;
    struct netboot_record_patch patch = {.size = sizeof(patch), .record = &values};
    const struct netboot_record_patch without = {.size = sizeof(without)};

    (void)state;
    netboot_record_clear(NETBOOT_RECORD_LOADER, &values);
    FAILS(-EINVAL, "has no record with the new values", netboot_patch_apply(NULL, &without, &got, &error));
    netboot_patch_set(&patch, 3);
    FAILS(-EINVAL, "names a member that a loader does not have", netboot_patch_apply(NULL, &patch, &got, &error));
    patch.set = 0;
    netboot_patch_set(&patch, offsetof(struct netboot_host, note));
    FAILS(-EINVAL, "names a member that a loader does not have", netboot_patch_apply(NULL, &patch, &got, &error));
    patch = without; /* named before there was a record to tell of which kind */
    netboot_patch_set(&patch, offsetof(struct netboot_loader, file));
    patch.record = &values;
    FAILS(-EINVAL, "names a member that a loader does not have", netboot_patch_apply(NULL, &patch, &got, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_named_stays),     cmocka_unit_test(identifiers),
        cmocka_unit_test(items_go_by_their_keys),      cmocka_unit_test(what_is_refused),
        cmocka_unit_test(what_is_no_patch_is_refused), TEST(a_record_of_the_same_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
