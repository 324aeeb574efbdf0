/* SPDX-License-Identifier: MPL-2.0 */
/* Reading the targets store: rows, records, all of them. serve.c has what a packet needs. */
#include "store/store.h"

#include "base/bytes.h"
#include "change/change.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct netboot_view view_of_reader(struct netboot_store *store, struct db_reader *reader)
{
    return (struct netboot_view){
        .store = store,
        .reader = reader,
        .db = reader->db,
        .txn = reader->txn,
        .cache = reader->cache,
        .join = store->journal.join,
    };
}

/* ---- Rows */

int view_cursor_get(struct netboot_view *view, MDB_val *row, MDB_val *value, MDB_cursor_op where)
{
    if (!view->cursor) {
        int rc = db_renew_cursor(view->reader);
        if (rc != 0)
            return rc;
        view->cursor = view->reader->cursor;
    }
    return mdb_cursor_get(view->cursor, row, value, where);
}

int view_get(struct netboot_view *view, unsigned table, const struct store_key *key, MDB_val *ret)
{
    MDB_val row = key_value(key);
    int rc;

    /* The cursor is at the last row read of this table: the next one is often on the same page. */
    if (table == TABLE_POLICY)
        rc = view_cursor_get(view, &row, ret, MDB_SET_KEY);
    else
        rc = mdb_get(view->txn, view_table(view, table), &row, ret);
    return rc == 0 ? 0 : db_code(rc);
}

int view_get_record(struct netboot_view *view, const struct record_type *type, const struct store_key *key, void *ret)
{
    MDB_val value;
    int code = view_get(view, TABLE_POLICY, key, &value);

    return code == 0 ? record_decode(type, value_bytes(value), ret) : code;
}

int view_get_named(struct netboot_view *view, const struct record_type *type, uint8_t row, struct netboot_bytes name,
                   void *ret)
{
    struct store_key key;

    return key_of_name(&key, row, name.data, name.size) ? view_get_record(view, type, &key, ret) : -ENOENT;
}

int view_meta(struct netboot_view *view, const char *name, uint64_t *ret)
{
    MDB_val key = {strlen(name), (void *)name}, value;
    int rc = mdb_get(view->txn, view_table(view, TABLE_META), &key, &value);

    if (rc != 0 || value.mv_size > sizeof(*ret))
        return rc != 0 && rc != MDB_NOTFOUND ? db_code(rc) : -EBADMSG;
    *ret = be_get(value.mv_data, value.mv_size);
    return 0;
}

/* ---- Hosts */

/* The row of an identifier has the host's record, or the key of the row that has it. */
int view_find_host(struct netboot_view *view, const struct store_key *id, struct store_key *ret_key, MDB_val *ret_value)
{
    int code = view_get(view, TABLE_HOST, id, ret_value);

    if (code != 0)
        return code;
    if (!is_alias(value_bytes(*ret_value))) {
        *ret_key = *id;
        return 0;
    }
    if (ret_value->mv_size < 2 || ret_value->mv_size > 1 + KEY_SIZE)
        return -EBADMSG;
    ret_key->size = ret_value->mv_size - 1;
    memcpy(ret_key->octets, (const uint8_t *)ret_value->mv_data + 1, ret_key->size);
    code = view_get(view, TABLE_HOST, ret_key, ret_value);
    return code == -ENOENT || (code == 0 && is_alias(value_bytes(*ret_value))) ? -EBADMSG : code;
}

int view_get_host(struct netboot_view *view, const struct store_key *id, struct netboot_host *ret)
{
    struct store_key key;
    MDB_val value;
    int code = view_find_host(view, id, &key, &value);

    return code == 0 ? record_decode(&record_host, value_bytes(value), ret) : code;
}

/* ---- Views */

static int not_open(struct netboot_store *store, int code, struct netboot_error *error)
{
    int trouble;

    if (code == -ECHILD)
        return failure(error, code, "the targets store cannot be used after a fork: open it again");
    if (code == -EAGAIN && !db_place_is_open(&store->place) && (trouble = notice_trouble(&store->notice, error)) != 0)
        return trouble;
    if (code == -EAGAIN)
        return failure(error, code, "the targets store in %s is busy: try again", store->directory);
    return failure(error, code, "cannot read the targets store in %s: %s", store->directory, strerror(-code));
}

int netboot_view_open(struct netboot_store *store, struct netboot_view **ret, struct netboot_error *error)
{
    struct netboot_view *view = malloc(sizeof(*view));
    struct db_reader *reader;
    int code;

    if (!view)
        return failure(error, -ENOMEM, "out of memory for a view of the targets store");
    if ((code = db_read_wait(&store->place, &reader)) != 0) {
        free(view);
        return not_open(store, code, error);
    }
    *view = view_of_reader(store, reader);
    *ret = view;
    return 0;
}

void netboot_view_close(struct netboot_view *view)
{
    if (!view)
        return;
    if (!db_place_in_child(&view->store->place)) {
        db_read_end(view->reader);
        db_place_reap(&view->store->place);
        history_look(view);
    }
    free(view);
}

int view_failed(const struct netboot_view *view, int code, struct netboot_error *error)
{
    return failure(error, code, "cannot read the store in %s: %s", view->store->directory,
                   code == -EBADMSG ? "it is damaged" : strerror(-code));
}

/* ---- Status */

/* LMDB lists readers as lines of text, after a heading, or says in parentheses that there are none: the process, its
 * thread in hexadecimal digits, and the transaction, or a hyphen where it looks at none. */
static int reader_pid(const char *line, size_t *ret_transaction)
{
    long pid;

    *ret_transaction = SIZE_MAX;
    return sscanf(line, "%ld %*x %zu", &pid, ret_transaction) >= 1 && pid > 0 && pid <= INT_MAX ? (int)pid : 0;
}

struct reader_list {
    struct netboot_status *status;
    size_t newest; /* transaction */
};

static int count_reader(const char *line, void *user)
{
    const struct reader_list *list = user;
    struct netboot_status *status = list->status;
    size_t transaction;
    int pid = reader_pid(line, &transaction);

    if (pid == 0)
        return 0;
    status->readers++;
    if (transaction < list->newest && list->newest - transaction > status->oldest_behind) {
        status->oldest_behind = list->newest - transaction;
        status->oldest_pid = pid;
    }
    return 0;
}

static int database_status(struct netboot_view *view, struct netboot_status *ret)
{
    MDB_env *mdb = view->db->mdb;
    MDB_envinfo info;
    MDB_stat stat;
    int rc = mdb_env_info(mdb, &info);

    if (rc == 0)
        rc = mdb_env_stat(mdb, &stat);
    if (rc != 0)
        return db_code(rc);
    ret->size = (info.me_last_pgno + 1) * stat.ms_psize;
    ret->map_size = info.me_mapsize;
    return mdb_reader_list(mdb, count_reader, &(struct reader_list){ret, info.me_last_txnid}) < 0 ? -EIO : 0;
}

int netboot_view_status(struct netboot_view *view, struct netboot_status *ret, struct netboot_error *error)
{
    struct netboot_status status = {0};
    uint64_t format = 0;
    int code;

    if ((code = view_meta(view, "format", &format)) != 0 ||
        (code = view_meta(view, "generation", &status.generation)) != 0 ||
        (code = view_meta(view, "changed", &status.changed)) != 0 ||
        (code = view_meta(view, "hosts", &status.records[NETBOOT_RECORD_HOST])) != 0 ||
        (code = view_count(view, NETBOOT_RECORD_SITE, &status.records[NETBOOT_RECORD_SITE])) != 0 ||
        (code = view_count(view, NETBOOT_RECORD_LOADER, &status.records[NETBOOT_RECORD_LOADER])) != 0 ||
        (code = view_count(view, NETBOOT_RECORD_TARGET, &status.records[NETBOOT_RECORD_TARGET])) != 0 ||
        (code = database_status(view, &status)) != 0)
        return view_failed(view, code, error);
    if (view->change) /* the number in `meta` is that of the last commit */
        status.records[NETBOOT_RECORD_HOST] = view->change->hosts;
    status.format = (uint32_t)format;
    *ret = status;
    return 0;
}

struct pids {
    size_t count;
    int *items;
    bool failed;
};

/* In an array that doubles. */
static int keep_pid(const char *line, void *user)
{
    struct pids *pids = user;
    size_t transaction;
    int pid = reader_pid(line, &transaction);

    for (size_t i = 0; i < pids->count; i++)
        if (pids->items[i] == pid)
            return 0;
    if (pid == 0)
        return 0;
    if ((pids->count & (pids->count - 1)) == 0) {
        int *items = realloc(pids->items, (pids->count > 0 ? 2 * pids->count : 1) * sizeof(*items));
        if (!items)
            return pids->failed = true;
        pids->items = items;
    }
    pids->items[pids->count++] = pid;
    return 0;
}

int netboot_view_readers(struct netboot_view *view, int (*each)(int pid, void *user), void *user,
                         struct netboot_error *error)
{
    struct pids pids = {0};
    int rc = mdb_reader_list(view->db->mdb, keep_pid, &pids), code = 0;

    if (pids.failed)
        code = failure_no_memory(error);
    else if (rc < 0)
        code = failure(error, -EIO, "cannot list the readers of the targets store in %s", view->store->directory);
    for (size_t i = 0; i < pids.count && code == 0; i++)
        code = each(pids.items[i], user);
    free(pids.items);
    return code;
}
