/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a server answered, on its way to the process that keeps the journal: a ring of slots that the server's threads
 * fill and that process empties. Each slot says whose turn it is by a number of its own, so that threads meet at one
 * compare-and-swap and never wait. A full ring takes nothing more.
 *
 * The memory is a memfd that the emptying process makes and seals, so that it stays as long as it is. The server may
 * have been broken into, and write anything to it at any time: a slot is copied before it is looked at, and nothing in
 * it is believed.
 */
#ifndef NETBOOT_LINK_RING_H
#define NETBOOT_LINK_RING_H

#include "netboot-store.h"

#define RING_SLOTS 2048   /* a power of two */
#define RING_TORN_MS 1000 /* after which a slot that is only half filled is passed over */

struct ring_memory;

struct ring {
    struct ring_memory *memory; /* NULL: there is none */
    /* Of the process that empties it. */
    int fd;              /* -1: none */
    uint64_t tail;       /* the next slot */
    uint64_t torn_since; /* since when that one is claimed and not filled; 0: it is not */
};

/* ---- The process that empties it */

/* Makes an empty ring, sealed. Negative errno value with a text. */
int ring_create(struct ring *ret, struct netboot_error *error);

/* An entry without number and server, whose DUID is in it. */
struct ring_record {
    struct netboot_journal_entry entry;
    uint8_t duid[NETBOOT_DUID_MAX];
};

/* Takes the next one: 1; 0: none waits, or the next one is being filled; -EBADMSG: one was passed over, since it makes
 * no sense, or was not filled in a second. `now_ms`: of a clock that only goes forward. `hung_up`: nobody fills it any
 * more. */
int ring_take(struct ring *ring, uint64_t now_ms, bool hung_up, struct ring_record *ret);

/* ---- A server */

/* Maps the ring behind a file descriptor, which may be closed then. -EPERM: it is not sealed as a ring is; -EBADMSG: it
 * has another size or version. */
int ring_open(int fd, struct ring *ret, struct netboot_error *error);
/* Puts a copy of what the journal keeps into the ring: no allocation, no lock, no system call. False: it is full. */
bool ring_put(struct ring *ring, const struct netboot_query *query, const struct netboot_result *result);
/* How many records wait in it. */
size_t ring_waiting(const struct ring *ring);

/* Unmaps it; NULL memory is fine. */
void ring_close(struct ring *ring);

#endif
