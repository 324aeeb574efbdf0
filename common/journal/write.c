/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Records into the journal, a batch of them as one transaction.
 *
 * A packet that goes on with a step is joined to its entry, which gets a new number by that: whoever follows the
 * journal by numbers sees it again. Entries go where the journal becomes too large (journal_keep.h), and the oldest of
 * a machine where it has too many; a machine goes with its last entry.
 */
#include "journal/batch.h"

#include "base/failure.h"

#include <errno.h>

static size_t batch_size(const struct journal *journal)
{
    enum { OCTETS_EACH = 65536, MOST = 512 };
    size_t size = journal->limit / OCTETS_EACH;

    return size < MOST ? size : MOST;
}

static int write_records(struct journal_batch *batch, size_t *ret_count)
{
    struct journal *journal = batch->journal;
    struct netboot_journal_entry entry = {0};
    uint64_t dropped = journal_all_dropped(journal);
    size_t most = batch_size(journal), count = 0;
    int rc = 0;

    snprintf(entry.server, sizeof(entry.server), "%s", journal->server);
    entry.joins = journal->join;
    batch->number = journal_meta(journal, batch->txn, "number");
    keep_begin(journal, batch->txn, &batch->keep);
    queue_join(&journal->queue, most);
    for (; rc == 0 && count < most && queue_look(&journal->queue, count, &entry); count++)
        if (entry.packets > 0)
            rc = batch_add(batch, &entry);
    if (rc == 0)
        rc = batch_prune(batch, 4 * most);
    if (rc == 0)
        rc = keep_end(journal, batch->txn, &batch->keep);
    if (rc == 0)
        rc = batch_put_meta(batch, "number", batch->number);
    if (rc == 0 && journal_meta(journal, batch->txn, "limit") != journal->limit)
        rc = batch_put_meta(batch, "limit", journal->limit);
    if (rc == 0 && dropped > journal->dropped_recorded)
        rc = batch_put_meta(batch, "dropped",
                            journal_meta(journal, batch->txn, "dropped") + dropped - journal->dropped_recorded);
    *ret_count = count;
    if (rc != 0) {
        mdb_txn_abort(batch->txn);
        return rc;
    }
    if ((rc = mdb_txn_commit(batch->txn)) == 0)
        journal->dropped_recorded = dropped;
    return rc;
}

/* Makes room where there is none, by what can be done without any. */
static int write_pruned(struct journal_batch *batch)
{
    keep_begin(batch->journal, batch->txn, &batch->keep);
    int rc = batch_prune(batch, SIZE_MAX);

    for (size_t i = batch_size(batch->journal); i > 0 && rc == 0; i--)
        rc = batch_forget_one(batch);
    if (rc == 0 || rc == MDB_NOTFOUND)
        rc = keep_end(batch->journal, batch->txn, &batch->keep);
    if (rc == 0)
        return mdb_txn_commit(batch->txn);
    mdb_txn_abort(batch->txn);
    return rc;
}

static void lose(struct journal *journal, size_t count)
{
    queue_drop(&journal->queue, count);
    atomic_fetch_add_explicit(&journal->lost, count, memory_order_relaxed);
}

static ssize_t write_locked(struct journal *journal, struct netboot_error *error)
{
    enum { TRIES = 2 };
    struct db *db = NULL;
    size_t count = 0;
    int rc = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        struct journal_batch batch = {.journal = journal};
        struct db_reader *reader;
        int code = db_write_begin(&journal->place, &batch.txn, &reader, error);
        if (code != 0)
            return code;
        db = reader->db;
        rc = write_records(&batch, &count);
        if (rc == MDB_MAP_FULL && mdb_txn_begin(db->mdb, NULL, 0, &batch.txn) == 0)
            write_pruned(&batch);
        db_give(reader);
        if (rc == 0) {
            queue_drop(&journal->queue, count);
            atomic_fetch_add_explicit(&journal->written, count, memory_order_relaxed);
            return (ssize_t)count;
        }
        if (rc != MDB_MAP_FULL)
            break;
    }
    lose(journal, count); /* else the same would be tried for ever */
    if (rc == MDB_MAP_FULL)
        return failure(error, -ENOSPC,
                       "the journal in %s is full, and a program that reads it keeps what was forgotten from being "
                       "used anew: see whether a netbootctl is stopped",
                       journal->place.directory);
    return db_failure(db, rc, "write", error);
}

ssize_t journal_write(struct journal *journal, unsigned deadline_ms, struct netboot_error *error)
{
    struct netboot_journal_entry entry;
    int lock;

    if (!queue_look(&journal->queue, 0, &entry))
        return 0;
    if ((lock = writers_lock(&journal->place, deadline_ms, error)) < 0)
        return lock;
    ssize_t count = write_locked(journal, error);
    writers_unlock(lock);
    return count;
}
