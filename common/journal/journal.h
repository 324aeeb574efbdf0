/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The journal: what netboot_serve() answered, in an environment of its own.
 *
 *   meta      "format", "id", "number", "dropped", "limit", "kept"
 *   entry     number, 8 octets -> struct entry_record
 *   machine   key of an identifier -> struct machine_record
 *   id        key of a further identifier -> struct shown_record: the machines that have shown it
 */
#ifndef NETBOOT_JOURNAL_H
#define NETBOOT_JOURNAL_H

#include "base/notice.h"
#include "base/worker.h"
#include "db/db.h"
#include "journal/queue.h"
#include "journal/record.h"

struct store_key;

enum { JOURNAL_META, JOURNAL_ENTRY, JOURNAL_MACHINE, JOURNAL_ID, JOURNAL_TABLES };

#define JOURNAL_SIZE ((size_t)256 << 20)
#define JOURNAL_SIZE_MIN ((size_t)1 << 20)

struct journal {
    struct db_place place;
    bool on;   /* records are taken, and the thread runs */
    bool join; /* identifiers are joined */
    const char *server;
    struct netboot_store *store; /* whose hosts are known; NULL: no host is */
    size_t limit;                /* octets */
    struct journal_queue queue;

    struct worker worker;
    uint64_t opened_ms;        /* when opening was last tried; the worker's own, as are the next ones */
    uint64_t dropped_recorded; /* of those dropped: as many as the journal itself knows of */
    uint64_t reported, reported_ms;

    atomic_uint_fast64_t written, lost; /* lost: beside those that found the queue full */

    struct notice notice; /* whether it is usable, and what was lost: netboot_journal_event() */
};

int journal_create(const char *directory, struct netboot_error *error);
/* Makes one that is damaged anew, and leaves any other one as it is. */
int journal_mend(const char *directory, struct netboot_error *error);
int journal_prepare(struct journal *journal, const char *directory, const struct netboot_store_options *options,
                    const char *server, struct netboot_error *error);
/* With `on`: the thread. */
int journal_start(struct journal *journal, struct netboot_error *error);
/* Writes what waits, if that goes quickly, and closes. */
void journal_close(struct journal *journal);
void journal_fini(struct journal *journal);

/* The packet path: no allocation, no lock, no system call. */
static inline void journal_note(struct journal *journal, const struct netboot_query *query,
                                const struct netboot_result *result)
{
    if (journal->on && result->decision.outcome != NETBOOT_NOT_OURS)
        queue_put(&journal->queue, query, result);
}

/* The key of the machine whose MAC was seen with the client's UUID, where that may be believed. */
bool journal_find_mac(struct journal *journal, const struct netboot_client *client, struct store_key *ret);

/* ---- Between these files only */

static inline uint64_t journal_all_dropped(const struct journal *journal)
{
    return atomic_load_explicit(&journal->queue.dropped, memory_order_relaxed) +
           atomic_load_explicit(&journal->lost, memory_order_relaxed);
}

/* Writes up to as many of the records that wait as one transaction should take; the number of those, which are then
 * off the queue. */
ssize_t journal_write(struct journal *journal, unsigned deadline_ms, struct netboot_error *error);

/* Copies a row, since a later change moves it. 0, -ENOENT, -EBADMSG or what LMDB says. */
struct journal_row {
    uint8_t octets[JOURNAL_RECORD_MAX];
};
int journal_get(const struct journal *journal, MDB_txn *txn, unsigned table, MDB_val key,
                const struct record_type *type, struct journal_row *row, void *ret);
void journal_number_key(uint64_t number, uint8_t ret[8]);
uint64_t journal_key_number(const uint8_t octets[8]);
/* The octets of all tables; LMDB's code. */
int journal_used(const struct journal *journal, MDB_txn *txn, size_t *ret);
uint64_t journal_meta(const struct journal *journal, MDB_txn *txn, const char *name);
/* The key that a machine goes by; false: the client shows no identifier. */
bool journal_client_key(const struct netboot_client *client, struct store_key *ret);
/* Likewise of an entry. */
bool journal_record_key(const struct entry_record *record, struct store_key *ret);

/* The machine with a MAC that alone has shown this UUID over DHCPv4, and no other UUID. 0, -ENOENT, or negative. */
int journal_resolve(const struct journal *journal, MDB_txn *txn, const struct store_key *uuid, struct store_key *ret);

#endif
