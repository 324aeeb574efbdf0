/* SPDX-License-Identifier: MPL-2.0 */
/* What the tests of the journal share: a store with some hosts, packets, and what the journal has of them. */
#ifndef JOURNAL_TEST_H
#define JOURNAL_TEST_H

#include "eventually.h"
#include "lab.h"
#include "outcome.h"
#include "packets.h"
#include "store_fixture.h"

#include "journal/journal.h"
#include "store/view.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline struct netboot_store *open_store(struct fixture *fixture, struct netboot_store_options options)
{
    struct netboot_store *store = NULL;

    options.size = sizeof(options);
    OK(netboot_store_open(fixture->directory, &options, &store, &error));
    return store;
}

/* The one of the server that is open. */
static struct lab lab;

static inline void attach(struct fixture *fixture, uint64_t size)
{
    OK(lab_attach(&lab, fixture->store, fixture->directory, "tester", size, &error));
}

static inline void close_server(struct fixture *fixture)
{
    lab_detach(&lab);
    netboot_store_close(fixture->store);
    fixture->store = NULL;
}

static inline struct netboot_store *open_server(struct fixture *fixture)
{
    return open_store(fixture, (struct netboot_store_options){.follow = true, .journal = true, .server = "tester"});
}

/* A host with these identifiers, ended by NULL, and the target of its name. */
static inline void put_host(struct netboot_change *change, const char *name, const char *const *ids)
{
    uint8_t octets[4][1 + NETBOOT_DUID_MAX];
    struct netboot_host host = {.name = bytes_of(name), .target = bytes_of(name)};
    struct netboot_target target = {.name = bytes_of(name), .script = bytes_of("{target}.ipxe")};

    for (; ids[host.ids.count]; host.ids.count++) {
        struct netboot_id id = id_of(ids[host.ids.count]);
        octets[host.ids.count][0] = (uint8_t)id.type;
        memcpy(octets[host.ids.count] + 1, id.value, id.size);
        host.ids.items[host.ids.count] = (struct netboot_bytes){octets[host.ids.count], 1 + (size_t)id.size};
    }
    OK(typed_put_host(change, &host, &error));
    OK(typed_put_target(change, &target, &error));
}

static inline void make_store(struct fixture *fixture)
{
    static const uint8_t tftp4[4] = {192, 0, 2, 1}, tftp6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
    struct netboot_site site = {
        .name = bytes_of("default"),
        .tftp4 = {tftp4, 4 },
        .tftp6 = {tftp6, 16},
        .http4 = bytes_of("http://192.0.2.1/"),
        .http6 = bytes_of("http://[2001:db8::1]/")
    };
    struct netboot_target target = {.name = bytes_of("default"), .script = bytes_of("script.ipxe")};
    struct netboot_loader loader = {.platform = 7, .file = bytes_of("ipxe.efi")};
    struct netboot_store *store = open_store(fixture, (struct netboot_store_options){.journal = false});
    struct netboot_change *change = NULL;

    OK(netboot_change_open(store, 1000, &change, &error));
    OK(typed_put_site(change, &site, &error));
    OK(typed_put_target(change, &target, &error));
    OK(typed_put_loader(change, &loader, &error));
    put_host(change, "web1", (const char *const[]){"52:54:00:00:00:01", NULL});
    put_host(change, "fixed", (const char *const[]){"52:54:00:00:00:02", "99999999-0000-0000-0000-000000000002", NULL});
    OK(netboot_change_commit(change, &error));
    netboot_store_close(store);
}

static inline int setup(void **state)
{
    struct fixture *fixture = fixture_new();

    make_store(fixture);
    fixture->store = open_server(fixture);
    attach(fixture, 0);
    *state = fixture;
    return 0;
}

static inline int end(void **state)
{
    lab_detach(&lab);
    return teardown(state);
}

/* ---- Packets */

static inline struct netboot_result serve(struct netboot_store *store, const struct packet *packet)
{
    struct packet_octets octets = {0};
    struct netboot_query query;
    struct netboot_result result;

    make_query(packet, &octets, &query);
    assert_int_equal(netboot_serve(store, &query, &result), 0);
    return result;
}

/* Writes all that waits. */
static inline void settle(struct netboot_store *store)
{
    (void)store;
    lab_settle(&lab);
}

static inline const char *mac_of(unsigned number, char text[18])
{
    snprintf(text, 18, "02:00:00:%02x:%02x:%02x", number >> 16 & 255, number >> 8 & 255, number & 255);
    return text;
}

/* So many strangers, one after the other. */
static inline void serve_many(struct netboot_store *store, unsigned first, unsigned count)
{
    char mac[18];

    for (unsigned i = first; i < first + count; i++) {
        serve(store, DISCOVER(.mac = mac_of(i, mac)));
        if (i % 2000 == 1999)
            settle(store);
    }
    settle(store);
}

/* The server and the journal's keeper anew, with a journal of that size. */
static inline struct netboot_store *open_sized(struct fixture *fixture, uint64_t size)
{
    close_server(fixture);
    fixture->store = open_server(fixture);
    attach(fixture, size);
    return fixture->store;
}

static inline struct netboot_store *open_small(struct fixture *fixture)
{
    return open_sized(fixture, 1 << 20);
}

/* ---- What the journal has */

struct entries {
    size_t count;
    struct netboot_journal_entry entries[64];
};

static inline int keep_entry(const struct netboot_journal_entry *entry, void *user)
{
    struct entries *entries = user;

    if (entries->count < COUNT(entries->entries))
        entries->entries[entries->count] = *entry;
    entries->count++;
    return 0;
}

static inline struct entries *entries_of(struct netboot_store *store, const char *id)
{
    static struct entries entries;
    struct netboot_id parsed = id ? id_of(id) : (struct netboot_id){.size = 0};
    struct netboot_journal_filter filter = {.size = sizeof(filter), .ids = id ? &parsed : NULL, .id_count = 1};

    entries.count = 0;
    OK(netboot_journal_entries(store, &filter, keep_entry, &entries, &error));
    return &entries;
}

struct machines {
    size_t count;
    struct netboot_journal_machine machines[16];
};

static inline int keep_machine(const struct netboot_journal_machine *machine, void *user)
{
    struct machines *machines = user;

    if (machines->count < COUNT(machines->machines))
        machines->machines[machines->count] = *machine;
    machines->count++;
    return 0;
}

static inline struct machines *machines_of(struct netboot_store *store, const char *id)
{
    static struct machines machines;
    struct netboot_id parsed = id ? id_of(id) : (struct netboot_id){.size = 0};

    machines.count = 0;
    OK(netboot_journal_machines(store, id ? &parsed : NULL, 1, keep_machine, &machines, &error));
    return &machines;
}

static inline struct netboot_journal_state state_of(struct netboot_store *store)
{
    struct netboot_journal_state state;

    OK(journal_read_state(store, &state, &error));
    return state;
}

#endif
