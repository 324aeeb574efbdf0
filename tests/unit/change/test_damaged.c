/* SPDX-License-Identifier: MPL-2.0 */
/* Records that cannot be read: they are named, the rest is seen, and they can be deleted and replaced. */
#include "asking.h"
#include "store_unit.h"

#include "change/change.h"

/* ---- Damage */

/* Without data the row is deleted. */
static void set_in(struct fixture *fixture, unsigned table, MDB_val row, const void *data, size_t size)
{
    const struct db *db = db_place_current(&fixture->store->place);
    MDB_val value = {size, (void *)data};
    MDB_txn *txn;

    assert_int_equal(mdb_txn_begin(db->mdb, NULL, 0, &txn), 0);
    assert_int_equal(
        data ? mdb_put(txn, db->tables[table], &row, &value, 0) : mdb_del(txn, db->tables[table], &row, NULL), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
}

static void set_row(struct fixture *fixture, const char *id_text, const void *data, size_t size)
{
    struct netboot_id id = id_of(id_text);
    struct store_key key;

    key_of_id(&key, (uint8_t)id.type, id.value, id.size);
    set_in(fixture, TABLE_HOST, key_value(&key), data, size);
}

static void set_policy(struct fixture *fixture, const char *key, const char *text)
{
    set_in(fixture, TABLE_POLICY, (MDB_val){strlen(key), (void *)key}, text, strlen(text));
}

static void no_record(struct fixture *fixture)
{
    set_row(fixture, "52:54:00:00:00:02", "\7garbage", 8);
}

static void cut_record(struct fixture *fixture)
{
    set_row(fixture, "52:54:00:00:00:02", "\1\1\0\100x", 5);
}

static void empty_record(struct fixture *fixture)
{
    set_row(fixture, "52:54:00:00:00:02", "", 0);
}

static void other_host(struct fixture *fixture)
{
    set_row(fixture, "52:54:00:00:00:02", "\1\2\0\7MRT\0\0\0\7", 11);
}

static void record_is_gone(struct fixture *fixture)
{
    set_row(fixture, "52:54:00:00:00:02", NULL, 0);
}

static void record_is_empty_alias(struct fixture *fixture)
{
    set_row(fixture, "52:54:00:00:00:02", "\0", 1);
}

static void record_is_alias(struct fixture *fixture)
{
    set_row(fixture, "52:54:00:00:00:02", "\0Ngone", 6);
}

static const struct {
    const char *name;
    void (*spoil)(struct fixture *fixture);
    const char *by; /* it is found, and called by this in the list */
} cases[] = {
    {"no record",             no_record,             "52:54:00:00:00:02"},
    {"cut short",             cut_record,            "52:54:00:00:00:02"},
    {"empty",                 empty_record,          "52:54:00:00:00:02"},
    {"of another host",       other_host,            "52:54:00:00:00:02"},
    {"an empty alias",        record_is_empty_alias, "52:54:00:00:00:02"},
    {"an alias of nothing",   record_is_alias,       "52:54:00:00:00:02"},
    {"gone, the name is not", record_is_gone,        "web2"             },
};

static void fill(struct fixture *fixture)
{
    put_host(fixture, HOST("web1", "52:54:00:00:00:01", "52:54:00:00:00:11"));
    put_host(fixture, HOST("web2", "52:54:00:00:00:02", "52:54:00:00:00:12"));
    put_host(fixture, HOST("web3", "52:54:00:00:00:03"));
}

/* ---- What is seen */

struct names {
    unsigned count;
    char text[512];
};

static int add_name(const char *record, void *user)
{
    struct names *names = user;

    names->count++;
    strcat(strcat(names->text, record), ";");
    return 0;
}

static struct names damaged(struct fixture *fixture)
{
    struct names names = {0};
    struct netboot_view *opened = view(fixture);

    OK(netboot_view_damaged(opened, add_name, &names, NULL));
    netboot_view_close(opened);
    return names;
}

static int count_host(const struct netboot_host *host, void *user)
{
    (void)host;
    ++*(unsigned *)user;
    return 0;
}

static void assert_whole(struct fixture *fixture, const char *name, unsigned hosts)
{
    struct netboot_view *opened = view(fixture);
    unsigned count = 0;

    if (typed_each_hosts(opened, count_host, &count) != 0 || count != hosts)
        fail_msg("%s: %u hosts can be seen", name, count);
    netboot_view_close(opened);
    if (damaged(fixture).count > 0)
        fail_msg("%s: still damaged: %s", name, damaged(fixture).text);
    if (status_of(fixture).records[NETBOOT_RECORD_HOST] != hosts)
        fail_msg("%s: %u hosts are counted", name, (unsigned)status_of(fixture).records[NETBOOT_RECORD_HOST]);
    assert_host(fixture, "52:54:00:00:00:11", "web1");
    assert_host(fixture, "web3", "web3");
}

static void test_named(void **state)
{
    struct fixture *fixture = *state;

    fill(fixture);
    assert_int_equal(damaged(fixture).count, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned count = 0;
        cases[i].spoil(fixture);
        struct names names = damaged(fixture);
        if (!strstr(names.text, cases[i].by) && cases[i].spoil != other_host)
            fail_msg("%s: %s", cases[i].name, names.text);
        struct netboot_view *opened = view(fixture);
        typed_each_hosts(opened, count_host, &count);
        netboot_view_close(opened);
        if (count < 2)
            fail_msg("%s: %u hosts are seen", cases[i].name, count);
    }
}

/* A packet of a damaged host: nothing of the caller's memory is taken for a decision. */
static void test_served(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t mac[] = {0x52, 0x54, 0, 0, 0, 2};
    struct netboot_query query = query_from(mac);
    struct netboot_result result;
    const struct netboot_decision *decision = &result.decision;

    fill(fixture);
    cut_record(fixture);
    netboot_query_add(&query, 60, "PXEClient", 9);
    memset(&result, 0xaa, sizeof(result));
    assert_int_equal(netboot_serve(fixture->store, &query, &result), -EBADMSG);
    assert_int_equal(result.answer.edit_count, 0);
    assert_int_equal(decision->outcome, NETBOOT_NO_BOOT_FILE);
    assert_int_equal(decision->source, NETBOOT_SOURCE_NONE);
    assert_int_equal(decision->armed, NETBOOT_ARMED_NONE);
    assert_int_equal(decision->host_found, false);
    assert_int_equal(decision->has_next_server, false);
    assert_int_equal(decision->vendor_class, false);
    assert_int_equal(decision->own_file_goes, false);
    assert_int_equal(decision->boot_file_size, 0);
    assert_int_equal(decision->reason_count, 0);
    assert_int_equal(decision->host[0] | decision->target[0] | decision->site[0], '\0');
    assert_int_equal(decision->tftp_server_name[0] | decision->boot_file[0], '\0');
}

static void test_walks_go_on(void **state)
{
    struct fixture *fixture = *state;
    unsigned count = 0;

    fill(fixture);
    no_record(fixture);
    struct netboot_view *opened = view(fixture);
    assert_int_equal(typed_each_hosts(opened, count_host, &count), -EBADMSG);
    assert_int_equal(count, 2);
    netboot_view_close(opened);
}

/* ---- Deleting and replacing */

static void test_deleted(void **state)
{
    static const char *const ids[] = {"52:54:00:00:00:02", "52:54:00:00:00:12", "web2"};

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t j = 0; j < COUNT(ids); j++) {
            assert_int_equal(setup(state), 0);
            struct fixture *fixture = *state;
            fill(fixture);
            cases[i].spoil(fixture);
            struct netboot_change *change = begin(fixture);
            struct netboot_id id = id_of(ids[j]);
            int code = typed_delete_host(change, &id, NULL);
            bool is_there = code != -ENOENT;
            if (code != 0 && code != -ENOENT)
                fail_msg("%s, by %s: %d", cases[i].name, ids[j], code);
            commit(change);
            if (strcmp(ids[j], cases[i].by) == 0 && !is_there)
                fail_msg("%s: not found", cases[i].name);
            if (is_there)
                assert_whole(fixture, cases[i].name, 2);
            assert_int_equal(teardown(state), 0);
        }
    assert_int_equal(setup(state), 0);
}

/* By its address it is replaced, with or without being called by it. */
static void test_replaced(void **state)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        for (unsigned by_key = 0; by_key < 2; by_key++) {
            assert_int_equal(setup(state), 0);
            struct fixture *fixture = *state;
            fill(fixture);
            cases[i].spoil(fixture);
            struct netboot_change *change = begin(fixture);
            struct netboot_id id = id_of(cases[i].by);
            struct netboot_host *host = HOST("new", "52:54:00:00:00:02");
            if (by_key || cases[i].spoil != record_is_gone) {
                int code = typed_put_host_as(change, by_key ? &id : NULL, host, NULL);
                if (code != 0)
                    fail_msg("%s: %d", cases[i].name, code);
                commit(change);
                assert_whole(fixture, cases[i].name, 3);
                assert_host(fixture, "52:54:00:00:00:02", "new");
                if (host_name(fixture, "52:54:00:00:00:12"))
                    fail_msg("%s: its other identifier is still there", cases[i].name);
                assert_host(fixture, "web2", NULL);
            } else {
                netboot_change_abort(change);
            }
            assert_int_equal(teardown(state), 0);
        }
    assert_int_equal(setup(state), 0);
}

/* Another host that wants what a damaged one has is told what to do. */
static void test_conflict(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change;

    fill(fixture);
    no_record(fixture);
    change = begin(fixture);
    FAILS(-EBADMSG, "the record of host web2 is damaged: delete it",
          typed_put_host(change, HOST("web2", "52:54:00:00:00:09"), &error));
    netboot_change_abort(change);
}

static void test_site(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24", "2001:db8::/32"), &error));
    OK(put_site(change, "hall", PREFIXES("198.51.100.0/24"), &error));
    commit(change);
    set_policy(fixture, "slab", "\7");
    assert_string_equal(damaged(fixture).text, "site lab;");
    change = begin(fixture);
    FAILS(-EEXIST, "already belongs to site lab",
          put_site(change, "hall", PREFIXES("198.51.100.0/24", "192.0.2.0/24"), &error));
    OK(typed_delete_site(change, "lab", &error));
    commit(change);
    assert_int_equal(damaged(fixture).count, 0);
    struct netboot_view *opened = view(fixture);
    assert_site_in(opened, "192.0.2.1", "default");
    assert_site_in(opened, "198.51.100.1", "hall");
    netboot_view_close(opened);
}

static int pass(const struct netboot_record *record, void *user)
{
    (void)record;
    (void)user;
    return 0;
}

static void test_others_named(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_record_key key = {.kind = NETBOOT_RECORD_TARGET, .name = "gone"};
    struct netboot_record record;

    set_policy(fixture, "tgone", "\7");
    set_policy(fixture, (const char[]){'l', 1, 7, 0}, "\7");
    assert_string_equal(damaged(fixture).text, "loader 263;target gone;");
    struct netboot_view *opened = view(fixture);
    FAILS(-EBADMSG, "the record of target gone is damaged", netboot_view_get(opened, &key, &record, &error));
    FAILS(-EBADMSG, "cannot read all loaders",
          netboot_view_each(opened, NETBOOT_RECORD_LOADER, NULL, pass, NULL, &error));
    netboot_view_close(opened);
    set_policy(fixture, "tdefault", "\7");
    opened = view(fixture);
    struct netboot_client client = {.family = NETBOOT_V4, .platform = NETBOOT_PLATFORM_NONE};
    struct netboot_policy policy;
    FAILS(-EBADMSG, "a record that the decision needs is damaged",
          netboot_view_policy(opened, &client, &policy, &error));
    netboot_view_close(opened);
}

/* What a view of a change tells is of the change. */
static void test_status_in_change(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    struct netboot_status status;

    OK(typed_put_host(change, HOST("a", "52:54:00:00:00:01"), &error));
    assert_int_equal(netboot_view_status(netboot_change_view(change), &status, NULL), 0);
    assert_int_equal(status.records[NETBOOT_RECORD_HOST], 1);
    netboot_change_abort(change);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_named),
        TEST(test_served),
        TEST(test_walks_go_on),
        TEST(test_conflict),
        TEST(test_site),
        TEST(test_others_named),
        TEST(test_status_in_change),
        cmocka_unit_test_teardown(test_deleted, teardown),
        cmocka_unit_test_teardown(test_replaced, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
