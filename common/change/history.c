/* SPDX-License-Identifier: MPL-2.0 */
/* The history: who made a change, its entry in the store, and the list of entries. */
#include "change/history.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "change/change.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* ---- Who and what */

/* Copies the text, cut between characters; an octet that is not UTF-8 becomes '?'. */
static void copy_text(char *ret, size_t room, const char *text)
{
    size_t length = 0;

    while (text && *text) {
        size_t size = record_character_size((const uint8_t *)text, strlen(text));
        if (length + (size > 0 ? size : 1) >= room)
            break;
        if (size > 0)
            memcpy(ret + length, text, size);
        else
            ret[length] = '?';
        length += size > 0 ? size : 1;
        text += size > 0 ? size : 1;
    }
    ret[length] = '\0';
}

void netboot_change_describe(struct netboot_change *change, const char *by, const char *what)
{
    copy_text(change->by, sizeof(change->by), by);
    copy_text(change->what, sizeof(change->what), what);
}

/* ---- Entries */

void key_of_history(struct store_key *ret, uint8_t row, uint64_t generation)
{
    ret->size = 9;
    ret->octets[0] = row;
    be_put64(ret->octets + 1, generation);
}

static uint64_t generation_of(MDB_val key)
{
    return be_get64((const uint8_t *)key.mv_data + 1);
}

static bool is_row(MDB_val key, uint8_t row)
{
    return key.mv_size == 9 && *(const uint8_t *)key.mv_data == row;
}

/* Deletes the oldest rows of a kind: those before `generation`, and with `one` at least one. */
static int delete_oldest(MDB_txn *txn, MDB_dbi table, uint8_t row, uint64_t generation, bool one)
{
    MDB_cursor *cursor;
    struct store_key first;
    int rc = mdb_cursor_open(txn, table, &cursor);

    if (rc != 0)
        return rc;
    for (; rc == 0; one = false) {
        key_of_history(&first, row, 0);
        MDB_val key = key_value(&first), value;
        rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        if (rc != 0 || !is_row(key, row) || (!one && generation_of(key) >= generation))
            break;
        rc = mdb_cursor_del(cursor, 0);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Octets that the table takes, in whole pages. */
static int table_size(MDB_txn *txn, MDB_dbi table, size_t *ret)
{
    MDB_stat status;
    int rc = mdb_stat(txn, table, &status);

    if (rc == 0)
        *ret = (status.ms_branch_pages + status.ms_leaf_pages + status.ms_overflow_pages) * status.ms_psize;
    return rc;
}

/* Images are deleted before entries. */
static int forget_old(MDB_txn *txn, MDB_dbi table, uint64_t generation)
{
    uint64_t oldest = generation > HISTORY_ENTRIES ? generation - HISTORY_ENTRIES + 1 : 0;
    size_t size = 0, before;
    int rc = delete_oldest(txn, table, HISTORY_ENTRY, oldest, false);

    if (rc == 0)
        rc = delete_oldest(txn, table, HISTORY_IMAGES, oldest, false);
    if (rc == 0)
        rc = table_size(txn, table, &size);
    for (before = SIZE_MAX; rc == 0 && size > HISTORY_SIZE && size < before;) {
        before = size;
        rc = delete_oldest(txn, table, HISTORY_IMAGES, 0, true);
        if (rc == 0)
            rc = table_size(txn, table, &size);
    }
    return rc;
}

static int put_entry(struct netboot_change *change, uint64_t generation)
{
    const struct history_record record = {
        .when = (uint64_t)time(NULL),
        .hosts = change->hosts_changed,
        .others = change->others_changed,
        .by = {(const uint8_t *)change->by,   strlen(change->by)  },
        .what = {(const uint8_t *)change->what, strlen(change->what)},
    };
    uint8_t octets[512];
    ssize_t size = record_encode(&record_history, &record, octets, sizeof(octets));
    struct store_key key;

    if (size < 0)
        return (int)-size;
    key_of_history(&key, HISTORY_ENTRY, generation);
    MDB_val row = key_value(&key), value = {(size_t)size, octets};
    return mdb_put(change->view.txn, change->history, &row, &value, 0);
}

/* ---- The table */

int history_open(struct netboot_change *change)
{
    int rc = mdb_dbi_open(change->view.txn, store_spec.table_names[TABLE_HISTORY], 0, &change->history);

    change->view.look_for_tables = view_table(&change->view, TABLE_HISTORY) == DB_NO_TABLE;
    if (rc != 0)
        change->history = DB_NO_TABLE;
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static MDB_dbi table_of(const struct netboot_view *view)
{
    return view->change ? view->change->history : view_table(view, TABLE_HISTORY);
}

int history_get(struct netboot_view *view, uint8_t row, uint64_t generation, MDB_val *ret)
{
    struct store_key key;

    if (table_of(view) == DB_NO_TABLE)
        return -ENOENT;
    key_of_history(&key, row, generation);
    MDB_val name = key_value(&key);
    int rc = mdb_get(view->txn, table_of(view), &name, ret);
    return rc == 0 ? 0 : db_code(rc);
}

int history_put(struct netboot_change *change, uint64_t generation)
{
    MDB_txn *txn = change->view.txn;
    struct store_key key;
    int rc = 0;

    if (change->history == DB_NO_TABLE)
        rc = mdb_dbi_open(txn, store_spec.table_names[TABLE_HISTORY], MDB_CREATE, &change->history);
    if (rc == 0)
        rc = put_entry(change, generation);
    if (rc == 0 && !change->images.too_large) {
        key_of_history(&key, HISTORY_IMAGES, generation);
        MDB_val row = key_value(&key), value = {change->images.size, change->images.octets};
        rc = mdb_put(txn, change->history, &row, &value, 0);
    }
    return rc == 0 ? forget_old(txn, change->history, generation) : rc;
}

/* ---- The list */

static bool show(struct netboot_view *view, uint64_t generation, MDB_val value, struct netboot_history *ret)
{
    struct history_record record;
    MDB_val images;

    if (record_decode(&record_history, value_bytes(value), &record) != 0)
        return false;
    *ret = (struct netboot_history){.generation = generation,
                                    .when = record.when,
                                    .hosts = record.hosts,
                                    .others = record.others,
                                    .kept = history_get(view, HISTORY_IMAGES, generation, &images) == 0};
    bytes_to_text(record.by, ret->by, sizeof(ret->by));
    bytes_to_text(record.what, ret->what, sizeof(ret->what));
    return true;
}

struct history_listing {
    int (*each)(const struct netboot_history *, void *user);
    void *user;
    int code; /* what `each` returned */
};

/* Walks backwards from the last entry. */
static int walk(struct netboot_view *view, MDB_cursor *cursor, uint64_t present, struct history_listing *listing)
{
    uint64_t expected = present;
    struct netboot_history entry;
    bool chain = true; /* all entries so far are kept, without a gap */
    struct store_key last;
    MDB_val key, value;

    key_of_history(&last, HISTORY_IMAGES, 0);
    key = key_value(&last);
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    rc = mdb_cursor_get(cursor, &key, &value, rc == 0 ? MDB_PREV : MDB_LAST);
    for (; rc == 0 && listing->code == 0 && is_row(key, HISTORY_ENTRY);
         rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV)) {
        if (!show(view, generation_of(key), value, &entry))
            continue;
        chain = chain && entry.generation == expected;
        entry.revertible = chain;
        chain = chain && entry.kept;
        expected = entry.generation - 1;
        listing->code = listing->each(&entry, listing->user);
    }
    return rc == 0 || rc == MDB_NOTFOUND ? listing->code : db_code(rc);
}

/* The state of a view may have the table though the handle opened the database without it. */
static int without_table(struct netboot_view *view)
{
    const char *name = store_spec.table_names[TABLE_HISTORY];
    MDB_val key = {strlen(name), (void *)name}, value;
    MDB_dbi tables;
    int rc = mdb_dbi_open(view->txn, NULL, 0, &tables);

    view->look_for_tables = true;
    if (rc == 0)
        rc = mdb_get(view->txn, tables, &key, &value);
    return rc == MDB_NOTFOUND ? 0 : rc == 0 ? -EAGAIN : db_code(rc);
}

static int walk_history(struct netboot_view *view, struct history_listing *listing)
{
    uint64_t present;
    MDB_cursor *cursor;
    int code = view_meta(view, "generation", &present);

    if (code != 0)
        return code;
    if (table_of(view) == DB_NO_TABLE)
        return without_table(view);
    int rc = mdb_cursor_open(view->txn, table_of(view), &cursor);
    if (rc != 0)
        return db_code(rc);
    code = walk(view, cursor, present, listing);
    mdb_cursor_close(cursor);
    return code;
}

int netboot_view_history(struct netboot_view *view, int (*each)(const struct netboot_history *, void *user), void *user,
                         struct netboot_error *error)
{
    struct history_listing listing = {each, user, 0};
    int code = walk_history(view, &listing);

    if (code == -EAGAIN && listing.code == 0)
        failure(error, code, "the history began after the store was opened: try again");
    else if (code < 0 && listing.code == 0)
        failure(error, code, "cannot read the history: %s", strerror(-code));
    return code;
}
