/* SPDX-License-Identifier: MPL-2.0 */
/* netbootd's side of the journal, in the process of a server: what it answers goes through a ring into the files. */
#ifndef JOURNAL_LAB_H
#define JOURNAL_LAB_H

#include "journal/keeper.h"
#include "journal/known.h"
#include "store/store.h"

#include <time.h>

struct lab {
    struct netboot_store *store; /* the server's */
    struct keeper *keeper;
    struct ring ours, theirs;
    struct joins joins;
    struct keeper_server server;
    uint64_t ahead_ms; /* how far the packets' clock and the keeper's are ahead of the real one */
};

static inline struct keeper_time lab_time(const struct lab *lab)
{
    struct timespec running, wall;

    clock_gettime(CLOCK_MONOTONIC, &running);
    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct keeper_time){
        .running = (uint64_t)running.tv_sec * 1000 + (uint64_t)running.tv_nsec / 1000000 + lab->ahead_ms,
        .wall = (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000 + lab->ahead_ms,
    };
}

/* 0, or a negative errno value with a text. */
static inline int lab_attach(struct lab *lab, struct netboot_store *store, const char *directory, const char *server,
                             uint64_t size, struct netboot_error *error)
{
    const struct keeper_options options = {.size = size, .known = known_in_store, .user = store};
    int code;

    *lab = (struct lab){
        .store = store, .server = {server, store->join},
             .ours.fd = -1, .theirs.fd = -1
    };
    if ((code = keeper_open(directory, &options, &lab->keeper, error)) != 0 ||
        (code = ring_create(&lab->ours, error)) != 0 || (code = ring_open(lab->ours.fd, &lab->theirs, error)) != 0 ||
        (code = joins_open(keeper_joins(lab->keeper)->fd, &lab->joins, error)) != 0)
        return code;
    atomic_store(&store->ring, &lab->theirs);
    atomic_store(&store->joins, &lab->joins);
    return 0;
}

/* Writes all that waits. */
static inline void lab_settle(struct lab *lab)
{
    const struct keeper_time now = lab_time(lab);

    while (keeper_drain(lab->keeper, &lab->ours, &lab->server, &now, false) == KEEPER_BATCH)
        ;
    keeper_tick(lab->keeper, &now);
}

static inline struct keeper_figures lab_figures(const struct lab *lab)
{
    struct keeper_figures figures;

    keeper_figures(lab->keeper, &figures);
    return figures;
}

static inline void lab_detach(struct lab *lab)
{
    if (!lab->keeper)
        return;
    atomic_store(&lab->store->ring, NULL);
    atomic_store(&lab->store->joins, NULL);
    keeper_close(lab->keeper);
    ring_close(&lab->theirs);
    ring_close(&lab->ours);
    joins_close(&lab->joins);
    *lab = (struct lab){.keeper = NULL};
}

#endif
