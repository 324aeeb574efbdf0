/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The targets store: the tables of its database and their keys.
 *
 *   meta     "format", "id", "generation", "changed", "hosts"
 *   policy   'l' platform -> loader      's' name -> site      't' name -> target
 *            'p' family address length -> name of the site that has the prefix
 *            'r' family address -> of a range of addresses that ends there: the site, without its prefixes; or none
 *   host     identifier -> the host, or an alias: the identifier that has it
 *   history  'e' generation -> who made it, when and what       'i' generation -> the rows as they were before
 *
 * `policy` has few rows of several kinds: each further table would cost a look-up one more search.
 */
#ifndef NETBOOT_STORE_H
#define NETBOOT_STORE_H

#include "base/notice.h"
#include "db/db.h"

#define STORE_FORMAT 1

enum { TABLE_META, TABLE_POLICY, TABLE_HOST, TABLES, TABLE_HISTORY = TABLES, ALL_TABLES };

extern const struct db_spec store_spec;

struct joins;
struct ring;

/* The targets store, and what the rooms above keep of netbootd and of the journal; this room does not look into those.
 */
struct netboot_store {
    struct db_place place;
    char *directory;
    bool follow;             /* a server's: a thread opens it as soon as it can */
    bool join;               /* look-ups join identifiers */
    struct notice notice;    /* whether it is usable: netboot_store_event() */
    struct peer *peer;       /* a server's, to netbootd; NULL: none */
    struct journal *journal; /* for reading */
    bool notes;              /* what is answered is put into the ring */
    /* What the process that writes for servers has handed over; NULL: nothing. Whoever replaces one of them waits until
     * no look-up has it any more: each is used with a reader of `place` taken. */
    _Atomic(struct ring *) ring;
    _Atomic(struct joins *) joins;
    atomic_uint_fast64_t noted, lost; /* records for the journal: put into a ring, or not */
};

/* Makes the targets store of a directory, empty but for one site for all addresses. -EEXIST. */
int store_create(const char *directory, struct netboot_error *error);

#endif
