/* SPDX-License-Identifier: MPL-2.0 */
/* A batch of records on its way into the journal, between the files that write it only. */
#ifndef NETBOOT_JOURNAL_BATCH_H
#define NETBOOT_JOURNAL_BATCH_H

#include "journal/journal.h"
#include "journal/keep.h"

struct journal_batch {
    struct journal *journal;
    MDB_txn *txn;
    uint64_t number; /* the last one given */
    struct keep keep;
};

/* What returns no negative errno value returns LMDB's code, here and below. */

/* As journal_get(). */
int batch_get(const struct journal_batch *batch, unsigned table, MDB_val key, const struct record_type *type,
              struct journal_row *row, void *ret);
int batch_put(const struct journal_batch *batch, unsigned table, MDB_val key, const struct record_type *type,
              const void *record);
int batch_put_meta(const struct journal_batch *batch, const char *name, uint64_t number);
/* 0 too if there is no such row. */
int batch_delete(const struct journal_batch *batch, unsigned table, MDB_val key);
int batch_delete_entry(struct journal_batch *batch, uint64_t number);

/* The numbers of a machine's entries, ascending. */
struct numbers {
    size_t count;
    uint64_t values[JOURNAL_MACHINE_ENTRIES];
    uint8_t octets[8 * JOURNAL_MACHINE_ENTRIES];
};

void numbers_read(const struct machine_record *machine, struct numbers *ret);
/* The record then points into `numbers`. */
void numbers_write(struct numbers *numbers, struct machine_record *ret);
void numbers_remove(struct numbers *numbers, size_t at);

/* ---- shown.c */

/* Puts the identifier last among the machine's. `item` is of the caller's, as long as the record is used. */
int shown_note(const struct journal_batch *batch, struct machine_record *machine, const struct store_key *machine_key,
               struct netboot_bytes item, bool over4);
int shown_forget(const struct journal_batch *batch, const struct store_key *id, const struct store_key *machine);

/* ---- add.c */

/* A packet's record. */
int batch_add(struct journal_batch *batch, const struct netboot_journal_entry *entry);

/* ---- prune.c */

/* Forgets entries where the journal has become too large, at most `budget` of them. */
int batch_prune(struct journal_batch *batch, size_t budget);
/* MDB_NOTFOUND: there is none. */
int batch_forget_one(struct journal_batch *batch);

#endif
