/* SPDX-License-Identifier: MPL-2.0 */
/* The journal: what was answered is in it, by every way that leads to it. */
#include "journal_test.h"

#define WEB1 "52:54:00:00:00:01"
#define STRANGER "52:54:00:00:00:99"
#define UUID1 "11111111-2222-3333-4444-555555555501"

static void test_a_step_is_one_entry(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    struct entries *entries;
    const struct netboot_journal_entry *entry;
    char text[NETBOOT_REASON_SIZE];

    serve(store, DISCOVER(.mac = WEB1, .uuid = UUID1));
    settle(store);
    serve(store, DISCOVER(.mac = WEB1, .uuid = UUID1));
    settle(store);
    serve(store, REQUESTED(.mac = WEB1, .uuid = UUID1));
    settle(store);
    entries = entries_of(store, NULL);
    assert_int_equal(entries->count, 1);
    entry = &entries->entries[0];
    assert_int_equal(entry->number, 3); /* it got a new one with each packet */
    assert_int_equal(entry->packets, 3);
    assert_int_equal(entry->first_reply, DHCPOFFER);
    assert_int_equal(entry->last_reply, DHCPACK);
    assert_true(entry->first > 0 && entry->last >= entry->first);
    assert_string_equal(entry->server, "tester");
    assert_int_equal(entry->client.stage, NETBOOT_STAGE_PXE);
    assert_int_equal(entry->client.platform, 7);
    assert_int_equal(entry->decision.outcome, NETBOOT_ANSWERED);
    assert_string_equal(entry->decision.host, "web1");
    assert_string_equal(entry->decision.target, "web1");
    assert_string_equal(entry->decision.site, "default");
    assert_string_equal(entry->decision.boot_file, "ipxe.efi");
    assert_string_equal(netboot_reason_text(&entry->client, &entry->decision, 1, text),
                        "host web1 has one of the client's identifiers");
}

static void test_stages_and_boots_are_entries_of_their_own(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    static const struct {
        enum netboot_stage stage;
        int family;
        const char *file;
    } expected[] = {
        {NETBOOT_STAGE_PXE,  4, "ipxe.efi"                      },
        {NETBOOT_STAGE_IPXE, 4, "http://192.0.2.1/web1.ipxe"    },
        {NETBOOT_STAGE_PXE,  4, "ipxe.efi"                      },
        {NETBOOT_STAGE_PXE,  4, "ipxe.efi"                      },
        {NETBOOT_STAGE_IPXE, 6, "http://[2001:db8::1]/web1.ipxe"},
    };
    struct entries *entries;

    serve(store, DISCOVER(.mac = WEB1));
    serve(store, REQUESTED(.mac = WEB1));
    serve(store, DISCOVER(.mac = WEB1, .ipxe = true));
    serve(store, REQUESTED(.mac = WEB1, .ipxe = true));
    serve(store, DISCOVER(.mac = WEB1)); /* the next boot */
    serve(store, REQUESTED(.mac = WEB1));
    serve(store, DISCOVER(.mac = WEB1)); /* and one more, without a stage in between */
    serve(store, SOLICITED(.mac = WEB1, .ipxe = true));
    serve(store, REQUESTED6(.mac = WEB1, .ipxe = true));
    settle(store);
    entries = entries_of(store, WEB1);
    assert_int_equal(entries->count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_int_equal(entries->entries[i].client.stage, expected[i].stage);
        assert_int_equal(entries->entries[i].client.family, expected[i].family);
        assert_string_equal(entries->entries[i].decision.boot_file, expected[i].file);
    }
}

/* Packets are joined before they are written as after: it is the same however fast they come. */
static void test_how_fast_packets_come_does_not_matter(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    static struct entries slow;

    for (int fast = 0; fast < 2; fast++) {
        const char *mac = fast ? "52:54:00:00:00:98" : STRANGER;
        const struct packet *const packets[] = {
            DISCOVER(.mac = mac),   REQUESTED(.mac = mac),
            DISCOVER(.mac = mac),   DISCOVER(.mac = mac),
            REQUESTED(.mac = mac),  SOLICITED(.mac = mac, .ipxe = true),
            REQUESTED(.mac = mac),  DISCOVER(.mac = mac, .ipxe = true),
            REQUESTED6(.mac = mac), REQUESTED(.mac = mac, .ipxe = true),
        };
        for (size_t i = 0; i < COUNT(packets); i++) {
            serve(store, packets[i]);
            if (!fast)
                settle(store);
        }
        settle(store);
        if (!fast)
            slow = *entries_of(store, mac);
    }
    const struct entries *entries = entries_of(store, "52:54:00:00:00:98");
    assert_int_equal(entries->count, slow.count);
    for (size_t i = 0; i < slow.count; i++) {
        const struct netboot_journal_entry *a = &slow.entries[i], *b = &entries->entries[i];
        assert_true(a->client.stage == b->client.stage && a->client.family == b->client.family);
        assert_int_equal(a->packets, b->packets);
        assert_int_equal(a->first_reply, b->first_reply);
        assert_int_equal(a->last_reply, b->last_reply);
        assert_string_equal(a->decision.boot_file, b->decision.boot_file);
    }
    assert_int_equal(machines_of(store, STRANGER)->machines[0].exchanges,
                     machines_of(store, "52:54:00:00:00:98")->machines[0].exchanges);
}

static void test_what_is_not_ours_is_not_kept(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;

    serve(store, &(struct packet){4, DHCPREQUEST, 6 /* NAK */, .mac = WEB1});
    serve(store, DISCOVER(.mac = STRANGER));
    settle(store);
    assert_int_equal(entries_of(store, NULL)->count, 1);
    assert_int_equal(netboot_journal_written(store), 1);
}

static void test_a_machine_is_found_by_all_that_it_shows(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    static const char *const ways[] = {STRANGER, UUID1, "11111111222233334444555555555501"};
    struct machines *machines;

    serve(store, DISCOVER(.mac = STRANGER, .uuid = UUID1, .address = "192.0.2.77"));
    serve(store, SOLICITED(.mac = STRANGER, .duid = "00:03:00:01:52:54:00:00:00:99", .ipxe = true));
    settle(store);
    for (size_t i = 0; i < COUNT(ways); i++) {
        machines = machines_of(store, ways[i]);
        assert_int_equal(machines->count, 1);
        assert_int_equal(entries_of(store, ways[i])->count, 2);
    }
    const struct netboot_journal_machine *machine = &machines->machines[0];
    assert_int_equal(machine->id.type, NETBOOT_ID_MAC);
    assert_memory_equal(machine->id.value, id_of(STRANGER).value, 6);
    assert_int_equal(machine->ids.count, 2);
    assert_int_equal(machine->shared, 0);
    assert_int_equal(machine->exchanges, 2);
    assert_int_equal(machine->stages4, 1 << NETBOOT_STAGE_PXE);
    assert_int_equal(machine->stages6, 1 << NETBOOT_STAGE_IPXE);
    assert_int_equal(machine->platform, 7);
    assert_memory_equal(machine->address4, ((uint8_t[]){192, 0, 2, 77}), 4);
    assert_string_equal(machine->host, "");
    assert_string_equal(machine->target, "default");
    assert_int_equal(machines_of(store, "52:54:00:00:00:98")->count, 0);
    assert_int_equal(entries_of(store, "52:54:00:00:00:98")->count, 0);
}

static void test_a_uuid_of_two_machines_is_shared(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    struct machines *machines;

    serve(store, DISCOVER(.mac = STRANGER, .uuid = UUID1));
    serve(store, DISCOVER(.mac = WEB1, .uuid = UUID1));
    settle(store);
    machines = machines_of(store, UUID1);
    assert_int_equal(machines->count, 2);
    assert_int_equal(machines->machines[0].shared, 1);
    assert_int_equal(machines->machines[1].shared, 1);
    assert_int_equal(machines_of(store, NULL)->count, 2);
}

static void test_a_looping_machine_pushes_no_other_out(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    const unsigned boots = 500, a_minute = KEEPER_STEPS_A_MINUTE / 2;

    serve(store, DISCOVER(.mac = WEB1));
    for (unsigned i = 0; i < boots; i++) {
        serve(store, DISCOVER(.mac = STRANGER));
        settle(store);
        serve(store, REQUESTED(.mac = STRANGER));
        settle(store);
        if (i % a_minute == a_minute - 1)
            lab.ahead_ms += 60000;
    }
    assert_int_equal(lab_figures(&lab).dropped, 0);
    assert_int_equal(entries_of(store, STRANGER)->count, JOURNAL_MACHINE_ENTRIES);
    assert_int_equal(entries_of(store, WEB1)->count, 1);
    assert_int_equal(machines_of(store, STRANGER)->machines[0].exchanges, boots);
    assert_int_equal(state_of(store).entries, JOURNAL_MACHINE_ENTRIES + 1);
}

/* More than a machine may write in a minute is counted, and others go on. */
static void test_what_a_machine_writes_in_a_minute(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    const unsigned packets = 1000;

    for (unsigned i = 0; i < packets; i++) {
        serve(store, i % 2 ? REQUESTED(.mac = WEB1) : DISCOVER(.mac = WEB1));
        if (i % 100 == 0)
            serve(store, DISCOVER(.mac = "52:54:00:00:00:02"));
        settle(store);
    }
    struct keeper_figures figures = lab_figures(&lab);
    assert_true(figures.held >= packets - 2 * KEEPER_STEPS_A_MINUTE && figures.held <= packets - KEEPER_STEPS_A_MINUTE);
    assert_int_equal(figures.dropped, figures.held);
    assert_int_equal(state_of(store).dropped, figures.dropped);
    assert_int_equal(entries_of(store, "52:54:00:00:00:02")->entries[0].packets, 10);
    lab.ahead_ms += 60000;
    serve(store, DISCOVER(.mac = WEB1));
    settle(store);
    assert_int_equal(lab_figures(&lab).held, figures.held);
}

#define FILTER .size = sizeof(struct netboot_journal_filter)

static void test_filters(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    struct entries entries;
    uint64_t first;

    for (unsigned i = 0; i < 3; i++) {
        serve(store, DISCOVER(.mac = i == 1 ? WEB1 : STRANGER));
        serve(store, REQUESTED(.mac = i == 1 ? WEB1 : STRANGER));
    }
    settle(store);
    first = entries_of(store, NULL)->entries[0].number;
    const struct {
        struct netboot_journal_filter filter;
        size_t count;
    } cases[] = {
        {{FILTER, .after = 0},                      3},
        {{FILTER, .after = first},                  2},
        {{FILTER, .after = state_of(store).newest}, 0},
        {{FILTER, .after = UINT64_MAX - 1},         0},
        {{FILTER, .after = UINT64_MAX},             0},
        {{FILTER, .last = 2},                       2},
        {{FILTER, .since = 1},                      3},
        {{FILTER, .since = UINT64_MAX},             0},
        {{FILTER, .since = UINT64_MAX, .last = 1},  0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        entries.count = 0;
        OK(netboot_journal_entries(store, &cases[i].filter, keep_entry, &entries, &error));
        assert_int_equal(entries.count, cases[i].count);
    }
}

static void test_a_tool_reads_what_a_server_left(void **state)
{
    struct fixture *fixture = *state;

    serve(fixture->store, DISCOVER(.mac = WEB1));
    settle(fixture->store);
    close_server(fixture);
    fixture->store = open_store(fixture, (struct netboot_store_options){.journal = false});
    assert_int_equal(entries_of(fixture->store, NULL)->count, 1);
    assert_int_equal(state_of(fixture->store).machines, 1);
    serve(fixture->store, DISCOVER(.mac = WEB1)); /* a handle without a journal keeps none */
    assert_int_equal(entries_of(fixture->store, NULL)->entries[0].packets, 1);
    assert_int_equal(netboot_journal_dropped(fixture->store), 0);
}

/* Without netbootd, answers are as ever, and no journal is kept; what finds its ring full is counted. */
static void test_without_netbootd(void **state)
{
    struct fixture *fixture = *state;

    close_server(fixture);
    fixture->store = open_server(fixture);
    assert_int_equal(serve(fixture->store, DISCOVER(.mac = WEB1)).decision.outcome, NETBOOT_ANSWERED);
    assert_int_equal(netboot_journal_dropped(fixture->store), 0);
    assert_int_equal(netboot_journal_written(fixture->store), 0);
    attach(fixture, 0);
    serve(fixture->store, DISCOVER(.mac = WEB1));
    assert_int_equal(netboot_journal_written(fixture->store), 1);
    for (unsigned i = 0; i < RING_SLOTS; i++) /* nobody empties it */
        assert_int_equal(serve(fixture->store, DISCOVER(.mac = WEB1)).decision.outcome, NETBOOT_ANSWERED);
    assert_int_equal(netboot_journal_written(fixture->store), RING_SLOTS);
    assert_int_equal(netboot_journal_dropped(fixture->store), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_step_is_one_entry, setup, end),
        cmocka_unit_test_setup_teardown(test_stages_and_boots_are_entries_of_their_own, setup, end),
        cmocka_unit_test_setup_teardown(test_how_fast_packets_come_does_not_matter, setup, end),
        cmocka_unit_test_setup_teardown(test_what_is_not_ours_is_not_kept, setup, end),
        cmocka_unit_test_setup_teardown(test_a_machine_is_found_by_all_that_it_shows, setup, end),
        cmocka_unit_test_setup_teardown(test_a_uuid_of_two_machines_is_shared, setup, end),
        cmocka_unit_test_setup_teardown(test_a_looping_machine_pushes_no_other_out, setup, end),
        cmocka_unit_test_setup_teardown(test_what_a_machine_writes_in_a_minute, setup, end),
        cmocka_unit_test_setup_teardown(test_without_netbootd, setup, end),
        cmocka_unit_test_setup_teardown(test_filters, setup, end),
        cmocka_unit_test_setup_teardown(test_a_tool_reads_what_a_server_left, setup, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
