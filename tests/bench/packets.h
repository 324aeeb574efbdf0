/* SPDX-License-Identifier: MPL-2.0 */
/* What the benchmarks of packets share: a store of many hosts, and the packets of its machines. */
#ifndef BENCH_PACKETS_H
#define BENCH_PACKETS_H

#include "../unit/asking.h"
#include "../unit/typed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned host_count = 1000000, packet_count = 200000;

static inline void stop_if(int failed, const char *what)
{
    if (!failed)
        return;
    fprintf(stderr, "%s: %s failed\n", program_invocation_short_name, what);
    exit(1);
}

/* Of this thread, so that what else the machine does counts as little as may be. */
static inline double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static inline double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return values[count / 2];
}

/* ---- The store */

static inline void host_mac(unsigned number, bool known, uint8_t mac[6])
{
    uint32_t scattered = number * 2654435761u; /* so that neighbours in time are none in the tree */

    mac[0] = known ? 0x52 : 0x02;
    mac[1] = 0x54;
    for (unsigned i = 0; i < 4; i++)
        mac[2 + i] = (uint8_t)(scattered >> (24 - 8 * i));
}

static inline struct netboot_bytes text(const char *text)
{
    return (struct netboot_bytes){(const uint8_t *)text, strlen(text)};
}

static inline void put_rest(struct netboot_change *change)
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

    stop_if(typed_put_site(change, &site, NULL) != 0, "put site");
    stop_if(typed_put_target(change, &target, NULL) != 0, "put target");
    target.name = text("install");
    target.script = text("install.ipxe");
    stop_if(typed_put_target(change, &target, NULL) != 0, "put target");
    stop_if(typed_put_loader(change, &loader, NULL) != 0, "put loader");
}

static inline void make_store(const char *directory)
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
        stop_if(typed_put_host(change, &host, &error) != 0, error.text);
    }
    stop_if(netboot_change_commit(change, &error) != 0, error.text);
    netboot_store_close(store);
}

/* ---- Packets */

struct packets {
    int family;
    bool known;
};

enum { PACKET_CASES = 4 };
static const struct packet_case {
    const char *name;
    struct packets packets;
} packet_cases[PACKET_CASES] = {
    {"DHCPv4, known host", {4, true} },
    {"DHCPv4, stranger",   {4, false}},
    {"DHCPv6, known host", {6, true} },
    {"DHCPv6, stranger",   {6, false}},
};

/* EDK2's first packet, from the machine of that number. */
static inline void make_query(struct netboot_query *query, struct packets packets, unsigned number)
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
    *query = query_from(mac);
    if (packets.family == 4) {
        query->assigned_address[0] = 192;
        netboot_query_add(query, 97, uuid, sizeof(uuid));
        netboot_query_add(query, 93, arch, sizeof(arch));
        netboot_query_add(query, 60, class + 6, 32);
        netboot_query_add(query, 55, requested4, sizeof(requested4));
        return;
    }
    query->family = NETBOOT_V6;
    query->hardware_address.size = 0;
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

/* Making the packet is no part of what a packet costs. */
static inline double time_queries(struct packets packets, unsigned seed)
{
    double start = now_ns();

    for (unsigned i = 0; i < packet_count; i++) {
        struct netboot_query query;
        make_query(&query, packets, (seed + i * 7919u) % host_count);
        __asm__ volatile("" : : "r"(&query) : "memory");
    }
    return (now_ns() - start) / packet_count;
}

/* ---- What is printed: the medians of rounds, and of their ratios and differences */

#define ROUNDS_MOST 256

static inline void print_titles(const char *ours, const char *theirs, const char *difference, unsigned rounds)
{
    printf("%u hosts, %u packets a round, median of %u rounds\n", host_count, packet_count, rounds);
    printf("%-22s %10s %10s %8s %12s\n", "", ours, theirs, "ratio", difference);
}

static inline void print_rounds(const char *name, double *ours, double *theirs, size_t rounds)
{
    double ratios[ROUNDS_MOST], differences[ROUNDS_MOST];

    for (size_t i = 0; i < rounds; i++) {
        ratios[i] = ours[i] / theirs[i];
        differences[i] = ours[i] - theirs[i];
    }
    printf("%-22s %10.0f %10.0f %8.2f %12.0f\n", name, median(ours, rounds), median(theirs, rounds),
           median(ratios, rounds), median(differences, rounds));
}

#endif
