/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which entry of the journal goes where there is no more room. Not simply the oldest: whoever sends packets with forged
 * addresses makes as many strangers as he likes, and they must not push out the machines that are here to stay.
 *
 *     known      is a host of the store, by an identifier of its own       at most 1/2 of the entries
 *     regular    known, or seen a day after it was seen first              at most 3/4 of the entries
 *     stranger   anyone else
 *
 * The oldest of the strangers goes, unless there are so many regular ones that strangers have less than their quarter;
 * then the oldest of those that are not known, unless there are so many known ones that these have less than their
 * half; then the oldest of all.
 */
#ifndef NETBOOT_JOURNAL_KEEP_H
#define NETBOOT_JOURNAL_KEEP_H

#include "db/db.h"

struct journal;

enum { KEEP_REGULAR, KEEP_KNOWN, KEEP_RULES };

/* How far each rule has looked through the entries: all that are left below that number it keeps, and so many are left.
 * Thus each entry is looked at once. */
struct keep {
    struct rule_progress {
        uint64_t below, count;
    } rules[KEEP_RULES];
    unsigned looks; /* left for this transaction */
};

/* Both are of one transaction. LMDB's codes. */
void keep_begin(const struct journal *journal, MDB_txn *txn, struct keep *ret);
int keep_end(const struct journal *journal, MDB_txn *txn, const struct keep *keep);

/* The number of the entry that goes first. MDB_NOTFOUND: there is none. */
int keep_find(const struct journal *journal, MDB_txn *txn, struct keep *keep, uint64_t *ret_number);
/* An entry was deleted, for whatever reason. */
void keep_deleted(struct keep *keep, uint64_t number);

#endif
