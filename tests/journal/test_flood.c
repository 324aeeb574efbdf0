/* SPDX-License-Identifier: MPL-2.0 */
/* Whoever sends packets with forged addresses fills the journal: the hosts of the store keep their steps. */
#include "journal_test.h"

#define WEB1 "52:54:00:00:00:01"
#define STRANGER "52:54:00:00:00:77"
#define FIXED_CARD "52:54:00:00:00:33" /* of the host `fixed`, which the store has by another MAC and this UUID */
#define FIXED_UUID "99999999-0000-0000-0000-000000000002"
#define HOSTS 0x400000 /* the first of many */
#define MINUTE 60000

/* A boot of two steps. */
static void boot(struct netboot_store *store, const char *mac, const char *uuid)
{
    serve(store, DISCOVER(.mac = mac, .uuid = uuid));
    serve(store, REQUESTED(.mac = mac, .uuid = uuid));
    serve(store, REQUESTED(.mac = mac, .uuid = uuid, .ipxe = true));
    settle(store);
}

static void add_hosts(struct fixture *fixture, unsigned count)
{
    struct netboot_store *writer;
    struct netboot_change *change;
    char mac[18];

    close_server(fixture);
    writer = open_store(fixture, (struct netboot_store_options){.journal = false});
    OK(netboot_change_open(writer, 1000, &change, &error));
    for (unsigned i = 0; i < count; i++) {
        struct netboot_id id = id_of(mac_of(HOSTS + i, mac));
        uint8_t item[1 + NETBOOT_MAC_SIZE] = {NETBOOT_ID_MAC};
        memcpy(item + 1, id.value, NETBOOT_MAC_SIZE);
        struct netboot_host host = {
            .ids = {1, {{item, sizeof(item)}}}
        };
        OK(typed_put_host(change, &host, &error));
    }
    OK(netboot_change_commit(change, &error));
    netboot_store_close(writer);
    fixture->store = open_server(fixture);
}

static unsigned entries_left(struct netboot_store *store, unsigned number)
{
    char mac[18];

    return (unsigned)entries_of(store, mac_of(number, mac))->count;
}

/* Of each host, as many steps as docs/journal.md promises. */
static unsigned fill(struct netboot_store *store, unsigned hosts, unsigned boots)
{
    unsigned boot_count = 0;
    char mac[18];

    for (; boot_count < boots; boot_count++) {
        for (unsigned i = 0; i < hosts; i++)
            boot(store, mac_of(HOSTS + i, mac), NULL);
        lab.ahead_ms += 10 * MINUTE;
    }
    return 2 * boot_count;
}

/* Strangers, and one forged MAC of a host that writes all that it may: for several rounds of both files. */
static void flood(struct netboot_store *store, unsigned packets)
{
    char mac[18];

    for (unsigned i = 0; i < packets; i++) {
        serve(store, DISCOVER(.mac = mac_of(i, mac)));
        serve(store, i % 2 ? REQUESTED(.mac = WEB1) : DISCOVER(.mac = WEB1));
        if (i % KEEPER_STEPS_A_MINUTE == KEEPER_STEPS_A_MINUTE - 1) {
            settle(store);
            lab.ahead_ms += MINUTE;
        }
    }
    settle(store);
}

static void check_flood(unsigned mebibytes)
{
    const unsigned hosts = 40 * mebibytes, boots = 14;
    void *state;

    setup(&state);
    struct fixture *fixture = state;
    add_hosts(fixture, hosts);
    attach(fixture, (uint64_t)mebibytes << 20);
    struct netboot_store *store = fixture->store;
    unsigned steps = fill(store, hosts, boots);
    uint64_t octets = state_of(store).size / state_of(store).entries;
    print_message("%u MiB: %u hosts, %u steps of %llu octets each\n", mebibytes, hosts, steps,
                  (unsigned long long)octets);
    flood(store, 12000 * mebibytes);
    for (unsigned i = 0; i < hosts; i++)
        assert_int_equal(entries_left(store, HOSTS + i), steps);
    assert_int_equal(entries_of(store, WEB1)->count, JOURNAL_MACHINE_ENTRIES);
    assert_int_equal(lab_figures(&lab).dropped, 0);
    assert_true(state_of(store).size <= (uint64_t)mebibytes << 20);
    assert_int_equal(state_of(store).limit, (uint64_t)mebibytes << 20);
    /* And over a restart, as who reads it next. */
    store = open_sized(fixture, (uint64_t)mebibytes << 20);
    for (unsigned i = 0; i < hosts; i++)
        assert_int_equal(entries_left(store, HOSTS + i), steps);
    flood(store, 3000 * mebibytes);
    for (unsigned i = 0; i < hosts; i++)
        assert_int_equal(entries_left(store, HOSTS + i), steps);
    end(&state);
}

static void test_hosts_outlive_a_flood(void **state)
{
    (void)state;
    check_flood(1);
    check_flood(4);
    check_flood(32);
}

/* The UUID of a host, shown with forged MACs, takes the room of that host alone. */
static void test_a_flood_that_shows_the_uuid_of_a_host(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);
    char mac[18];

    boot(store, WEB1, NULL);
    for (unsigned i = 0; i < 20000; i++) {
        serve(store, DISCOVER(.mac = mac_of(0x800000 + i, mac), .uuid = FIXED_UUID));
        if (i % 60 == 59) {
            settle(store);
            lab.ahead_ms += MINUTE;
        }
    }
    boot(store, FIXED_CARD, FIXED_UUID);
    assert_int_equal(entries_of(store, WEB1)->count, 2);
    assert_int_equal(entries_of(store, FIXED_CARD)->count, 2);
    assert_int_equal(entries_of(store, FIXED_UUID)->count, JOURNAL_MACHINE_ENTRIES);
}

/* New strangers are seen in a full journal, and the oldest of them go. */
static void test_strangers(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);
    const unsigned count = 12000;
    char mac[18];

    boot(store, STRANGER, NULL);
    serve_many(store, 0, count);
    assert_int_equal(lab_figures(&lab).dropped, 0);
    struct netboot_journal_state now = state_of(store);
    assert_true(now.size <= 1 << 18 && now.entries > 500);
    assert_int_equal(now.machines, now.entries);
    assert_int_equal(machines_of(store, STRANGER)->count, 0);
    assert_int_equal(machines_of(store, mac_of(count - 1, mac))->count, 1);
    assert_int_equal(machines_of(store, mac_of(count - (unsigned)now.entries, mac))->count, 1);
    assert_int_equal(machines_of(store, mac_of(count - (unsigned)now.entries - 1, mac))->count, 0);
}

/* More hosts than there is room for: each keeps its share, the last ones of all something. */
static void test_a_journal_full_of_hosts(void **state)
{
    struct fixture *fixture = *state;
    const unsigned hosts = 400, boots = 10;
    unsigned least = 99, most = 0;

    add_hosts(fixture, hosts);
    attach(fixture, 1 << 20);
    fill(fixture->store, hosts, boots);
    for (unsigned i = 0; i < hosts; i++) {
        unsigned left = entries_left(fixture->store, HOSTS + i);
        least = left < least ? left : least;
        most = left > most ? left : most;
    }
    assert_true(least >= 2 && most <= 2 * boots);
    assert_int_equal(lab_figures(&lab).dropped, 0);
    /* The flood of one takes nothing from the others here either. */
    flood(fixture->store, 12000);
    for (unsigned i = 0; i < hosts; i++)
        assert_true(entries_left(fixture->store, HOSTS + i) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_outlive_a_flood),
        cmocka_unit_test_setup_teardown(test_a_flood_that_shows_the_uuid_of_a_host, setup, end),
        cmocka_unit_test_setup_teardown(test_strangers, setup, end),
        cmocka_unit_test_setup_teardown(test_a_journal_full_of_hosts, setup, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
