/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a packet costs: netboot_serve() (facts, look-up, decision, answer) in a store of a million hosts, beside a bare
 * LMDB renew, gets of the same keys and reset on a copy of that store in the same process.
 *
 * usage: bench_packet DIRECTORY [HOSTS [PACKETS [CASE]]]     DIRECTORY is made where it is not there.
 * Rounds of both alternate; printed are the medians of the rounds, and of their ratios.
 */
#include "netboot.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 9

static unsigned host_count = 1000000, packet_count = 200000;

static void stop_if(int failed, const char *what)
{
    if (!failed)
        return;
    fprintf(stderr, "bench_packet: %s failed\n", what);
    exit(1);
}

/* Of this thread, so that what else the machine does counts as little as may be. */
static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return values[count / 2];
}

/* ---- The store */

static void host_mac(unsigned number, bool known, uint8_t mac[6])
{
    uint32_t scattered = number * 2654435761u; /* so that neighbours in time are none in the tree */

    mac[0] = known ? 0x52 : 0x02;
    mac[1] = 0x54;
    for (unsigned i = 0; i < 4; i++)
        mac[2 + i] = (uint8_t)(scattered >> (24 - 8 * i));
}

static struct netboot_bytes text(const char *text)
{
    return (struct netboot_bytes){(const uint8_t *)text, strlen(text)};
}

static void put_rest(struct netboot_change *change)
{
    static const uint8_t tftp4[4] = {192, 0, 2, 1}, tftp6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
    struct netboot_site site = {
        .name = text("default"),
        .tftp4 = {tftp4, 4 },
        .tftp6 = {tftp6, 16},
        .http4 = text("http://192.0.2.1/"),
        .http6 = text("http://[2001:db8::1]/")
    };
    struct netboot_target target = {.name = text("default"), .script = text("script.ipxe")};
    struct netboot_loader loader = {.platform = 7, .file = text("ipxe.efi")};

    stop_if(netboot_change_put_site(change, &site, NULL) != 0, "put site");
    stop_if(netboot_change_put_target(change, &target, NULL) != 0, "put target");
    target.name = text("install");
    target.script = text("install.ipxe");
    stop_if(netboot_change_put_target(change, &target, NULL) != 0, "put target");
    stop_if(netboot_change_put_loader(change, &loader, NULL) != 0, "put loader");
}

static void make_store(const char *directory)
{
    struct netboot_store *store;
    struct netboot_change *change;
    struct netboot_error error = {0};

    stop_if(netboot_store_create(directory, &error) != 0, error.text);
    stop_if(netboot_store_open(directory, NULL, &store, &error) != 0, error.text);
    stop_if(netboot_change_open(store, 1000, &change, &error) != 0, error.text);
    put_rest(change);
    for (unsigned i = 0; i < host_count; i++) {
        uint8_t id[7] = {'M'};
        char name[16];
        host_mac(i, true, id + 1);
        snprintf(name, sizeof(name), "host%u", i);
        struct netboot_host host = {
            .name = text(name), .ids = {.count = 1, .items = {{id, 7}}},
                 .target = text("install")
        };
        stop_if(netboot_change_put_host(change, NULL, &host, &error) != 0, error.text);
    }
    stop_if(netboot_change_commit(change, &error) != 0, error.text);
    netboot_store_close(store);
}

/* ---- Ours */

struct packets {
    int family;
    bool known;
};

/* EDK2's first packet, from the machine of that number. */
static void make_query(struct netboot_query *query, struct packets packets, unsigned number)
{
    static uint8_t mac[6], duid[18] = {0, 4}, uuid[17];
    static const uint8_t class[] = {0,   0,   1,   0x57, 0,   32,  'P', 'X', 'E', 'C', 'l', 'i', 'e',
                                    'n', 't', ':', 'A',  'r', 'c', 'h', ':', '0', '0', '0', '0', '7',
                                    ':', 'U', 'N', 'D',  'I', ':', '0', '0', '3', '0', '0', '0'};
    static const uint8_t arch[2] = {0, 7}, requested4[] = {1, 3, 6, 66, 67},
                         requested6[] = {0, 59, 0, 60, 0, 23, 0, 16};
    static const uint8_t link_local[16] = {0xfe, 0x80, [11] = 0xff, 0xfe};

    host_mac(number, packets.known, mac);
    memcpy(duid + 4, mac, 6);
    memcpy(uuid + 3, mac, 6);
    *query = (struct netboot_query){
        .family = packets.family == 4 ? NETBOOT_V4 : NETBOOT_V6,
        .message_type = 1,
        .reply_type = 2,
        .hardware_type = 1,
        .hardware_address = {mac, packets.family == 4 ? 6 : 0}
    };
    if (packets.family == 4) {
        query->assigned_address[0] = 192;
        netboot_query_add(query, 97, uuid, sizeof(uuid));
        netboot_query_add(query, 93, arch, sizeof(arch));
        netboot_query_add(query, 60, class + 6, 32);
        netboot_query_add(query, 55, requested4, sizeof(requested4));
        return;
    }
    memcpy(query->peer_address, link_local, 16);
    for (unsigned i = 0; i < 3; i++) {
        query->peer_address[8 + i] = mac[i];
        query->peer_address[13 + i] = mac[3 + i];
    }
    query->peer_address[8] ^= 2;
    query->assigned_address[0] = 0x20;
    netboot_query_add(query, 1, duid, sizeof(duid));
    netboot_query_add(query, 6, requested6, sizeof(requested6));
    netboot_query_add(query, 16, class, sizeof(class));
    netboot_query_add(query, 61, arch, sizeof(arch));
}

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

/* Making the packet is no part of what a packet costs. */
static double time_queries(struct packets packets, unsigned seed)
{
    double start = now_ns();

    for (unsigned i = 0; i < packet_count; i++) {
        struct netboot_query query;
        make_query(&query, packets, (seed + i * 7919u) % host_count);
        __asm__ volatile("" : : "r"(&query) : "memory");
    }
    return (now_ns() - start) / packet_count;
}

/* ---- Bare LMDB */

struct bare {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi host, policy;
    MDB_cursor *cursor;
};

static void copy_store(const char *directory, char *copy, size_t size)
{
    char path[4096], file[4096];
    MDB_env *env;

    snprintf(path, sizeof(path), "%s/targets", directory);
    snprintf(copy, size, "%s/copy", directory);
    mkdir(copy, 0700);
    snprintf(file, sizeof(file), "%s/copy/data.mdb", directory);
    unlink(file);
    stop_if(mdb_env_create(&env) || mdb_env_set_maxdbs(env, 8) || mdb_env_open(env, path, MDB_RDONLY, 0), "open");
    stop_if(mdb_env_copy(env, copy), "copy");
    mdb_env_close(env);
}

static void open_bare(struct bare *bare, const char *copy)
{
    stop_if(mdb_env_create(&bare->env) || mdb_env_set_maxdbs(bare->env, 8) ||
                mdb_env_open(bare->env, copy, MDB_RDONLY | MDB_NOTLS, 0) ||
                mdb_txn_begin(bare->env, NULL, MDB_RDONLY, &bare->txn),
            "open the copy");
    stop_if(mdb_dbi_open(bare->txn, "host", 0, &bare->host) || mdb_dbi_open(bare->txn, "policy", 0, &bare->policy) ||
                mdb_txn_commit(bare->txn) || mdb_txn_begin(bare->env, NULL, MDB_RDONLY, &bare->txn) ||
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
    double ours[ROUNDS], theirs[ROUNDS], ratios[ROUNDS], differences[ROUNDS];

    time_ours(store, packets, 1);
    time_bare(bare, packets, 1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned seed = round * 104729u;
        ours[round] = time_ours(store, packets, seed) - time_queries(packets, seed);
        theirs[round] = time_bare(bare, packets, seed);
        ratios[round] = ours[round] / theirs[round];
        differences[round] = ours[round] - theirs[round];
    }
    printf("%-22s %10.0f %10.0f %8.2f %12.0f\n", name, median(ours, ROUNDS), median(theirs, ROUNDS),
           median(ratios, ROUNDS), median(differences, ROUNDS));
}

int main(int argc, char **argv)
{
    struct netboot_store *store;
    struct netboot_error error = {0};
    struct bare bare;
    static const struct {
        const char *name;
        struct packets packets;
    } cases[] = {
        {"DHCPv4, known host", {4, true} },
        {"DHCPv4, stranger",   {4, false}},
        {"DHCPv6, known host", {6, true} },
        {"DHCPv6, stranger",   {6, false}},
    };
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
    printf("%u hosts, %u packets a round, median of %d rounds\n", host_count, packet_count, ROUNDS);
    printf("%-22s %10s %10s %8s %12s\n", "", "serve ns", "LMDB ns", "ratio", "above, ns");
    for (int i = 0; i < 4; i++)
        if (only < 0 || only == i)
            compare(store, &bare, cases[i].name, cases[i].packets);
    netboot_store_close(store);
    return 0;
}
