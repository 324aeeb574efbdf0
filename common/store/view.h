/* SPDX-License-Identifier: MPL-2.0 */
/* One consistent state of the targets store, and how it is read. */
#ifndef NETBOOT_STORE_VIEW_H
#define NETBOOT_STORE_VIEW_H

#include "record/record.h"
#include "store/key.h"
#include "store/schema.h"
#include "store/store.h"

struct joins;

struct netboot_view {
    struct netboot_store *store;
    struct db_reader *reader;
    struct db *db; /* the reader's */
    MDB_txn *txn;
    MDB_cursor *cursor; /* on `policy`; NULL: not used so far */
    struct lookup_cache *cache;
    struct netboot_change *change; /* the change that it shows; NULL: none */
    const uint64_t *hosts;         /* of the change: the number of hosts; `meta` has that of the last commit */
    bool join;                     /* look-ups join identifiers */
    const struct joins *joins;     /* by these, where a server has them from netbootd */
    struct once_list *once;        /* what was asked about armings, by the room above, which knows its end */
    void (*once_end)(struct once_list *);
    bool look_for_tables; /* at its end: somebody asked for a table that the database was opened without */
};

static inline MDB_dbi view_table(const struct netboot_view *view, unsigned table)
{
    return view->db->tables[table];
}

struct netboot_view view_of_reader(struct netboot_store *store, struct db_reader *reader);
/* Opens the tables that were looked for in vain, unless somebody uses the store at the moment. A server's thread does
 * that anyway. */
void view_look_for_tables(const struct netboot_view *view);
/* Frees what was asked about armings. */
void view_forget_once(struct netboot_view *view);
/* A row of `policy`, by the view's cursor. LMDB's code. */
int view_cursor_get(struct netboot_view *view, MDB_val *row, MDB_val *value, MDB_cursor_op where);
/* One row: 0, -ENOENT, or LMDB's code. */
int view_get(struct netboot_view *view, unsigned table, const struct store_key *key, MDB_val *ret);
/* The key of the record of the host that has this identifier: 0, -ENOENT, -EBADMSG. */
int view_find_host(struct netboot_view *view, const struct store_key *id, struct store_key *ret_key,
                   MDB_val *ret_value);
/* The record of a row, decoded: 0, -ENOENT, -EBADMSG. */
int view_get_record(struct netboot_view *view, const struct record_type *type, const struct store_key *key, void *ret);
int view_get_named(struct netboot_view *view, const struct record_type *type, uint8_t row, struct netboot_bytes name,
                   void *ret);
int view_get_host(struct netboot_view *view, const struct store_key *id, struct netboot_host *ret);
int view_meta(struct netboot_view *view, const char *name, uint64_t *ret);
/* The code of a read that failed, with a text. */
int view_failed(const struct netboot_view *view, int code, struct netboot_error *error);
/* Counts the records of a kind in `policy`. */
int view_count(struct netboot_view *view, enum netboot_record_kind kind, uint64_t *ret);

#endif
