/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a packet costs: netboot_serve() (facts, look-up, decision, answer) in a store of a million hosts, beside a bare
 * LMDB renew, gets of the same keys and reset on a copy of that store in the same process.
 *
 * usage: bench_packet DIRECTORY [HOSTS [PACKETS [CASE]]]     DIRECTORY is made where it is not there.
 * Rounds of both alternate; printed are the medians of the rounds, and of their ratios.
 */
#include "packets.h"

#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS 9

/* ---- Ours */

static double time_ours(struct netboot_store *store, struct packets packets, unsigned seed)
{
    struct netboot_result result;
    double start = now_ns();

    for (unsigned i = 0; i < packet_count; i++) {
        struct netboot_query query;
        make_query(&query, packets, (seed + i * 7919u) % host_count);
        stop_if(netboot_serve(store, &query, &result) != 0 || result.decision.outcome != NETBOOT_ANSWERED ||
                    result.decision.host_found != packets.known,
                "netboot_serve");
    }
    return (now_ns() - start) / packet_count;
}

/* ---- Bare LMDB */

struct bare {
    MDB_env *place;
    MDB_txn *txn;
    MDB_dbi host, policy;
    MDB_cursor *cursor;
};

static void copy_store(const char *directory, char *copy, size_t size)
{
    char path[4096], file[4096];
    MDB_env *place;

    snprintf(path, sizeof(path), "%s/targets", directory);
    snprintf(copy, size, "%s/copy", directory);
    mkdir(copy, 0700);
    snprintf(file, sizeof(file), "%s/copy/data.mdb", directory);
    unlink(file);
    stop_if(mdb_env_create(&place) || mdb_env_set_maxdbs(place, 8) || mdb_env_open(place, path, MDB_RDONLY, 0), "open");
    stop_if(mdb_env_copy(place, copy), "copy");
    mdb_env_close(place);
}

static void open_bare(struct bare *bare, const char *copy)
{
    stop_if(mdb_env_create(&bare->place) || mdb_env_set_maxdbs(bare->place, 8) ||
                mdb_env_open(bare->place, copy, MDB_RDONLY | MDB_NOTLS, 0) ||
                mdb_txn_begin(bare->place, NULL, MDB_RDONLY, &bare->txn),
            "open the copy");
    stop_if(mdb_dbi_open(bare->txn, "host", 0, &bare->host) || mdb_dbi_open(bare->txn, "policy", 0, &bare->policy) ||
                mdb_txn_commit(bare->txn) || mdb_txn_begin(bare->place, NULL, MDB_RDONLY, &bare->txn) ||
                mdb_cursor_open(bare->txn, bare->policy, &bare->cursor),
            "open the tables of the copy");
    mdb_txn_reset(bare->txn);
}

static uint64_t octets_seen;

static bool get(struct bare *bare, MDB_dbi table, const void *data, size_t size)
{
    MDB_val key = {size, (void *)data}, value;
    int status = mdb_get(bare->txn, table, &key, &value);

    stop_if(status != 0 && status != MDB_NOTFOUND, "mdb_get");
    if (status == 0)
        octets_seen += *(const uint8_t *)value.mv_data;
    return status == 0;
}

/* The last range that begins at or before the address. */
static void get_range(struct bare *bare, const void *data, size_t size)
{
    MDB_val key = {size, (void *)data}, value;

    stop_if(mdb_cursor_renew(bare->txn, bare->cursor), "mdb_cursor_renew");
    int status = mdb_cursor_get(bare->cursor, &key, &value, MDB_SET_RANGE);
    if (status != 0 || key.mv_size != size || memcmp(key.mv_data, data, size) != 0)
        status = mdb_cursor_get(bare->cursor, &key, &value, MDB_PREV);
    stop_if(status != 0 && status != MDB_NOTFOUND, "mdb_cursor_get");
}

/* The keys that the packet of that number has: its MAC, and for a stranger its UUID and DUID too. */
static double time_bare(struct bare *bare, struct packets packets, unsigned seed)
{
    static const uint8_t loader[3] = {'l', 0, 7};
    const char *target = packets.known ? "tinstall" : "tdefault";
    uint8_t mac[7] = {'M'}, uuid[17] = {'U'}, duid[19] = {'D', 0, 4}, address[18] = {'r', (uint8_t)packets.family};
    double start = now_ns();

    address[2] = packets.family == 4 ? 192 : 0x20;
    for (unsigned i = 0; i < packet_count; i++) {
        host_mac((seed + i * 7919u) % host_count, packets.known, mac + 1);
        stop_if(mdb_txn_renew(bare->txn), "mdb_txn_renew");
        if (!get(bare, bare->host, mac, sizeof(mac))) {
            memcpy(uuid + 3, mac + 1, 6);
            memcpy(duid + 5, mac + 1, 6);
            get(bare, bare->host, uuid, sizeof(uuid));
            if (packets.family == 6)
                get(bare, bare->host, duid, sizeof(duid));
        }
        get(bare, bare->policy, target, strlen(target));
        get(bare, bare->policy, loader, sizeof(loader));
        get_range(bare, address, packets.family == 4 ? 6 : 18);
        mdb_txn_reset(bare->txn);
    }
    return (now_ns() - start) / packet_count;
}

/* ---- Rounds */

static void compare(struct netboot_store *store, struct bare *bare, const char *name, struct packets packets)
{
    double ours[ROUNDS], theirs[ROUNDS];

    time_ours(store, packets, 1);
    time_bare(bare, packets, 1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned seed = round * 104729u;
        ours[round] = time_ours(store, packets, seed) - time_queries(packets, seed);
        theirs[round] = time_bare(bare, packets, seed);
    }
    print_rounds(name, ours, theirs, ROUNDS);
}

int main(int argc, char **argv)
{
    struct netboot_store *store;
    struct netboot_error error = {0};
    struct bare bare;
    char copy[4096];
    int only = argc > 4 ? atoi(argv[4]) : -1;

    if (argc < 2 || argc > 5) {
        fprintf(stderr, "usage: bench_packet DIRECTORY [HOSTS [PACKETS [CASE]]]\n");
        return 2;
    }
    if (argc > 2)
        host_count = (unsigned)strtoul(argv[2], NULL, 10);
    if (argc > 3)
        packet_count = (unsigned)strtoul(argv[3], NULL, 10);
    if (access(argv[1], F_OK) != 0)
        make_store(argv[1]);
    copy_store(argv[1], copy, sizeof(copy));
    open_bare(&bare, copy);
    stop_if(netboot_store_open(argv[1], NULL, &store, &error) != 0, error.text);
    print_titles("serve ns", "LMDB ns", "above, ns", ROUNDS);
    for (int i = 0; i < PACKET_CASES; i++)
        if (only < 0 || only == i)
            compare(store, &bare, packet_cases[i].name, packet_cases[i].packets);
    netboot_store_close(store);
    return 0;
}
