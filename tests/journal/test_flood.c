/* SPDX-License-Identifier: MPL-2.0 */
/* Whoever sends packets with forged addresses fills the journal: the machines that are here to stay keep their steps.
 */
#include "journal_test.h"

#include "journal/keep.h"

#define FLOOD 100000
#define WEB1 "52:54:00:00:00:01"
#define STRANGER "52:54:00:00:00:77"
#define FIXED_CARD "52:54:00:00:00:33" /* of the host `fixed`, which the store has by another MAC and this UUID */
#define FIXED_UUID "99999999-0000-0000-0000-000000000002"
#define DAY 86400

/* ---- The clock of the packets */

static atomic_long days;

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    int code = __real_clock_gettime(clock, ret);

    if (code == 0 && clock == CLOCK_REALTIME_COARSE)
        ret->tv_sec += atomic_load(&days) * DAY;
    return code;
}

static int setup_today(void **state)
{
    atomic_store(&days, 0);
    return setup(state);
}

/* ---- */

/* A boot of two steps. */
static void boot(struct netboot_store *store, const char *mac, const char *uuid)
{
    serve(store, DISCOVER(.mac = mac, .uuid = uuid));
    serve(store, REQUESTED(.mac = mac, .uuid = uuid));
    serve(store, REQUESTED(.mac = mac, .uuid = uuid, .ipxe = true));
    settle(store);
}

static void assert_here(struct netboot_store *store, const char *mac, size_t entries)
{
    assert_int_equal(machines_of(store, mac)->count, 1);
    assert_int_equal(machines_of(store, mac)->machines[0].exchanges, entries);
    assert_int_equal(entries_of(store, mac)->count, entries);
}

static void test_hosts_outlive_a_flood(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);
    char mac[18];

    boot(store, WEB1, NULL);
    boot(store, FIXED_CARD, FIXED_UUID);
    boot(store, STRANGER, NULL);
    serve_many(store, 0, FLOOD);
    assert_int_equal(netboot_journal_dropped(store), 0);
    assert_here(store, WEB1, 2);
    assert_here(store, FIXED_CARD, 2);
    assert_int_equal(machines_of(store, STRANGER)->count, 0);
    assert_int_equal(machines_of(store, mac_of(FLOOD - 1, mac))->count, 1);
    assert_true(state_of(store).size <= (1 << 20) / 4 * 3);
    boot(store, WEB1, NULL); /* joined to what is there, or a step of its own: it goes on */
    assert_int_equal(machines_of(store, WEB1)->machines[0].exchanges, 4);
}

/* What was passed over is known to whoever opens the journal next. */
static void test_over_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);

    boot(store, WEB1, NULL);
    for (unsigned i = 0; i < 4; i++) {
        serve_many(store, i * 2500, 2500);
        store = open_small(fixture);
    }
    assert_here(store, WEB1, 2);
}

static void test_who_is_seen_again_a_day_later_outlives_a_flood(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);

    boot(store, STRANGER, NULL);
    atomic_store(&days, 1);
    boot(store, STRANGER, NULL);
    serve_many(store, 0, 10000);
    assert_here(store, STRANGER, 4);
}

/* Nor does it help to come back every day, or to show the UUID of a host. */
static void test_hosts_outlive_a_flood_that_looks_like_them(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);
    char mac[18];

    boot(store, WEB1, NULL);
    boot(store, FIXED_CARD, FIXED_UUID);
    for (unsigned day = 0; day < 4; day++) {
        atomic_store(&days, day);
        serve_many(store, 0, 1900);
    }
    for (unsigned i = 0; i < 10000; i++) {
        serve(store, DISCOVER(.mac = mac_of(0x800000 + i, mac), .uuid = FIXED_UUID));
        if (i % 2000 == 1999)
            settle(store);
    }
    assert_here(store, WEB1, 2);
    assert_here(store, FIXED_CARD, 2);
    assert_int_equal(netboot_journal_dropped(store), 0);
}

/* More hosts than there is room for: the oldest of them goes then, and strangers keep a part. */
static void test_a_journal_full_of_hosts(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *writer, *store;
    struct netboot_change *change;
    const unsigned hosts = 6000;
    unsigned left = 0;
    char mac[18];

    netboot_store_close(fixture->store);
    writer = open_store(fixture, (struct netboot_store_options){.journal = false});
    OK(netboot_change_open(writer, 1000, &change, &error));
    for (unsigned i = 0; i < hosts; i++) {
        struct netboot_id id = id_of(mac_of(0x400000 + i, mac));
        uint8_t item[1 + NETBOOT_MAC_SIZE] = {NETBOOT_ID_MAC};
        memcpy(item + 1, id.value, NETBOOT_MAC_SIZE);
        struct netboot_host host = {
            .ids = {1, {{item, sizeof(item)}}}
        };
        OK(typed_put_host(change, &host, &error));
    }
    OK(netboot_change_commit(change, &error));
    netboot_store_close(writer);
    fixture->store = NULL;
    store = open_small(fixture);
    serve_many(store, 0x400000, hosts);
    serve_many(store, 0, 6000);
    assert_int_equal(netboot_journal_dropped(store), 0);
    uint64_t entries = state_of(store).entries;
    for (unsigned i = 0; i < hosts; i++)
        left += machines_of(store, mac_of(0x400000 + i, mac))->count == 1;
    assert_true(left >= entries / 2 - entries / 50 && left <= entries * 3 / 4 + entries / 50);
    assert_int_equal(machines_of(store, mac_of(0x400000 + hosts - 1, mac))->count, 1);
    assert_int_equal(machines_of(store, mac_of(0x400000, mac))->count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_today, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_hosts_outlive_a_flood),
        TEST(test_over_a_restart),
        TEST(test_who_is_seen_again_a_day_later_outlives_a_flood),
        TEST(test_hosts_outlive_a_flood_that_looks_like_them),
        TEST(test_a_journal_full_of_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
