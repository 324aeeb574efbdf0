/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The targets store: the tables of its environment and their keys.
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
#include "base/worker.h"
#include "db/db.h"
#include "journal/journal.h"
#include "once/once.h"
#include "record/record.h"
#include "store/key.h"
#include "store/lookup.h"
#include "store/schema.h"

#include <string.h>

#define STORE_FORMAT 1

enum { TABLE_META, TABLE_POLICY, TABLE_HOST, TABLES, TABLE_HISTORY = TABLES, ALL_TABLES };

extern const struct db_spec store_spec;

struct netboot_store {
    struct db_place place;
    struct once_store once; /* boot-once: the state store */
    struct journal journal;
    char *directory;
    bool follow;

    struct notice notice; /* whether the store is usable: netboot_store_event() */
    struct worker worker; /* of a server */
};

/* Starts the thread that opens the store as soon as it can, and again after it was replaced. */
int follow_start(struct netboot_store *store, struct netboot_error *error);

struct netboot_view {
    struct netboot_store *store;
    struct db_reader *reader;
    struct db *db; /* the reader's */
    MDB_txn *txn;
    MDB_cursor *cursor; /* on `policy`; NULL: not used so far */
    struct lookup_cache *cache;
    struct netboot_change *change; /* that it shows, else NULL */
    bool join;                     /* identifiers are joined */
    bool look;                     /* history_look() is to be called at its end */
};

static inline MDB_dbi view_table(const struct netboot_view *view, unsigned table)
{
    return view->db->tables[table];
}

struct netboot_view view_of_reader(struct netboot_store *store, struct db_reader *reader);
/* A row of `policy`, by the view's cursor. LMDB's code. */
int view_cursor_get(struct netboot_view *view, MDB_val *row, MDB_val *value, MDB_cursor_op where);
/* One row: 0, -ENOENT, or what LMDB says. */
int view_get(struct netboot_view *view, unsigned table, const struct store_key *key, MDB_val *ret);
/* The key of the record of the host that has this identifier: 0, -ENOENT, -EBADMSG. */
int view_find_host(struct netboot_view *view, const struct store_key *id, struct store_key *ret_key,
                   MDB_val *ret_value);
/* One decoded: 0, -ENOENT, -EBADMSG. */
int view_get_record(struct netboot_view *view, const struct record_type *type, const struct store_key *key, void *ret);
int view_get_named(struct netboot_view *view, const struct record_type *type, uint8_t row, struct netboot_bytes name,
                   void *ret);
int view_get_host(struct netboot_view *view, const struct store_key *id, struct netboot_host *ret);
int view_meta(struct netboot_view *view, const char *name, uint64_t *ret);
/* The code of a read that failed, with a text. */
int view_failed(const struct netboot_view *view, int code, struct netboot_error *error);
/* How many records of a kind of `policy` there are. */
int view_count(struct netboot_view *view, enum netboot_record_kind kind, uint64_t *ret);

/* Builds the ranges from the sites of the change. */
int change_settle(struct netboot_change *change);

#endif
