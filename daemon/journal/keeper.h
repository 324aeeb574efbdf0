/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Keeps the journal: takes what servers put into their rings, and writes it to two files, one for machines that are
 * hosts of the store and one for strangers. Nothing that goes wrong with the files stops it: what cannot be written is
 * counted. One thread uses it.
 */
#ifndef NETBOOTD_JOURNAL_KEEPER_H
#define NETBOOTD_JOURNAL_KEEPER_H

#include "link/joins.h"
#include "link/ring.h"
#include "store/key.h"

#define KEEPER_BATCH 256         /* records that are taken at once */
#define KEEPER_STEPS_A_MINUTE 60 /* that are written of one machine */

struct keeper;

/* Whether an identifier is one of a host's. */
typedef bool keeper_known(const struct store_key *id, void *user);

struct keeper_options {
    uint64_t size; /* octets of both files at most; 0: the default. At least JOURNAL_SIZE_MIN */
    keeper_known *known;
    void *user;
};

/* Where time is asked for: milliseconds of a clock that only goes forward, and since 1970. */
struct keeper_time {
    uint64_t running, wall;
};

/* A server, as it said who it is. */
struct keeper_server {
    const char *name;
    bool joins; /* it joins identifiers */
};

struct keeper_figures {
    uint64_t written; /* entries, and later versions of them */
    uint64_t dropped; /* records that could not be written; since the journal was made */
    uint64_t held;    /* of those: more than a machine may write in a minute */
    uint64_t spoilt;  /* slots of rings that made no sense, or were never filled */
    size_t joins;     /* identifiers that are joined */
    struct netboot_journal_state state;
    int trouble; /* why the files cannot be written, negative errno value; 0: they can */
};

/* Also without its files, which are then tried again. Negative errno value with a text. */
int keeper_open(const char *directory, const struct keeper_options *options, struct keeper **ret,
                struct netboot_error *error);
/* Takes what waits in a server's ring, at most KEEPER_BATCH records; how many: so many, there may be more. `hung_up`:
 * the server is gone, and fills none any more. */
size_t keeper_drain(struct keeper *keeper, struct ring *ring, const struct keeper_server *server,
                    const struct keeper_time *now, bool hung_up);
/* A few times a second: opens files that could not be opened, and looks for hosts that are new among what is joined. */
void keeper_tick(struct keeper *keeper, const struct keeper_time *now);
/* What is handed over to servers that join identifiers. */
const struct joins *keeper_joins(const struct keeper *keeper);
void keeper_figures(const struct keeper *keeper, struct keeper_figures *ret);
/* NULL is fine. */
void keeper_close(struct keeper *keeper);

#endif
