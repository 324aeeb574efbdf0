/* SPDX-License-Identifier: MPL-2.0 */
/* Hosts of the targets store: what is put in is found, by every identifier that leads to it. */
#include "store_unit.h"

/* ---- Hosts */

static void test_host_ids(void **state)
{
    put_host(*state, HOST("web1", "52:54:00:77:00:02", "52:54:00:77:00:03", "11223344-5566-7788-99aa-bbccddeeff00",
                          "00:03:00:01:52:54:00:77:00:02"));
    assert_host(*state, "52:54:00:77:00:02", "web1");
    assert_host(*state, "52:54:00:77:00:03", "web1");
    assert_host(*state, "11223344-5566-7788-99aa-bbccddeeff00", "web1");
    assert_host(*state, "44332211-6655-8877-99aa-bbccddeeff00", "web1"); /* the other byte order */
    assert_host(*state, "00:03:00:01:52:54:00:77:00:02", "web1");
    assert_host(*state, "web1", "web1");
    assert_host(*state, "52:54:00:77:00:04", NULL);
    assert_host(*state, "11223344-5566-7788-99aa-bbccddeeff01", NULL);
    assert_host(*state, "web2", NULL);
    assert_int_equal(status_of(*state).records[NETBOOT_RECORD_HOST], 1);
}

/* EDK2 and iPXE make DUIDs of one UUID that differ in byte order. */
static void test_duid_of_uuid(void **state)
{
    put_host(*state, HOST("vm", "00:04:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00"));
    assert_host(*state, "00:04:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00", "vm");
    assert_host(*state, "00:04:44:33:22:11:66:55:88:77:99:aa:bb:cc:dd:ee:ff:00", "vm");
    assert_host(*state, "00:03:44:33:22:11:66:55:88:77:99:aa:bb:cc:dd:ee:ff:00", NULL);
}

/* The UUID is kept as it was given, also where the other form is the key. */
static void test_uuid_as_given(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id given = id_of("f4332211-6655-8877-99aa-bbccddeeff00"), got;
    struct netboot_host host;

    put_host(fixture, HOST("vm", "f4332211-6655-8877-99aa-bbccddeeff00"));
    struct netboot_view *opened = view(fixture);
    assert_int_equal(typed_get_host(opened, &given, &host), 0);
    assert_int_equal(netboot_host_id(&host, 0, &got), 0);
    assert_memory_equal(got.value, given.value, given.size);
    netboot_view_close(opened);
}

static void test_host_replaced(void **state)
{
    put_host(*state, HOST("web1", "52:54:00:00:00:01", "52:54:00:00:00:02"));
    /* The same first identifier: the whole record is replaced, with what led to it. */
    put_host(*state, HOST("www", "52:54:00:00:00:01", "52:54:00:00:00:03"));
    assert_host(*state, "52:54:00:00:00:01", "www");
    assert_host(*state, "52:54:00:00:00:02", NULL);
    assert_host(*state, "52:54:00:00:00:03", "www");
    assert_host(*state, "web1", NULL);
    assert_host(*state, "www", "www");
    assert_int_equal(status_of(*state).records[NETBOOT_RECORD_HOST], 1);
    /* Its identifiers change places. */
    put_host(*state, HOST("www", "52:54:00:00:00:03", "52:54:00:00:00:01"));
    assert_host(*state, "52:54:00:00:00:01", "www");
    assert_host(*state, "52:54:00:00:00:03", "www");
    assert_int_equal(status_of(*state).records[NETBOOT_RECORD_HOST], 1);
}

/* What a host goes by is its first MAC, wherever that is in the list. */
static void test_host_replaced_by_its_mac(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change;

    put_host(fixture, HOST("", "11223344-5566-7788-99aa-bbccddeeff00", "52:54:00:00:00:01"));
    put_host(fixture, HOST("www", "11223344-5566-7788-99aa-bbccddeeff01", "52:54:00:00:00:01"));
    assert_host(fixture, "52:54:00:00:00:01", "www");
    assert_host(fixture, "11223344-5566-7788-99aa-bbccddeeff00", NULL);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 1);
    change = begin(fixture);
    FAILS(-EEXIST, "11223344-5566-7788-99aa-bbccddeeff01 already belongs to host www",
          typed_put_host(change, HOST("", "11223344-5566-7788-99aa-bbccddeeff01", "52:54:00:00:00:02"), &error));
    OK(typed_put_host(change, HOST("", "11223344-5566-7788-99aa-bbccddeeff01", "52:54:00:00:00:01"), &error));
    FAILS(-EEXIST, "11223344-5566-7788-99aa-bbccddeeff01 already belongs to host 52:54:00:00:00:01",
          typed_put_host(change, HOST("", "11223344-5566-7788-99aa-bbccddeeff01", "52:54:00:00:00:02"), &error));
    netboot_change_abort(change);
}

static void test_host_by_key(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id name = id_of("web1"), none = id_of("web9");

    put_host(fixture, HOST("web1", "52:54:00:00:00:01"));
    struct netboot_change *change = begin(fixture);
    /* Another MAC altogether: a card was exchanged. */
    OK(typed_put_host_as(change, &name, HOST("web1", "52:54:00:00:00:09"), &error));
    FAILS(-ENOENT, "no host web9", typed_put_host_as(change, &none, HOST("web9", "52:54:00:00:00:08"), &error));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:01", NULL);
    assert_host(fixture, "52:54:00:00:00:09", "web1");
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 1);
}

static void test_host_conflicts(void **state)
{
    struct fixture *fixture = *state;

    put_host(fixture, HOST("web1", "52:54:00:00:00:01", "11223344-5566-7788-99aa-bbccddeeff00"));
    put_host(fixture, HOST(NULL, "52:54:00:00:00:07"));
    struct netboot_change *change = begin(fixture);
    FAILS(-EEXIST, "52:54:00:00:00:01 already belongs to host web1",
          typed_put_host(change, HOST("db1", "52:54:00:00:00:02", "52:54:00:00:00:01"), &error));
    FAILS(-EEXIST, "already belongs to host web1",
          typed_put_host(change, HOST("db1", "52:54:00:00:00:02", "44332211-6655-8877-99aa-bbccddeeff00"), &error));
    FAILS(-EEXIST, "web1 already belongs to host web1",
          typed_put_host(change, HOST("web1", "52:54:00:00:00:02"), &error));
    FAILS(-EEXIST, "already belongs to host 52:54:00:00:00:07",
          typed_put_host(change, HOST("db1", "52:54:00:00:00:02", "52:54:00:00:00:07"), &error));
    FAILS(-EINVAL, "given twice",
          typed_put_host(change, HOST("db1", "52:54:00:00:00:02", "52:54:00:00:00:02"), &error));
    FAILS(-EINVAL, "given twice",
          typed_put_host(change,
                         HOST("db1", "21223344-5566-7788-99aa-bbccddeeff00", "44332221-6655-8877-99aa-bbccddeeff00"),
                         &error));
    FAILS(-EINVAL, "a host needs a MAC, UUID or DUID", typed_put_host(change, HOST("db1", NULL), &error));
    /* What was refused has left nothing, and the change goes on. */
    OK(typed_put_host(change, HOST("db1", "52:54:00:00:00:02"), &error));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:01", "web1");
    assert_host(fixture, "52:54:00:00:00:02", "db1");
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 3);
}

static void test_host_lists(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_host *host = HOST("web1", "52:54:00:00:00:01");
    struct netboot_change *change = begin(fixture);

    host->labels.count = 2;
    host->labels.items[0] = RAW("rack=1");
    host->labels.items[1] = RAW("rack=2");
    FAILS(-EINVAL, "one key", typed_put_host(change, host, &error));
    host->labels.items[1] = RAW("rac=2");
    host->loaders.count = 2;
    host->loaders.items[0] = RAW("\0\0a.pxe");
    host->loaders.items[1] = RAW("\0\0b.pxe");
    FAILS(-EINVAL, "one platform", typed_put_host(change, host, &error));
    host->loaders.items[1] = RAW("\0\7b.efi");
    OK(typed_put_host(change, host, &error));
    netboot_change_abort(change);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 0);
}

static void test_host_delete(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id name = id_of("web1"), mac = id_of("52:54:00:00:00:05");

    put_host(fixture, HOST("web1", "52:54:00:00:00:01", "52:54:00:00:00:02"));
    put_host(fixture, HOST("web2", "52:54:00:00:00:03"));
    struct netboot_change *change = begin(fixture);
    OK(typed_delete_host(change, &name, &error));
    FAILS(-ENOENT, "no host web1", typed_delete_host(change, &name, &error));
    FAILS(-ENOENT, "no host 52:54:00:00:00:05", typed_delete_host(change, &mac, &error));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:01", NULL);
    assert_host(fixture, "52:54:00:00:00:02", NULL);
    assert_host(fixture, "web1", NULL);
    assert_host(fixture, "web2", "web2");
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 1);
}

/* ---- Walks over all hosts */

struct names {
    char text[256];
    int stop_after;
};

static int add_name(const struct netboot_host *host, void *user)
{
    struct names *names = user;
    size_t length = strlen(names->text);

    snprintf(names->text + length, sizeof(names->text) - length, "%.*s ", (int)host->name.size,
             (const char *)host->name.data);
    return names->stop_after > 0 && --names->stop_after == 0 ? 42 : 0;
}

static void test_walk(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id second = id_of("52:54:00:00:00:02"), between = id_of("52:54:00:00:00:22"), other = id_of("c"),
                      none = id_of("nobody"), last = id_of("11223344-5566-7788-99aa-bbccddeeff00");
    struct names names = {0};

    put_host(fixture, HOST("c", "52:54:00:00:00:03"));
    put_host(fixture, HOST("a", "52:54:00:00:00:01", "52:54:00:00:00:ff"));
    put_host(fixture, HOST("b", "52:54:00:00:00:02"));
    put_host(fixture, HOST("u", "11223344-5566-7788-99aa-bbccddeeff00"));
    struct netboot_view *opened = view(fixture);
#define WALK(after, stop, result, want)                                                                                \
    names = (struct names){.stop_after = stop};                                                                        \
    assert_int_equal(typed_each_hosts_after(opened, after, add_name, &names), result);                                 \
    assert_string_equal(names.text, want)
    WALK(NULL, 0, 0, "a b c u ");
    WALK(NULL, 2, 42, "a b ");
    WALK(&second, 0, 0, "c u ");
    WALK(&other, 0, 0, "u ");
    WALK(&between, 0, 0, "u "); /* a host that is gone: on from its place */
    WALK(&last, 0, 0, "");
    WALK(&none, 0, -ENOENT, "");
    netboot_view_close(opened);
}

struct editing {
    struct netboot_change *change;
    unsigned count;
};

/* Gives each host another name and one more identifier, that comes later in the order. */
static int edit(const struct netboot_host *host, void *user)
{
    struct editing *editing = user;
    struct netboot_id id;
    struct test_host edited;
    char text[NETBOOT_ID_TEXT_SIZE], more[32], name[32];

    assert_int_equal(netboot_host_id(host, 0, &id), 0);
    netboot_id_text(&id, text);
    snprintf(more, sizeof(more), "fe:54:00:00:00:%02x", editing->count);
    snprintf(name, sizeof(name), "n%u", editing->count++);
    make_host(&edited, name, (const char *const[5]){text, more});
    OK(typed_put_host(editing->change, &edited.host, &error));
    return 0;
}

static void test_walk_and_edit(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    char mac[32], name[32];
    unsigned hosts = 100; /* some pages full */

    for (unsigned i = 0; i < hosts; i++) {
        snprintf(mac, sizeof(mac), "52:54:00:00:00:%02x", i);
        snprintf(name, sizeof(name), "old%u", i);
        OK(typed_put_host(change, HOST(name, mac), &error));
    }
    struct editing editing = {change, 0};
    OK(typed_each_hosts(netboot_change_view(change), edit, &editing));
    assert_int_equal(editing.count, hosts);
    commit(change);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], hosts);
    for (unsigned i = 0; i < hosts; i++) {
        snprintf(mac, sizeof(mac), "fe:54:00:00:00:%02x", i);
        snprintf(name, sizeof(name), "n%u", i);
        assert_host(fixture, mac, name);
        snprintf(name, sizeof(name), "old%u", i);
        assert_host(fixture, name, NULL);
    }
}

/* ---- Which host it is, of all that ever had its identifiers */

static uint64_t born(struct fixture *fixture, const char *text)
{
    struct netboot_view *opened = view(fixture);
    struct netboot_id id = id_of(text);
    struct netboot_host host;

    OK(typed_get_host(opened, &id, &host));
    netboot_view_close(opened);
    return host.born;
}

static void test_born(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("a");

    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
    uint64_t first = born(fixture, "a");
    assert_int_not_equal(first, 0);
    put_host(fixture, HOST("b", "52:54:00:00:00:02"));
    assert_int_not_equal(born(fixture, "b"), first);
    /* the same host with another name, and one identifier more */
    struct netboot_host *again = HOST("c", "52:54:00:00:00:01", "52:54:00:00:00:0a");
    again->born = 7; /* nobody gives it but the store */
    put_host(fixture, again);
    assert_int_equal(born(fixture, "c"), first);
    /* it goes by another MAC, and then by its first one again */
    struct netboot_change *change = begin(fixture);
    id = id_of("c");
    OK(typed_put_host_as(change, &id, HOST("c", "52:54:00:00:00:0a", "52:54:00:00:00:01"), &error));
    commit(change);
    uint64_t second = born(fixture, "c");
    assert_int_not_equal(second, first);
    change = begin(fixture);
    OK(typed_put_host_as(change, &id, HOST("c", "52:54:00:00:00:01"), &error));
    commit(change);
    assert_int_not_equal(born(fixture, "c"), first);
    assert_int_not_equal(born(fixture, "c"), second);
    /* deleted and made again, in one change too */
    first = born(fixture, "c");
    change = begin(fixture);
    OK(typed_delete_host(change, &id, &error));
    OK(typed_put_host(change, HOST("c", "52:54:00:00:00:01"), &error));
    commit(change);
    assert_int_not_equal(born(fixture, "c"), first);
}

/* What is added takes the place of nobody, whatever identifier or name it has in common. */
static void test_added(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_record record = {.kind = NETBOOT_RECORD_HOST};
    struct netboot_change *change;

    put_host(fixture, HOST("web1", "52:54:00:00:00:01", "11223344-5566-7788-99aa-bbccddeeff01"));
    change = begin(fixture);
    record.host = *HOST("web2", "52:54:00:00:00:01");
    FAILS(-EEXIST, "52:54:00:00:00:01 already belongs to host web1", netboot_change_add(change, &record, &error));
    record.host = *HOST("web2", "52:54:00:00:00:02", "52:54:00:00:00:01");
    FAILS(-EEXIST, "52:54:00:00:00:01 already belongs to host web1", netboot_change_add(change, &record, &error));
    record.host = *HOST("web1", "52:54:00:00:00:02");
    FAILS(-EEXIST, "web1 already belongs to host web1", netboot_change_add(change, &record, &error));
    record.host = *HOST("web2", "52:54:00:00:00:02");
    OK(netboot_change_add(change, &record, &error));
    record = (struct netboot_record){.kind = NETBOOT_RECORD_TARGET, .target = {.name = bytes_of("t")}};
    OK(netboot_change_add(change, &record, &error));
    FAILS(-EEXIST, "there is a target t already", netboot_change_add(change, &record, &error));
    record.target.name = bytes_of("no name");
    FAILS(-EINVAL, "name", netboot_change_add(change, &record, &error));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:01", "web1");
    assert_host(fixture, "52:54:00:00:00:02", "web2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_host_ids),
        TEST(test_duid_of_uuid),
        TEST(test_uuid_as_given),
        TEST(test_host_replaced),
        TEST(test_host_by_key),
        TEST(test_host_conflicts),
        TEST(test_host_lists),
        TEST(test_host_delete),
        TEST(test_walk),
        TEST(test_walk_and_edit),
        TEST(test_host_replaced_by_its_mac),
        TEST(test_born),
        TEST(test_added),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
