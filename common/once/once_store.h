/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once, between the files of this room only. */
#ifndef NETBOOT_ONCE_STORE_H
#define NETBOOT_ONCE_STORE_H

#include "once/once.h"
#include "store/view.h"

enum { ONCE_META, ONCE_TABLE, ONCE_TABLES };

#define ONCE_RECORD_MAX 2048
#define ONCE_TOOL_MS 5000 /* that a change of the targets store, and a check, wait for other writers */

static inline struct once_store *view_state(const struct netboot_view *view)
{
    return view->store->once;
}

/* Whether the number of the last doubt is still the one of a record. Fills doubt and certain. */
void once_read_doubt(const struct once_store *once, struct once_time *now);
void once_raise_doubt(struct once_store *once, const struct once_time *now);

/* Whether nothing at all is armed: false where that is not known. */
bool once_is_empty(struct once_store *once);
/* Notes that, if it is so in the state that the transaction shows. */
void once_note_empty(struct once_store *once, MDB_txn *txn);

/* One record: 0, -ENOENT, -EBADMSG or what LMDB says. Its bytes live as long as the transaction. */
int once_get(const struct once_store *once, MDB_txn *txn, const struct store_key *key, struct once_record *ret);
/* LMDB's code. */
int once_put(const struct once_store *once, MDB_txn *txn, const struct store_key *key, struct once_record *record);

struct once_writing {
    int lock;
    MDB_txn *txn;
    struct db_reader *reader;
};
/* For a packet of a server it is not opened again. */
int once_write_begin(struct once_store *once, unsigned deadline_ms, bool packet, struct once_writing *ret,
                     struct netboot_error *error);
/* Commits if `code` is 0, else gives up. The code of the whole. */
int once_write_end(struct once_writing *write, int code, struct netboot_error *error);

/* What a change of the targets store arms or disarms with it (`request` NULL). It is checked on the change as it is
 * then, and again when it is written. */
struct arming;
int arming_add(struct arming **list, struct netboot_view *view, const struct netboot_id *ids, size_t count,
               const struct netboot_once_request *request, struct netboot_error *error);
/* Writes all of it into a transaction that is still open where this returns 0: once_write_end() ends it. */
int arming_write(const struct arming *list, struct netboot_view *view, unsigned deadline_ms, struct once_writing *ret,
                 struct netboot_error *error);
void arming_free(struct arming *list);

unsigned once_deadline(struct once_store *once, bool needed, const struct once_time *now);
void once_note_busy(struct once_store *once, const struct once_time *now);

/* Which host an arming is of: that of this targets store, in this row, and no other one that the row had or will
 * have. */
struct once_host {
    struct store_key key;
    uint64_t store, born;
};
/* The host with that identifier. -ENOENT, -EBADMSG. */
int once_find_host(struct netboot_view *view, const struct netboot_id *id, struct once_host *ret,
                   struct netboot_error *error);
/* Whether a row of the state store is of a host that the targets store has. */
bool once_has_host(struct netboot_view *view, uint64_t store, MDB_val row, const struct once_record *record);

static inline bool once_is_of(const struct once_record *record, const struct once_host *host)
{
    return record->store == host->store && record->born == host->born;
}

#endif
