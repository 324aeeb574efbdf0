/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What LMDB itself makes of many changes of all kinds is never taken for damaged: keys and values of all sizes, tables
 * that grow, shrink and are emptied, readers that keep pages from being used again, changes that are given up.
 *
 * usage: test_store_sound [SESSIONS]
 */
#include "store_test.h"

#include <lmdb.h>

#define CHANGES 12 /* of a session */
#define KEYS 700

static unsigned sessions = 60;

static unsigned below(unsigned *seed, unsigned limit)
{
    return (unsigned)rand_r(seed) % limit;
}

/* A key of a number has the same length each time. */
static MDB_val key_of(unsigned number, uint8_t octets[511])
{
    size_t size = 4 + (number % 5 == 0 ? number * 7 % 508 : number % 20);

    memset(octets, 'k', 511);
    octets[0] = (uint8_t)(number * 37);
    octets[1] = (uint8_t)number;
    octets[2] = (uint8_t)(number >> 8);
    return (MDB_val){size, octets};
}

static size_t value_size(unsigned *seed)
{
    static const unsigned most[] = {8, 200, 2040, 5000, 60000};

    return below(seed, most[below(seed, COUNT(most))]);
}

static void change_row(MDB_txn *txn, MDB_dbi table, unsigned *seed, unsigned deletes)
{
    static uint8_t octets[60000];
    uint8_t key_octets[511];
    MDB_val key = key_of(below(seed, KEYS), key_octets), value = {value_size(seed), octets};
    int rc = below(seed, 10) < deletes ? mdb_del(txn, table, &key, NULL) : mdb_put(txn, table, &key, &value, 0);

    assert_true(rc == 0 || rc == MDB_NOTFOUND);
}

static void change(MDB_env *mdb, unsigned *seed)
{
    static const char *const names[] = {"host", "history", "policy"};
    unsigned deletes = below(seed, 11), rows = below(seed, below(seed, 4) == 0 ? 1500 : 40);
    MDB_dbi tables[COUNT(names)];
    MDB_txn *txn;

    assert_int_equal(mdb_txn_begin(mdb, NULL, 0, &txn), 0);
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(mdb_dbi_open(txn, names[i], MDB_CREATE, &tables[i]), 0);
    if (below(seed, 20) == 0)
        assert_int_equal(mdb_drop(txn, tables[below(seed, COUNT(names))], 0), 0);
    for (unsigned i = 0; i < rows; i++)
        change_row(txn, tables[below(seed, 8) == 0 ? 1 : 0], seed, deletes);
    if (below(seed, 10) == 0)
        mdb_txn_abort(txn);
    else
        assert_int_equal(mdb_txn_commit(txn), 0);
}

/* Changes, while a reader stays at one of the states. */
static void run_session(const char *directory, unsigned *seed)
{
    unsigned from = below(seed, 2 * CHANGES), to = from + below(seed, CHANGES);
    MDB_txn *reader = NULL;
    MDB_env *mdb;

    assert_int_equal(mdb_env_create(&mdb), 0);
    assert_int_equal(mdb_env_set_maxdbs(mdb, 8), 0);
    assert_int_equal(mdb_env_set_mapsize(mdb, (size_t)1 << 30), 0);
    assert_int_equal(mdb_env_open(mdb, directory, MDB_NOSYNC | MDB_NOTLS, 0640), 0);
    for (unsigned i = 0; i < CHANGES; i++) {
        if (i == from)
            assert_int_equal(mdb_txn_begin(mdb, NULL, MDB_RDONLY, &reader), 0);
        if (i == to && reader) {
            mdb_txn_abort(reader);
            reader = NULL;
        }
        change(mdb, seed);
    }
    if (reader)
        mdb_txn_abort(reader);
    mdb_env_close(mdb);
}

static void test_sound(void **state)
{
    struct fixture *fixture = *state;
    unsigned seed = sessions;

    for (unsigned i = 0; i < sessions; i++) {
        run_session(path_in(fixture, "targets"), &seed);
        OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
        close_store(fixture);
    }
}

/* While another process changes it without a pause. */
static void test_changed_meanwhile(void **state)
{
    enum { OPENINGS = 150 };
    struct fixture *fixture = *state;
    struct agent agent = AGENT_START(fixture->directory, "rounds");

    agent_says(&agent, "going");
    for (unsigned i = 0; i < OPENINGS; i++) {
        OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
        assert_true(is_served(fixture->store, 1, NULL));
        close_store(fixture);
    }
    agent_kill(&agent);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sound, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_meanwhile, setup, teardown),
    };

    if (argc > 1)
        sessions = (unsigned)strtoul(argv[1], NULL, 10);
    /* Nothing here is about the disk, and hundreds of changes would wait for it. */
    if (access("/dev/shm", W_OK) == 0 && setenv("TMPDIR", "/dev/shm", 0) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
