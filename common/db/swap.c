/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which database of a place is current, and how another one replaces it.
 *
 * A new store is opened and checked beside the current one, which packets still use, and becomes current by one
 * pointer. The old one is closed when its last look-up has ended; a view may be held for long. LMDB must not open a
 * file twice in a process. If one of the two files is the same as before, because only the other was replaced or
 * because the open database is broken, nothing is current until the old one is closed, and packets fail at once.
 */
#include "db/inside.h"

#include "base/clock.h"
#include "base/failure.h"

#include <errno.h>

static void reap_held(struct db_place *place)
{
    for (struct db *db = place->all; db; db = db->next)
        if (db->mdb && db != db_place_current(place) && db_keep_readers(db))
            db_close(db);
}

void db_place_reap(struct db_place *place)
{
    if (pthread_mutex_trylock(&place->swap) != 0)
        return; /* the thread that has the mutex does it */
    reap_held(place);
    pthread_mutex_unlock(&place->swap);
}

/* ---- Whether it still should be */

/* LMDB never shortens a file, and a read past its end kills the process. */
static bool is_other_file(const char *path, const struct stat *opened_file)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR;
    return !same_file(&status, opened_file) || status.st_size < opened_file->st_size;
}

bool db_is_replaced(const struct db *db)
{
    return is_other_file(db->place->data_path, &db->data) || is_other_file(db->place->lock_path, &db->lock);
}

bool db_is_stale(const struct db_reader *reader)
{
    const struct db *db = reader->db;

    return atomic_load(&db->broken) || db_is_replaced(db) || (reader->txn && db_is_overwritten(db, reader->txn));
}

static bool is_stale(struct db *db)
{
    struct db_reader *reader = db_take_of(db);
    bool stale = reader ? db_is_stale(reader) : atomic_load(&db->broken) || db_is_replaced(db);

    if (reader)
        db_give(reader);
    return stale;
}

/* ---- Opening, with the mutex held */

/* An open database that has one of the files that were found. */
static struct db *find_same(struct db_place *place, const struct db *found)
{
    struct db *db = place->all;

    while (db && (!db->mdb || (!same_file(&db->data, &found->data) && !same_file(&db->lock, &found->lock))))
        db = db->next;
    return db;
}

/* Closes a database, so that its files may be opened again. */
static int close_first(struct db_place *place, struct db *db, uint64_t deadline, struct netboot_error *error)
{
    if (db == db_place_current(place))
        db_place_hide(place, true);
    if (!db_drain(db, deadline))
        return failure(error, -EBUSY, "another thread of this process uses the %s in %s: try again", place->spec->what,
                       place->directory);
    db_close(db);
    return 0;
}

/* Makes the found files current. They may be those of an open database: a store that had replaced it may have been
 * removed again. */
static int show_found(struct db_place *place, struct db *found, uint64_t deadline, struct netboot_error *error)
{
    struct db *same;
    int code;

    while ((same = find_same(place, found))) {
        if (same != db_place_current(place))
            db_free_readers(same);
        if (!is_stale(same)) {
            db_place_show(place, same);
            return 0;
        }
        if ((code = close_first(place, same, deadline, error)) != 0)
            return code;
    }
    if ((code = db_open(found, error)) == 0)
        db_place_show(place, found);
    return code;
}

static int open_held(struct db_place *place, uint64_t deadline, struct netboot_error *error)
{
    struct db *found = db_spare(place);
    int code;

    if (!found)
        return failure(error, -ENOMEM, "out of memory for the %s", place->spec->what);
    if ((code = db_find_files(found, error)) == 0)
        code = show_found(place, found, deadline, error);
    if (found != db_place_current(place))
        db_close(found);
    return code;
}

int db_place_open(struct db_place *place, unsigned deadline_ms, struct netboot_error *error)
{
    enum { STEPS_US = 500000 }; /* a program may replace a store in two steps */
    uint64_t now = clock_us(), deadline = now + deadline_ms * UINT64_C(1000), last = now + STEPS_US;
    int code;

    if (!db_place_lock(place, deadline))
        return failure(error, -EBUSY, "another thread of this process uses the %s in %s: try again", place->spec->what,
                       place->directory);
    code = open_held(place, deadline, error);
    while ((code == -ENOENT || code == -EAGAIN) && db_place_is_open(place) && clock_us() < last) {
        sleep_us(10000);
        code = open_held(place, deadline, error);
    }
    if (code != 0 && code != -EBUSY)
        db_place_hide(place, code == -EAGAIN);
    reap_held(place);
    pthread_mutex_unlock(&place->swap);
    return code;
}

/* Keeps all readers meanwhile: only one transaction of a process may open tables at a time. */
void db_place_look_for_tables(struct db_place *place)
{
    struct db *db;
    MDB_txn *txn;

    if (!db_place_lock(place, 0))
        return;
    if ((db = db_place_current(place))) {
        db_place_hide(place, true);
        if (db_keep_readers(db) && mdb_txn_begin(db->mdb, NULL, MDB_RDONLY, &txn) == 0) {
            db_open_optional_tables(db, txn);
            mdb_txn_commit(txn); /* so that they stay open */
        }
        db_place_show(place, db);
    }
    pthread_mutex_unlock(&place->swap);
}

void db_place_close(struct db_place *place)
{
    pthread_mutex_lock(&place->swap);
    db_place_hide(place, false);
    for (struct db *db = place->all; db; db = db->next)
        if (db->mdb && db_drain(db, UINT64_MAX))
            db_close(db);
    pthread_mutex_unlock(&place->swap);
}

/* ---- The thread of a server */

int db_place_follow(struct db_place *place, bool clear_readers, struct netboot_error *error)
{
    enum { DEADLINE_MS = 1000 };
    struct db_reader *reader;

    db_place_reap(place);
    if (db_take(place, &reader) != 0) /* closed, or all readers are busy: then packets are being answered */
        return db_place_is_open(place) ? 0 : db_place_open(place, DEADLINE_MS, error);
    bool reopen = db_is_stale(reader), outgrown = atomic_load(&reader->db->outgrown);
    if (!reopen && clear_readers)
        db_clear_readers(reader->db);
    db_give(reader);
    if (reopen)
        return db_place_open(place, DEADLINE_MS, error);
    if (outgrown)
        db_place_remap(place, 0, DEADLINE_MS);
    return 0;
}
