/* SPDX-License-Identifier: MPL-2.0 */
/* The history of the targets store, and going back in it. */
#include "store_unit.h"

#include "change.h"

/* ---- Helpers */

struct list {
    size_t count;
    struct netboot_history entries[16];
};

static int add_entry(const struct netboot_history *entry, void *user)
{
    struct list *list = user;

    list->entries[list->count++] = *entry;
    return list->count == COUNT(list->entries);
}

static struct list history(struct fixture *fixture)
{
    struct netboot_view *opened = view(fixture);
    struct list list = {0};

    netboot_view_history(opened, add_entry, &list);
    netboot_view_close(opened);
    return list;
}

/* A target whose script is that text; NULL: it is deleted. */
static void set_target(struct fixture *fixture, const char *name, const char *script)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_target target = {.name = bytes_of(name), .script = bytes_of(script)};

    if (script)
        OK(netboot_change_put_target(change, &target, &error));
    else
        OK(netboot_change_delete_target(change, name, &error));
    commit(change);
}

static void revert(struct fixture *fixture, uint64_t generation)
{
    struct netboot_change *change = begin(fixture);

    OK(netboot_change_revert(change, generation, NULL, NULL, &error));
    commit(change);
}

/* All records as text, to be compared. */
struct dump {
    char text[16384];
    size_t size;
};

static void dump_bytes(struct dump *dump, struct netboot_bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        dump->size += (size_t)snprintf(dump->text + dump->size, sizeof(dump->text) - dump->size,
                                       bytes.data[i] > ' ' && bytes.data[i] < 0x7f ? "%c" : "\\%02x", bytes.data[i]);
}

static int dump_row(MDB_val key, MDB_val value, struct dump *dump)
{
    dump_bytes(dump, value_bytes(key));
    dump->text[dump->size++] = '=';
    dump_bytes(dump, value_bytes(value));
    dump->text[dump->size++] = '\n';
    return 0;
}

/* Every row of `policy` and `host`, and the number of hosts. */
static struct dump *dump_of(struct fixture *fixture)
{
    static struct dump dumps[2];
    static unsigned next;
    struct dump *dump = &dumps[next++ % 2];
    struct netboot_view *opened = view(fixture);

    memset(dump, 0, sizeof(*dump));
    for (unsigned table = TABLE_POLICY; table <= TABLE_HOST; table++) {
        MDB_cursor *cursor;
        MDB_val key, value;
        assert_int_equal(mdb_cursor_open(opened->txn, view_table(opened, table), &cursor), 0);
        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
            dump_row(key, value, dump);
        mdb_cursor_close(cursor);
    }
    netboot_view_close(opened);
    dump->size +=
        (size_t)snprintf(dump->text + dump->size, 64, "%llu hosts", (unsigned long long)status_of(fixture).hosts);
    return dump;
}

/* ---- Entries */

static void test_entries(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    assert_int_equal(history(fixture).count, 0);
    netboot_change_describe(change, "anna", "host set a");
    OK(netboot_change_put_host(change, NULL, HOST("a", "52:54:00:00:00:01"), &error));
    OK(netboot_change_put_host(change, NULL, HOST("b", "52:54:00:00:00:02"), &error));
    commit(change);
    set_target(fixture, "t", "t.ipxe");
    struct list list = history(fixture);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.entries[0].generation, 3);
    assert_int_equal(list.entries[0].others, 1);
    assert_int_equal(list.entries[0].hosts, 0);
    assert_string_equal(list.entries[0].by, "");
    assert_int_equal(list.entries[1].generation, 2);
    assert_int_equal(list.entries[1].hosts, 2);
    assert_int_equal(list.entries[1].others, 0);
    assert_string_equal(list.entries[1].by, "anna");
    assert_string_equal(list.entries[1].what, "host set a");
    assert_true(list.entries[0].kept && list.entries[0].revertible);
    assert_true(list.entries[1].kept && list.entries[1].revertible);
    assert_in_range(time(NULL) - (time_t)list.entries[0].when, 0, 60);
}

/* A change that is given up, or changes nothing, leaves no entry. */
static void test_no_entry(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(netboot_change_put_host(change, NULL, HOST("a", "52:54:00:00:00:01"), &error));
    netboot_change_abort(change);
    commit(begin(fixture));
    assert_int_equal(history(fixture).count, 0);
}

static const struct {
    const char *name, *given, *shown;
} descriptions[] = {
    {"nothing",            NULL,          ""           },
    {"UTF-8",              "caf\xc3\xa9", "caf\xc3\xa9"},
    {"control characters", "a\nb\x1b[2J", "a?b?[2J"    },
    {"no UTF-8",           "a\xff\xc3",   "a??"        },
    {"C1 control",
     "\xc2\x9b"
     "2J",                                "??2J"       },
};

static void test_descriptions(void **state)
{
    struct fixture *fixture = *state;
    char full[2 * NETBOOT_HISTORY_WHAT_SIZE];

    for (size_t i = 0; i < COUNT(descriptions); i++) {
        struct netboot_change *change = begin(fixture);
        netboot_change_describe(change, descriptions[i].given, descriptions[i].given);
        OK(netboot_change_put_host(change, NULL, HOST("a", "52:54:00:00:00:01"), &error));
        commit(change);
        struct netboot_history entry = history(fixture).entries[0];
        if (strcmp(entry.what, descriptions[i].shown) != 0 || strcmp(entry.by, descriptions[i].shown) != 0)
            fail_msg("%s: '%s' '%s'", descriptions[i].name, entry.by, entry.what);
    }
    /* Cut between characters: two octets each, in an even number of octets with the NUL. */
    for (size_t i = 0; i < sizeof(full) - 1; i++)
        full[i] = i % 2 == 0 ? '\xc3' : '\xa9';
    full[sizeof(full) - 1] = '\0';
    struct netboot_change *change = begin(fixture);
    netboot_change_describe(change, full, full);
    OK(netboot_change_put_host(change, NULL, HOST("b", "52:54:00:00:00:02"), &error));
    commit(change);
    assert_int_equal(strlen(history(fixture).entries[0].what), NETBOOT_HISTORY_WHAT_SIZE - 2);
    assert_int_equal(strlen(history(fixture).entries[0].by), NETBOOT_HISTORY_BY_SIZE - 2);
}

/* ---- Going back */

/* Changes of every kind; the state after each is the one that comes back. */
static void change_hosts(struct fixture *fixture)
{
    put_host(fixture, HOST("a", "52:54:00:00:00:01", "52:54:00:00:00:0a"));
    put_host(fixture, HOST("b", "52:54:00:00:00:02"));
}

static void rename_host(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_id id = id_of("52:54:00:00:00:01");

    OK(netboot_change_put_host(change, &id, HOST("c", "52:54:00:00:00:0c", "52:54:00:00:00:01"), &error));
    commit(change);
}

static void delete_host(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_id id = id_of("b");

    OK(netboot_change_delete_host(change, &id, &error));
    commit(change);
}

static void change_sites(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24", "2001:db8::/32"), &error));
    OK(put_site(change, "hall", PREFIXES("192.0.2.128/25"), &error));
    commit(change);
}

static void delete_site(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);

    OK(netboot_change_delete_site(change, "lab", &error));
    commit(change);
}

static void change_loader(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);

    OK(netboot_change_put_loader(change, &(struct netboot_loader){7, bytes_of("ipxe.efi")}, &error));
    commit(change);
    set_target(fixture, "t", "t.ipxe");
}

static void clear(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);

    OK(netboot_change_clear(change, &error));
    OK(netboot_change_put_host(change, NULL, HOST("z", "52:54:00:00:00:01"), &error));
    commit(change);
}

/* The same row several times in one change. */
static void change_twice(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_id id = id_of("52:54:00:00:00:01");

    OK(netboot_change_put_host(change, NULL, HOST("y", "52:54:00:00:00:01"), &error));
    OK(netboot_change_delete_host(change, &id, &error));
    OK(netboot_change_put_host(change, NULL, HOST("x", "52:54:00:00:00:01"), &error));
    commit(change);
}

static void (*const changes[])(struct fixture *fixture) = {change_hosts, rename_host,   delete_host, change_sites,
                                                           delete_site,  change_loader, clear,       change_twice};

/* From every state to every earlier one, and back by undoing that. */
static void test_revert(void **state)
{
    struct fixture *fixture = *state;
    static char states[COUNT(changes) + 1][16384];
    uint64_t generations[COUNT(changes) + 1];

    for (size_t i = 0; i <= COUNT(changes); i++) {
        if (i > 0)
            changes[i - 1](fixture);
        strcpy(states[i], dump_of(fixture)->text);
        generations[i] = status_of(fixture).generation;
        for (size_t j = 0; j < i; j++) {
            uint64_t present = status_of(fixture).generation;
            revert(fixture, generations[j]);
            assert_string_equal(dump_of(fixture)->text, states[j]);
            assert_int_equal(status_of(fixture).generation, present + 1);
            revert(fixture, present);
            assert_string_equal(dump_of(fixture)->text, states[i]);
        }
    }
    assert_true(history(fixture).entries[0].kept);
}

/* What a packet's site is follows from the prefixes that came back. */
static void test_revert_ranges(void **state)
{
    struct fixture *fixture = *state;

    change_sites(fixture);
    delete_site(fixture);
    revert(fixture, 2);
    struct netboot_view *opened = view(fixture);
    assert_site_in(opened, "192.0.2.1", "lab");
    assert_site_in(opened, "192.0.2.129", "hall");
    assert_site_in(opened, "198.51.100.1", "default");
    netboot_view_close(opened);
}

static void test_revert_nothing(void **state)
{
    struct fixture *fixture = *state;

    set_target(fixture, "t", "t.ipxe");
    set_target(fixture, "t", "u.ipxe");
    set_target(fixture, "t", "t.ipxe");
    revert(fixture, 2);
    assert_int_equal(status_of(fixture).generation, 4);
}

static void test_revert_refused(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change;

    set_target(fixture, "t", "t.ipxe");
    change = begin(fixture);
    FAILS(-EINVAL, "the store is at generation 2", netboot_change_revert(change, 2, NULL, NULL, &error));
    FAILS(-EINVAL, "the store is at generation 2", netboot_change_revert(change, 77, NULL, NULL, &error));
    FAILS(-EINVAL, "the store is at generation 2", netboot_change_revert(change, 0, NULL, NULL, &error));
    OK(netboot_change_put_host(change, NULL, HOST("a", "52:54:00:00:00:01"), &error));
    FAILS(-EINVAL, "a change of its own", netboot_change_revert(change, 1, NULL, NULL, &error));
    netboot_change_abort(change);
}

struct told {
    unsigned hosts_added, hosts_removed, hosts_changed, others;
};

static void tell(const struct netboot_difference *difference, void *user)
{
    struct told *told = user;
    const void *before = difference->host_before, *after = difference->host_after;

    told->others += !before && !after;
    told->hosts_added += !before && after;
    told->hosts_removed += before && !after;
    told->hosts_changed += before && after;
}

static void test_revert_tells(void **state)
{
    struct fixture *fixture = *state;
    struct told told = {0};

    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
    put_host(fixture, HOST("b", "52:54:00:00:00:02"));
    uint64_t generation = status_of(fixture).generation;
    put_host(fixture, HOST("changed", "52:54:00:00:00:01"));
    delete_host(fixture);
    put_host(fixture, HOST("new", "52:54:00:00:00:03", "52:54:00:00:00:13"));
    set_target(fixture, "t", "t.ipxe");
    struct netboot_change *change = begin(fixture);
    OK(netboot_change_revert(change, generation, tell, &told, &error));
    netboot_change_abort(change);
    assert_int_equal(told.hosts_added, 1);
    assert_int_equal(told.hosts_removed, 1);
    assert_int_equal(told.hosts_changed, 1);
    assert_int_equal(told.others, 1);
    assert_int_equal(status_of(fixture).hosts, 2);
}

/* ---- Bounds */

/* As many hosts as that, with notes of a thousand octets. */
static void put_many(struct netboot_change *change, unsigned first, unsigned count)
{
    char note[1001], text[18];

    memset(note, 'x', sizeof(note) - 1);
    note[sizeof(note) - 1] = '\0';
    for (unsigned i = first; i < first + count; i++) {
        struct test_host host;
        snprintf(text, sizeof(text), "52:54:00:%02x:%02x:%02x", i >> 16, i >> 8 & 0xff, i & 0xff);
        make_host(&host, NULL, (const char *const[]){text, NULL, NULL, NULL, NULL});
        host.host.note = bytes_of(note);
        OK(netboot_change_put_host(change, NULL, &host.host, &error));
    }
}

static void put_many_in_one(struct fixture *fixture, unsigned first, unsigned count)
{
    struct netboot_change *change = begin(fixture);

    put_many(change, first, count);
    commit(change);
}

/* A change that is too large is in the history, but cannot be undone; later ones can. */
static void test_too_large(void **state)
{
    enum { HOSTS = HISTORY_CHANGE_MAX / 1000 + 1 };
    struct fixture *fixture = *state;
    struct netboot_change *change;

    put_many_in_one(fixture, 0, HOSTS); /* of new hosts only the keys are kept */
    assert_true(history(fixture).entries[0].kept);
    put_many_in_one(fixture, 0, HOSTS);
    assert_false(history(fixture).entries[0].kept);
    assert_true(history(fixture).entries[0].revertible);
    assert_false(history(fixture).entries[1].revertible);
    set_target(fixture, "t", "t.ipxe");
    change = begin(fixture);
    FAILS(-ENODATA, "the change that made 3 was too large", netboot_change_revert(change, 2, NULL, NULL, &error));
    netboot_change_abort(change);
    revert(fixture, 3);
    change = begin(fixture);
    OK(netboot_change_clear(change, &error)); /* does not copy what does not fit */
    assert_true(change->images.too_large);
    assert_null(change->images.octets);
    netboot_change_abort(change);
}

static size_t history_size(struct fixture *fixture)
{
    struct netboot_view *opened = view(fixture);
    MDB_stat status;

    assert_int_equal(mdb_stat(opened->txn, view_table(opened, TABLE_HISTORY), &status), 0);
    netboot_view_close(opened);
    return (status.ms_branch_pages + status.ms_leaf_pages + status.ms_overflow_pages) * status.ms_psize;
}

/* What was kept first goes first; the entry stays. */
static void test_total_size(void **state)
{
    enum { HOSTS = 6000, ROUNDS = HISTORY_SIZE / (HOSTS * 1000) + 3 };
    struct fixture *fixture = *state;

    for (unsigned i = 0; i <= ROUNDS; i++)
        put_many_in_one(fixture, 0, HOSTS);
    struct list list = history(fixture);
    assert_int_equal(list.count, ROUNDS + 1);
    assert_true(list.entries[0].kept && list.entries[2].kept);
    assert_false(list.entries[ROUNDS].kept);
    assert_in_range(history_size(fixture), HISTORY_SIZE / 2, HISTORY_SIZE);
}

/* Generations that a program without a history made. */
static void skip_to(struct fixture *fixture, uint64_t generation)
{
    MDB_val key = {10, (void *)"generation"}, value = {8, (uint8_t[8]){0}};
    MDB_txn *txn;

    for (unsigned i = 0; i < 8; i++)
        ((uint8_t *)value.mv_data)[i] = (uint8_t)(generation >> 8 * (7 - i));
    assert_int_equal(mdb_txn_begin(fixture->store->env.mdb, NULL, 0, &txn), 0);
    assert_int_equal(mdb_put(txn, fixture->store->env.tables[TABLE_META], &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
}

static void test_total_count(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < 5; i++)
        set_target(fixture, "t", i % 2 == 0 ? "a.ipxe" : "b.ipxe");
    skip_to(fixture, HISTORY_ENTRIES + 3);
    set_target(fixture, "t", "c.ipxe");
    struct list list = history(fixture);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.entries[0].generation, HISTORY_ENTRIES + 4);
    assert_int_equal(list.entries[2].generation, 5);
    struct netboot_view *opened = view(fixture);
    MDB_stat status;
    assert_int_equal(mdb_stat(opened->txn, view_table(opened, TABLE_HISTORY), &status), 0);
    netboot_view_close(opened);
    assert_int_equal(status.ms_entries, 2 * list.count);
}

/* ---- Programs that know of no history */

/* A generation that such a program made is a gap. */
static void test_gap(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change;

    set_target(fixture, "t", "a.ipxe");
    skip_to(fixture, 7);
    set_target(fixture, "t", "b.ipxe");
    set_target(fixture, "t", "c.ipxe");
    struct list list = history(fixture);
    assert_int_equal(list.count, 3);
    assert_true(list.entries[0].revertible && list.entries[1].revertible);
    assert_false(list.entries[2].revertible);
    change = begin(fixture);
    FAILS(-ENODATA, "does not have the change that made 3", netboot_change_revert(change, 2, NULL, NULL, &error));
    OK(netboot_change_revert(change, 7, NULL, NULL, &error));
    netboot_change_abort(change);
    skip_to(fixture, 19);
    assert_false(history(fixture).entries[0].revertible);
}

/* A store of before has no table for it, until the first change. */
static void test_older_store(void **state)
{
    struct fixture *fixture = *state;
    MDB_env *mdb = fixture->store->env.mdb;
    MDB_txn *txn;

    assert_int_equal(mdb_txn_begin(mdb, NULL, 0, &txn), 0);
    assert_int_equal(mdb_drop(txn, fixture->store->env.tables[TABLE_HISTORY], 1), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    netboot_store_close(fixture->store);
    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    assert_int_equal(fixture->store->env.tables[TABLE_HISTORY], ENV_NO_TABLE);
    assert_int_equal(history(fixture).count, 0);
    set_target(fixture, "t", "a.ipxe");
    set_target(fixture, "t", "b.ipxe");
    netboot_store_close(fixture->store);
    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    assert_int_equal(history(fixture).count, 2);
    revert(fixture, 1);
    assert_int_equal(status_of(fixture).targets, 0);
}

/* Whatever the table holds, a change goes through, and nothing is brought back that is not whole. */
static void test_damaged(void **state)
{
    struct fixture *fixture = *state;
    MDB_dbi table = fixture->store->env.tables[TABLE_HISTORY];
    struct netboot_change *change;
    MDB_txn *txn;
    struct key key;

    set_target(fixture, "t", "a.ipxe");
    set_target(fixture, "t", "b.ipxe");
    assert_int_equal(mdb_txn_begin(fixture->store->env.mdb, NULL, 0, &txn), 0);
    key_of_history(&key, HISTORY_IMAGES, 3);
    MDB_val row = key_value(&key), value = {7, (void *)"p\377\0\0\0\001x"};
    assert_int_equal(mdb_put(txn, table, &row, &value, 0), 0);
    key_of_history(&key, HISTORY_ENTRY, 2);
    row = key_value(&key);
    assert_int_equal(mdb_put(txn, table, &row, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    assert_int_equal(history(fixture).count, 1);
    change = begin(fixture);
    FAILS(-EBADMSG, "the history of the store is damaged", netboot_change_revert(change, 2, NULL, NULL, &error));
    netboot_change_abort(change);
    set_target(fixture, "t", "c.ipxe");
    revert(fixture, 3);
}

/* ---- Boot once */

static enum netboot_once_state once_of(struct fixture *fixture, const char *text, int *ret_code)
{
    struct netboot_view *opened = view(fixture);
    struct netboot_once once = {.state = NETBOOT_ONCE_DONE};
    struct netboot_id id = id_of(text);

    *ret_code = netboot_view_once(opened, &id, &once);
    netboot_view_close(opened);
    return once.state;
}

/* A host that comes back comes back disarmed; one that stays keeps what it has. */
static void test_never_arms(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id ids[2] = {id_of("a"), id_of("b")};
    int code;

    set_target(fixture, "t", "t.ipxe");
    change_hosts(fixture);
    OK(netboot_once_arm(fixture->store, ids, 2, &(struct netboot_once_request){.target = "t", .window = -1}, 1000,
                        &error));
    uint64_t armed = status_of(fixture).generation;
    delete_host(fixture);
    revert(fixture, armed);
    assert_host(fixture, "b", "b");
    once_of(fixture, "b", &code);
    assert_int_equal(code, -ENOENT);
    assert_int_equal(once_of(fixture, "a", &code), NETBOOT_ONCE_ARMED);
    assert_int_equal(code, 0);
}

/* Nor where the state store could not be asked when the host went. */
static void test_never_arms_blindly(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("b");
    char path[2][SCRATCH_SIZE + 16];
    int code;

    snprintf(path[0], sizeof(path[0]), "%s/state", fixture->directory);
    snprintf(path[1], sizeof(path[1]), "%s/away", fixture->directory);
    set_target(fixture, "t", "t.ipxe");
    change_hosts(fixture);
    OK(netboot_once_arm(fixture->store, &id, 1, &(struct netboot_once_request){.target = "t", .window = -1}, 1000,
                        &error));
    netboot_store_close(fixture->store);
    assert_int_equal(rename(path[0], path[1]), 0);
    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    delete_host(fixture);
    revert(fixture, status_of(fixture).generation - 1);
    netboot_store_close(fixture->store);
    assert_int_equal(rename(path[1], path[0]), 0);
    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    assert_host(fixture, "b", "b");
    once_of(fixture, "b", &code);
    assert_int_equal(code, -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entries),       TEST(test_no_entry),       TEST(test_descriptions),   TEST(test_revert),
        TEST(test_revert_ranges), TEST(test_revert_nothing), TEST(test_revert_refused), TEST(test_revert_tells),
        TEST(test_too_large),     TEST(test_total_size),     TEST(test_total_count),    TEST(test_gap),
        TEST(test_older_store),   TEST(test_damaged),        TEST(test_never_arms),     TEST(test_never_arms_blindly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
