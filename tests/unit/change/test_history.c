/* SPDX-License-Identifier: MPL-2.0 */
/* The history of the targets store: its entries, its bounds, and stores without one. */
#include "change/history.h"
#include "history_unit.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Entries */

static void test_entries(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    assert_int_equal(history(fixture).count, 0);
    netboot_change_describe(change, "anna", "host set a");
    OK(typed_put_host(change, HOST("a", "52:54:00:00:00:01"), &error));
    OK(typed_put_host(change, HOST("b", "52:54:00:00:00:02"), &error));
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

    OK(typed_put_host(change, HOST("a", "52:54:00:00:00:01"), &error));
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
        OK(typed_put_host(change, HOST("a", "52:54:00:00:00:01"), &error));
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
    OK(typed_put_host(change, HOST("b", "52:54:00:00:00:02"), &error));
    commit(change);
    assert_int_equal(strlen(history(fixture).entries[0].what), NETBOOT_HISTORY_WHAT_SIZE - 2);
    assert_int_equal(strlen(history(fixture).entries[0].by), NETBOOT_HISTORY_BY_SIZE - 2);
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
        OK(typed_put_host(change, &host.host, &error));
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
    enum { HOSTS = IMAGES_MAX / 1000 + 1 };
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
    FAILS(-ENODATA, "the change that made generation 3 was too large",
          netboot_change_revert(change, 2, NULL, NULL, &error));
    netboot_change_abort(change);
    revert(fixture, 3);
    change = begin(fixture);
    OK(change_clear(change, &error)); /* does not copy what does not fit */
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
    assert_int_equal(mdb_txn_begin(db_place_current(&fixture->store->place)->mdb, NULL, 0, &txn), 0);
    assert_int_equal(mdb_put(txn, db_place_current(&fixture->store->place)->tables[TABLE_META], &key, &value, 0), 0);
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
    FAILS(-ENODATA, "lacks the change that made generation 3", netboot_change_revert(change, 2, NULL, NULL, &error));
    OK(netboot_change_revert(change, 7, NULL, NULL, &error));
    netboot_change_abort(change);
    skip_to(fixture, 19);
    assert_false(history(fixture).entries[0].revertible);
}

static void make_older(struct fixture *fixture)
{
    MDB_env *mdb = db_place_current(&fixture->store->place)->mdb;
    MDB_txn *txn;

    assert_int_equal(mdb_txn_begin(mdb, NULL, 0, &txn), 0);
    assert_int_equal(mdb_drop(txn, db_place_current(&fixture->store->place)->tables[TABLE_HISTORY], 1), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    netboot_store_close(fixture->store);
    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    assert_int_equal(db_place_current(&fixture->store->place)->tables[TABLE_HISTORY], DB_NO_TABLE);
    assert_int_equal(history(fixture).count, 0);
}

/* A store of before has no table for it, until the first change. */
static void test_older_store(void **state)
{
    struct fixture *fixture = *state;

    make_older(fixture);
    set_target(fixture, "t", "a.ipxe");
    assert_int_equal(history(fixture).count, 1);
    set_target(fixture, "t", "b.ipxe");
    revert(fixture, 1);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_TARGET], 0);
    assert_int_equal(history(fixture).count, 3);
}

/* Which another program may have made, while this one reads. */
static void test_older_store_that_another_changes(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_view *opened;
    struct list list = {0};

    make_older(fixture);
    opened = view(fixture);
    pid_t child = fork();
    if (child == 0) {
        struct fixture own = *fixture;
        OK(netboot_store_open(own.directory, NULL, &own.store, &error));
        set_target(&own, "t", "a.ipxe");
        netboot_store_close(own.store);
        _exit(0);
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(netboot_view_history(opened, add_entry, &list, NULL), 0);
    assert_int_equal(list.count, 0);
    assert_int_equal(history(fixture).count, 0); /* the other view is still open */
    struct netboot_view *later = view(fixture);
    FAILS(-EAGAIN, "the history began after the store was opened: try again",
          netboot_view_history(later, add_entry, &list, &error)); /* which is not to say that there is none */
    netboot_view_close(later);
    netboot_view_close(opened);
    assert_int_equal(history(fixture).count, 1);
    revert(fixture, 1);
    assert_int_equal(history(fixture).count, 2);
}

/* It is looked for when somebody asks for it. What cannot be opened then is no reason to close the store. */
static void test_older_store_stays_open(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit files, none;

    make_older(fixture);
    size_t epoch = fixture->store->place.epoch;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    none = (struct rlimit){0, files.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (unsigned i = 0; i < 3; i++) {
        struct netboot_view *opened = NULL;
        struct list list = {0};
        OK(netboot_view_open(fixture->store, &opened, &error));
        assert_int_equal(netboot_view_history(opened, add_entry, &list, NULL), 0);
        netboot_view_close(opened);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(fixture->store->place.epoch, epoch); /* nor is it opened again */
    set_target(fixture, "t", "a.ipxe");
    assert_int_equal(history(fixture).count, 1);
    assert_int_equal(fixture->store->place.epoch, epoch);
}

/* Whatever the table holds, a change goes through, and nothing is brought back that is not whole. */
static void test_damaged(void **state)
{
    struct fixture *fixture = *state;
    MDB_dbi table = db_place_current(&fixture->store->place)->tables[TABLE_HISTORY];
    struct netboot_change *change;
    MDB_txn *txn;
    struct store_key key;

    set_target(fixture, "t", "a.ipxe");
    set_target(fixture, "t", "b.ipxe");
    assert_int_equal(mdb_txn_begin(db_place_current(&fixture->store->place)->mdb, NULL, 0, &txn), 0);
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

static bool too_large;

ssize_t __real_record_encode(const struct record_type *type, const void *record, uint8_t *buffer, size_t size);
ssize_t __wrap_record_encode(const struct record_type *type, const void *record, uint8_t *buffer, size_t size);

ssize_t __wrap_record_encode(const struct record_type *type, const void *record, uint8_t *buffer, size_t size)
{
    return __real_record_encode(type, record, buffer, too_large && type == &record_history ? 1 : size);
}

/* Is no fault of the environment, which would have to be opened again for it. */
static void test_entry_does_not_fit(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(typed_put_host(change, HOST("a", "52:54:00:00:00:01"), &error));
    too_large = true;
    FAILS(-ENOBUFS, "cannot change the targets store", netboot_change_commit(change, &error));
    too_large = false;
    assert_false(atomic_load(&db_place_current(&fixture->store->place)->broken));
    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entries),   TEST(test_no_entry),           TEST(test_descriptions),
        TEST(test_too_large), TEST(test_total_size),         TEST(test_total_count),
        TEST(test_gap),       TEST(test_older_store),        TEST(test_older_store_that_another_changes),
        TEST(test_damaged),   TEST(test_entry_does_not_fit), TEST(test_older_store_stays_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
