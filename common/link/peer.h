/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A DHCP server's side of netbootd. The server's thread connects and notices a hang-up; packets only use what is there.
 * Whatever becomes of netbootd: a packet waits for it no longer than a deadline, and for a host that is armed only.
 */
#ifndef NETBOOT_LINK_PEER_H
#define NETBOOT_LINK_PEER_H

#include "base/notice.h"
#include "link/armed.h"
#include "link/hello.h"
#include "link/joins.h"
#include "link/question.h"
#include "link/ring.h"

#define PEER_QUESTIONS 8 /* that may be under way at the same time */
#define PEER_DEADLINE_MS 100

struct worker;

struct peer_question {
    _Alignas(64) atomic_uint busy;
    int fd;
};

/* What netbootd handed over. */
struct peer_link {
    struct armed_set armed;
    struct ring ring;   /* of the journal, where it is wanted */
    struct joins joins; /* where they are wanted */
    uint64_t session;
    int fd;
    atomic_bool dead;
    struct report reported;
    struct peer_question questions[PEER_QUESTIONS];
    _Alignas(64) atomic_uint users; /* packets, at this moment */
};

struct peer {
    const char *directory;
    const char *server; /* its name */
    uint64_t deadline_ns;
    bool journal, join;
    struct worker *worker; /* whom a packet wakes that finds netbootd gone */
    struct notice notice;  /* whether it is connected */
    struct peer_link link;
    _Alignas(64) _Atomic(struct peer_link *) current; /* NULL: not connected */
    atomic_uint_fast64_t sequence, quiet_until_ns;
    atomic_uint unasked, missed; /* missed: deadlines in a row */
    atomic_uint_fast64_t left;   /* records for the journal that were left in the ring of a netbootd that is gone */
};

void peer_init(struct peer *peer, const char *directory, const char *server, unsigned deadline_ms);
void peer_fini(struct peer *peer);

/* The server's thread: connects, or looks whether netbootd is still there and tells it what this server reads. */
void peer_tick(struct peer *peer, uint64_t generation);
/* Waits for packets under way. */
void peer_close(struct peer *peer);

/* ---- Packets */

/* The link for this packet, until peer_give(). NULL: there is none. */
static inline struct peer_link *peer_take(struct peer *peer)
{
    struct peer_link *link = atomic_load_explicit(&peer->current, memory_order_relaxed);

    if (!link)
        return NULL;
    atomic_fetch_add(&link->users, 1);
    if (atomic_load(&peer->current) == link && !atomic_load_explicit(&link->dead, memory_order_relaxed))
        return link;
    atomic_fetch_sub_explicit(&link->users, 1, memory_order_release);
    return NULL;
}

static inline void peer_give(struct peer_link *link)
{
    atomic_fetch_sub_explicit(&link->users, 1, memory_order_release);
}

/* Asks; fills kind, unasked, sequence and deadline_ns of the question. The answer is always sound: where there is none
 * in time, it is the lasting target, unmarked. */
void peer_ask(struct peer *peer, struct peer_link *link, struct question *question, struct answer *ret);
/* Whether the reply that was answered with ANSWER_ONCE leaves with it. */
void peer_sent(struct peer *peer, uint64_t sequence, bool sent);

#endif
