/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The state store: the records of boot-once, in an environment of its own that DHCP servers write.
 *
 *   meta   "format"
 *   once   key of a host in the targets store -> struct once_record
 *
 * write.lock has, behind the name of who writes, 8 octets of doubt: a random number that is drawn anew when the
 * beginning of a new boot could not be written down. It needs no lock and no free block. Whoever would join a packet
 * to a boot that was served under another number takes it for a new boot.
 */
#ifndef NETBOOT_ONCE_H
#define NETBOOT_ONCE_H

#include "db/db.h"
#include "once/boot.h"

#define ONCE_SERVER_MS 100 /* that a server waits for other writers */

struct store_key;

struct once_store {
    struct db_place place;
    char server[NETBOOT_ONCE_BY_SIZE];
    uint64_t clock;
    atomic_uint_fast64_t doubtful; /* ms until which nothing is certain, since not even a doubt could be written */
    atomic_uint_fast64_t nothing;  /* that there is no record: the state in which this was seen, see once_is_empty() */
    atomic_uint_fast64_t busy;     /* ms until which the lock is not waited for where that is not needed */
    /* Reads the time into wall, ms and clock; tests set their own. */
    void (*time)(const struct once_store *once, struct once_time *ret);
};

int once_create(const char *directory, struct netboot_error *error);
int once_prepare(struct once_store *once, const char *directory, const struct netboot_store_options *options,
                 struct netboot_error *error);
/* Opens it if it is there; without it nothing is armed. */
void once_open(struct once_store *once);
/* A look at the files, by the thread of a server. */
void once_tick(struct once_store *once, bool clear_readers);
void once_close(struct once_store *once);
void once_fini(struct once_store *once);

/*
 * The packet path for a host that is in `policy`. False: nothing is armed there, and nothing was done. True: the whole
 * decision is in `ret`; what had to be written for it was written.
 */
bool once_serve(struct netboot_view *view, const struct netboot_query *query, const struct netboot_policy *policy,
                struct netboot_result *ret);
/* Puts the target of an armed host into the policy, without a packet; it lies in `ret_target`. */
void once_peek(struct netboot_view *view, struct netboot_policy *policy, struct netboot_target *ret_target);

#endif
