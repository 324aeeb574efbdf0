/* SPDX-License-Identifier: MPL-2.0 */
/* The rows of a change: put, deleted, and kept as they were before. */
#include "change/change.h"

#include "base/bytes.h"

#include <sys/random.h>

int change_failed(struct netboot_change *change, int rc, struct netboot_error *error)
{
    int code = db_failure(change->view.db, rc, "change", &change->failed);

    if (error)
        *error = change->failed;
    return code;
}

int change_check(struct netboot_change *change, struct netboot_error *error)
{
    if (db_place_in_child(&change->store->place))
        return failure(error, -ECHILD, "a change of the targets store cannot go on after a fork");
    if (!pthread_equal(change->owner, pthread_self()))
        return failure(error, -EPERM, "a change of the targets store can only be used by the thread that began it");
    if (change->failed.code != 0)
        return failure(error, change->failed.code, "%s", change->failed.text);
    return 0;
}

MDB_cursor *change_host_cursor(struct netboot_change *change, const struct store_key *key)
{
    switch (key->octets[0]) {
    case NETBOOT_ID_MAC:
        return change->cursors[0];
    case NETBOOT_ID_UUID:
        return change->cursors[1];
    case NETBOOT_ID_DUID:
        return change->cursors[2];
    }
    return change->cursors[3];
}

/* Ranges follow from sites, and `meta` is the store's own. */
static bool is_kept(unsigned table, const struct store_key *key)
{
    return table == TABLE_HOST || (table == TABLE_POLICY && key->octets[0] != ROW_RANGE);
}

int change_keep_row(struct netboot_change *change, unsigned table, const struct store_key *key)
{
    MDB_val row = key_value(key), value;
    int rc;

    if (change->images.too_large || !is_kept(table, key))
        return 0;
    rc = table == TABLE_HOST ? mdb_cursor_get(change_host_cursor(change, key), &row, &value, MDB_SET_KEY)
                             : mdb_get(change->view.txn, view_table(&change->view, table), &row, &value);
    if (rc == 0 || rc == MDB_NOTFOUND)
        images_add(&change->images, table, key, rc == 0 ? &value : NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int change_put_row(struct netboot_change *change, unsigned table, const struct store_key *key, const void *value,
                   size_t size, struct netboot_error *error)
{
    MDB_val row = key_value(key), data = {size, (void *)value};
    int rc = change_keep_row(change, table, key);

    if (rc == 0)
        rc = table == TABLE_HOST ? mdb_cursor_put(change_host_cursor(change, key), &row, &data, 0)
                                 : mdb_put(change->view.txn, view_table(&change->view, table), &row, &data, 0);
    change->touched = true;
    return rc == 0 ? 0 : change_failed(change, rc, error);
}

int change_delete_row(struct netboot_change *change, unsigned table, const struct store_key *key,
                      struct netboot_error *error)
{
    MDB_val row = key_value(key);
    int rc = change_keep_row(change, table, key);

    if (rc == 0)
        rc = mdb_del(change->view.txn, view_table(&change->view, table), &row, NULL);
    change->touched = true;
    return rc == 0 || rc == MDB_NOTFOUND ? 0 : change_failed(change, rc, error);
}

int change_put_record(struct netboot_change *change, const struct store_key *key, const struct record_type *type,
                      const void *record, struct netboot_error *error)
{
    ssize_t size = record_encode(type, record, change->record, sizeof(change->record));

    if (size < 0)
        return failure(error, -EINVAL, "the record is too large: it must fit into %d octets", RECORD_SIZE_MAX);
    return change_put_row(change, TABLE_POLICY, key, change->record, (size_t)size, error);
}

int change_put_meta(struct netboot_change *change, const char *name, uint64_t number, struct netboot_error *error)
{
    struct store_key key = {.size = strlen(name)};
    uint8_t octets[8];

    memcpy(key.octets, name, key.size);
    be_put64(octets, number);
    return change_put_row(change, TABLE_META, &key, octets, sizeof(octets), error);
}

int change_new_id(struct netboot_change *change, struct netboot_error *error)
{
    uint64_t id;

    if (getrandom(&id, sizeof(id), 0) != sizeof(id))
        return failure(error, -EIO, "cannot get random numbers for the id of the store");
    return change_put_meta(change, "id", id, error);
}

int change_damaged(int code, const char *what, struct netboot_error *error)
{
    return failure(error, code, "the record of %s is damaged: delete it and set it again, or restore a backup", what);
}

int change_damaged_store(int code, const char *what, struct netboot_error *error)
{
    return failure(
        error, code,
        "the %s in the store is damaged: move the directory targets away, run netbootctl init, then restore a backup",
        what);
}

/* Keeps all rows of a table, or none if they are too many. */
static int keep_table(struct netboot_change *change, unsigned table)
{
    MDB_cursor *cursor;
    MDB_stat status;
    MDB_val key, value;
    int rc = mdb_stat(change->view.txn, view_table(&change->view, table), &status);

    if (rc == 0 && (status.ms_leaf_pages + status.ms_overflow_pages) * status.ms_psize > 2 * IMAGES_MAX) {
        change->images.too_large = true;
        images_free(&change->images);
    }
    if (rc == 0)
        rc = mdb_cursor_open(change->view.txn, view_table(&change->view, table), &cursor);
    if (rc != 0)
        return rc;
    while (!change->images.too_large && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        struct store_key kept = {.size = key.mv_size};
        if (kept.size > KEY_SIZE)
            continue;
        memcpy(kept.octets, key.mv_data, kept.size);
        if (is_kept(table, &kept))
            images_add(&change->images, table, &kept, &value);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int change_clear(struct netboot_change *change, struct netboot_error *error)
{
    struct netboot_status status;
    int code = change_check(change, error), rc;

    if (code != 0)
        return code;
    if (netboot_view_status(&change->view, &status, NULL) == 0)
        for (int i = 0; i < NETBOOT_RECORD_KINDS; i++)
            change->others_changed += i == NETBOOT_RECORD_HOST ? 0 : status.records[i];
    change->hosts_changed += change->hosts;
    if ((rc = keep_table(change, TABLE_HOST)) != 0 || (rc = keep_table(change, TABLE_POLICY)) != 0 ||
        (rc = mdb_drop(change->view.txn, view_table(&change->view, TABLE_HOST), 0)) != 0 ||
        (rc = mdb_drop(change->view.txn, view_table(&change->view, TABLE_POLICY), 0)) != 0)
        return change_failed(change, rc, error);
    change->hosts = 0;
    change->touched = change->ranges_stale = true;
    return 0;
}
