/* SPDX-License-Identifier: MPL-2.0 */
/* LMDB takes the number of a state first and the state after that, from a place that two changes later is another
 * one's: a reader that is held up between has the state that is two numbers later. That cannot be made to happen, so
 * the number is made smaller here. */
#include "store_test.h"

#include <lmdb.h>

static size_t behind;

size_t __real_mdb_txn_id(MDB_txn *txn);

size_t __wrap_mdb_txn_id(MDB_txn *txn)
{
    return __real_mdb_txn_id(txn) - behind;
}

/* The host and the target's script are of that round. */
static void assert_round(struct netboot_store *store, const char *host, const char *file)
{
    struct netboot_query query;
    struct netboot_result result;

    query_of(&query, 0);
    assert_int_equal(netboot_serve(store, &query, &result), 0);
    assert_string_equal(result.decision.host, host);
    assert_string_equal(result.decision.boot_file, file);
}

static void test_number_of_an_older_state(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});

    make_site(store);
    assert_round(store, "round1-0", "http://192.0.2.1/round1.ipxe");
    OK(put_round(store, 2, &error));
    OK(put_round(store, 3, &error));
    behind = 2;
    assert_round(store, "round3-0", "http://192.0.2.1/round3.ipxe");
    behind = 0;
    assert_round(store, "round3-0", "http://192.0.2.1/round3.ipxe");
    OK(put_round(store, 4, &error));
    assert_round(store, "round4-0", "http://192.0.2.1/round4.ipxe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_number_of_an_older_state, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
