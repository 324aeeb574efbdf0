/* SPDX-License-Identifier: MPL-2.0 */
/* The journal for people: how it is opened for them, how machines are found, and how large it is. */
#include "journal/read.h"

#include "base/failure.h"
#include "store/view.h"

#include <errno.h>

/* ---- Opening: the thread does it where there is one */

static int open_for_reading(struct netboot_store *store, struct netboot_error *error)
{
    enum { DEADLINE_MS = 1000 };
    struct journal *journal = store->journal;
    struct db_reader *reader;
    int code = db_take(&journal->place, &reader);

    if (code == -ECHILD)
        return failure(error, code, "the journal cannot be used after fork: open the store anew");
    if (code == 0) {
        bool reopen = db_is_stale(reader);
        db_give(reader);
        if (!reopen || journal->on)
            return 0;
    }
    if (!journal->on)
        return db_place_open(&journal->place, DEADLINE_MS, error);
    if ((code = notice_trouble(&journal->notice, error)) != 0)
        return code;
    return failure(error, -EAGAIN, "the journal in %s is busy: try again", journal->place.directory);
}

int journal_read_begin(struct netboot_store *store, struct db_reader **ret, struct netboot_error *error)
{
    struct db_place *place = &store->journal->place;
    int code = open_for_reading(store, error);

    if (code != 0)
        return code;
    code = db_read_wait(place, ret);
    return code == 0 ? 0
                     : failure(error, code, "the journal in %s cannot be read: %s", place->directory, strerror(-code));
}

/* ---- Machines by identifier */

int journal_each_key(const struct journal *journal, MDB_txn *txn, const struct netboot_id *id,
                     int (*each)(const struct store_key *, void *user), void *user)
{
    struct journal_row row;
    struct shown_record shown;
    struct store_key key, machine;

    if (id->type == NETBOOT_ID_NAME || !key_of_id(&key, (uint8_t)id->type, id->value, id->size))
        return 0;
    int code = each(&key, user);
    if (code != 0 || journal_get(journal, txn, JOURNAL_ID, key_value(&key), &record_shown, &row, &shown) != 0)
        return code;
    for (size_t i = 0; i < shown.machines.count && code == 0; i++) {
        machine.size = shown.machines.items[i].size - 1;
        memcpy(machine.octets, shown.machines.items[i].data + 1, machine.size);
        code = each(&machine, user);
    }
    return code;
}

/* ---- Status */

static uint64_t newest_entry(const struct journal *journal, MDB_txn *txn)
{
    MDB_val key, value;
    MDB_cursor *cursor;
    uint64_t ret = 0;

    if (mdb_cursor_open(txn, db_place_table(&journal->place, txn, JOURNAL_ENTRY), &cursor) != 0)
        return 0;
    if (mdb_cursor_get(cursor, &key, &value, MDB_LAST) == 0 && key.mv_size == 8)
        ret = journal_key_number(key.mv_data);
    mdb_cursor_close(cursor);
    return ret;
}

int netboot_journal_status(struct netboot_store *store, struct netboot_journal_state *ret, struct netboot_error *error)
{
    const struct journal *journal = store->journal;
    MDB_stat entries, machines;
    struct db_reader *reader;
    size_t size;
    int code = journal_read_begin(store, &reader, error), rc;

    if (code != 0)
        return code;
    rc = journal_used(journal, reader->txn, &size);
    if (rc == 0)
        rc = mdb_stat(reader->txn, db_place_table(&journal->place, reader->txn, JOURNAL_ENTRY), &entries);
    if (rc == 0)
        rc = mdb_stat(reader->txn, db_place_table(&journal->place, reader->txn, JOURNAL_MACHINE), &machines);
    uint64_t limit = journal_meta(journal, reader->txn, "limit");
    if (rc == 0)
        *ret = (struct netboot_journal_state){
            .identity = journal_meta(journal, reader->txn, "id"),
            .newest = newest_entry(journal, reader->txn),
            .entries = entries.ms_entries,
            .machines = machines.ms_entries,
            .size = size,
            .limit = limit > 0 ? limit : journal->limit,
            .dropped = journal_meta(journal, reader->txn, "dropped"),
        };
    db_read_end(reader);
    return rc == 0 ? 0
                   : failure(error, db_code(rc), "the journal in %s cannot be read: %s", store->directory,
                             mdb_strerror(rc));
}
