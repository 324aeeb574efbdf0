/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the journal adds to a packet: netboot_serve() with it and without it, in one process and one store; and what it
 * takes netbootd to write a record.
 *
 * usage: bench_journal DIRECTORY [HOSTS]     DIRECTORY is made where it is not there.
 * Rounds of both alternate, each short enough for the ring, which is emptied between them. Printed are the medians of
 * the rounds, and of their ratios and differences.
 */
#include "packets.h"

#include "../journal/lab.h"

#include <unistd.h>

#define ROUNDS 201
#define ROUND_PACKETS 1000

static double time_round(struct netboot_store *store, struct packets packets, unsigned seed, bool journal)
{
    struct netboot_result result;
    double start;

    store->notes = journal;
    start = now_ns();
    for (unsigned i = 0; i < ROUND_PACKETS; i++) {
        struct netboot_query query;
        make_query(&query, packets, (seed + i * 7919u) % host_count);
        stop_if(netboot_serve(store, &query, &result) != 0 || result.decision.outcome != NETBOOT_ANSWERED,
                "netboot_serve");
    }
    start = now_ns() - start;
    store->notes = true;
    return start / ROUND_PACKETS;
}

static struct lab lab;
static double drain_ns, drained;

static void empty_ring(void)
{
    uint64_t before = lab_figures(&lab).written + lab_figures(&lab).dropped;
    double start = now_ns();

    lab.ahead_ms += 60000;
    lab_settle(&lab);
    drain_ns += now_ns() - start;
    drained += (double)(lab_figures(&lab).written + lab_figures(&lab).dropped - before);
}

static void compare(struct netboot_store *store, const char *name, struct packets packets)
{
    double with[ROUNDS], without[ROUNDS];

    time_round(store, packets, 1, false);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned seed = round * 104729u;
        /* Each is first in turn: the one behind finds more in the caches. */
        if (round % 2 == 0)
            with[round] = time_round(store, packets, seed, true);
        without[round] = time_round(store, packets, seed + (round % 2 == 0 ? 52361u : 0), false);
        if (round % 2 == 1)
            with[round] = time_round(store, packets, seed + 52361u, true);
        empty_ring();
        double queries = time_queries(packets, seed);
        with[round] -= queries;
        without[round] -= queries;
    }
    print_rounds(name, with, without, ROUNDS);
}

int main(int argc, char **argv)
{
    const struct netboot_store_options options = {.size = sizeof(options), .follow = true, .journal = true};
    struct netboot_store *store;
    struct netboot_error error = {0};

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: bench_journal DIRECTORY [HOSTS]\n");
        return 2;
    }
    if (argc > 2)
        host_count = (unsigned)strtoul(argv[2], NULL, 10);
    packet_count = ROUND_PACKETS;
    if (access(argv[1], F_OK) != 0)
        make_store(argv[1]);
    stop_if(netboot_store_open(argv[1], &options, &store, &error) != 0, error.text);
    stop_if(lab_attach(&lab, store, argv[1], "bench", 0, &error) != 0, error.text);
    print_titles("journal ns", "without ns", "more, ns", ROUNDS);
    for (size_t i = 0; i < PACKET_CASES; i++)
        compare(store, packet_cases[i].name, packet_cases[i].packets);
    printf("%llu records, %llu dropped; %.0f ns to write one\n", (unsigned long long)netboot_journal_written(store),
           (unsigned long long)(netboot_journal_dropped(store) + lab_figures(&lab).dropped), drain_ns / drained);
    lab_detach(&lab);
    netboot_store_close(store);
    return 0;
}
