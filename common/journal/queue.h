/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Between packets and the journal's thread: a ring of slots that many threads fill and one empties. Each slot says
 * whose turn it is by a number of its own, so that threads meet at one compare-and-swap and never wait. A full ring
 * takes nothing more, and the record is counted as dropped.
 */
#ifndef NETBOOT_JOURNAL_QUEUE_H
#define NETBOOT_JOURNAL_QUEUE_H

#include "netboot-store.h"

#include <stdatomic.h>

#define QUEUE_SLOTS 2048 /* a power of two */

struct queue_slot;

struct journal_queue {
    struct queue_slot *slots;
    _Alignas(64) atomic_size_t head; /* the next slot to be filled */
    _Alignas(64) size_t tail;        /* the next one to be emptied; the thread's own */
    atomic_uint_fast64_t dropped;    /* records that found the ring full */
};

/* Makes the slots, with all their memory. -ENOMEM. */
int queue_init(struct journal_queue *queue);
void queue_fini(struct journal_queue *queue);

/* Puts a copy of what the journal keeps into the ring. False: it is full. */
bool queue_put(struct journal_queue *queue, const struct netboot_query *query, const struct netboot_result *result);

/* For the one thread that empties it: record number `index` of those that wait, or false. `duid` of it points into the
 * slot. What is looked at stays until queue_drop(). The entry's number and server are left as they are. */
bool queue_look(struct journal_queue *queue, size_t index, struct netboot_journal_entry *ret);
/* Joins packets of one step among the first `count` records that wait: the last of them then tells of all, and the
 * others have no packets. What the journal gets in the end is the same, for less work. */
void queue_join(struct journal_queue *queue, size_t count);
/* How many wait, as far as can be told. */
size_t queue_count(const struct journal_queue *queue);
/* Gives the first `count` slots back. */
void queue_drop(struct journal_queue *queue, size_t count);

#endif
