/* SPDX-License-Identifier: MPL-2.0 */
/* Reading rows and hosts of the targets store, and views. lookup.c has what a packet needs. */
#include "store/view.h"

#include "base/bytes.h"
#include "base/failure.h"

#include <errno.h>
#include <stdlib.h>

struct netboot_view view_of_reader(struct netboot_store *store, struct db_reader *reader)
{
    return (struct netboot_view){
        .store = store,
        .reader = reader,
        .db = reader->db,
        .txn = reader->txn,
        .cache = reader->cache,
        .join = store->join,
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
    if (rc == MDB_NOTFOUND) /* as often as not, on the packet path */
        return -ENOENT;
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

void view_look_for_tables(const struct netboot_view *view)
{
    if (view->look_for_tables && !view->store->follow)
        db_place_look_for_tables(&view->store->place);
}

void view_forget_once(struct netboot_view *view)
{
    if (view->once_end)
        view->once_end(view->once);
    view->once = NULL;
}

void netboot_view_close(struct netboot_view *view)
{
    if (!view)
        return;
    view_forget_once(view);
    if (!db_place_in_child(&view->store->place)) {
        db_read_end(view->reader);
        db_place_reap(&view->store->place);
        view_look_for_tables(view);
    }
    free(view);
}

int view_failed(const struct netboot_view *view, int code, struct netboot_error *error)
{
    return failure(error, code, "cannot read the store in %s: %s", view->store->directory,
                   code == -EBADMSG ? "it is damaged" : strerror(-code));
}
