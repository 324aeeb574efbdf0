/* SPDX-License-Identifier: MPL-2.0 */
/* The readers of a database, and which database is current. */
#include "db/inside.h"

#include "base/clock.h"
#include "base/failure.h"
#include "base/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* ---- Readers */

int db_make_reader(struct db_reader *reader)
{
    struct db *db = reader->db;
    int rc = mdb_txn_begin(db->mdb, NULL, MDB_RDONLY, &reader->txn);

    if (rc != 0) {
        reader->txn = NULL;
        return rc;
    }
    rc = mdb_cursor_open(reader->txn, db->tables[db->place->spec->cursor_table], &reader->cursor);
    if (rc != 0) {
        mdb_txn_abort(reader->txn);
        reader->txn = NULL;
    }
    return rc;
}

/* Servers make all their readers at the start: later, this would allocate on the packet path. If other processes left
 * fewer readers than wanted, it makes as many as there are. */
int db_make_readers(struct db *db)
{
    const struct db_place *place = db->place;
    unsigned wanted = place->server ? place->reader_room : 1, count = 0;
    int rc = 0;

    while (count < wanted && (rc = db_make_reader(&db->readers[count])) == 0)
        mdb_txn_reset(db->readers[count++].txn);
    if (rc != 0 && (rc != MDB_READERS_FULL || count == 0))
        return rc;
    atomic_store(&db->reader_count, place->server ? count : place->reader_room);
    return 0;
}

/* Where a thread begins to look for a free reader: mostly at another one for each thread, to share no cache lines.
 * Thread pointers are a stack apart; the golden ratio spreads evenly spaced values. */
static unsigned first_reader(unsigned count)
{
    uint32_t hash = (uint32_t)(((uint64_t)(uintptr_t)pthread_self() * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

    return (unsigned)((uint64_t)hash * count >> 32);
}

static inline struct db_reader *take_free(struct db *db)
{
    unsigned count = atomic_load_explicit(&db->reader_count, memory_order_relaxed), at = first_reader(count);

    for (unsigned i = 0; i < count; i++) {
        struct db_reader *reader = &db->readers[at];
        unsigned idle = READER_FREE;
        if (atomic_compare_exchange_strong_explicit(&reader->busy, &idle, READER_TAKEN, memory_order_acquire,
                                                    memory_order_relaxed))
            return reader;
        at = at + 1 < count ? at + 1 : 0;
    }
    return NULL;
}

struct db_reader *db_take_of(struct db *db)
{
    return take_free(db);
}

int db_take(struct db_place *place, struct db_reader **ret)
{
    struct db *db = atomic_load_explicit(&place->current, memory_order_acquire), *before = NULL;

    if (db_place_in_child(place))
        return -ECHILD;
    /* A database that is no longer current has all readers kept: look for the current one. */
    for (; db && db != before; db = atomic_load(&place->current)) {
        struct db_reader *reader = take_free(db);
        if (reader) {
            *ret = reader;
            return 0;
        }
        before = db;
    }
    return -EAGAIN;
}

bool db_keep_readers(struct db *db)
{
    bool all = true;

    for (unsigned i = 0; i < db->place->reader_room; i++) {
        unsigned is = READER_FREE;
        all &= atomic_compare_exchange_strong(&db->readers[i].busy, &is, READER_KEPT) || is == READER_KEPT;
    }
    return all;
}

bool db_drain(struct db *db, uint64_t deadline)
{
    for (long pause = 20; !db_keep_readers(db); pause = pause < 1000 ? 2 * pause : 1000) {
        if (clock_us() >= deadline)
            return false;
        sleep_us(pause);
    }
    return true;
}

void db_free_readers(struct db *db)
{
    for (unsigned i = 0; i < db->place->reader_room; i++)
        if (atomic_load_explicit(&db->readers[i].busy, memory_order_relaxed) == READER_KEPT)
            db_give(&db->readers[i]);
}

/* ---- What is current */

struct db db_between;

/* ---- What is current, with the mutex held */

bool db_place_lock(struct db_place *place, uint64_t deadline)
{
    while (pthread_mutex_trylock(&place->swap) != 0) {
        if (clock_us() >= deadline)
            return false;
        sleep_us(50);
    }
    return true;
}

void db_place_show(struct db_place *place, struct db *db)
{
    db_free_readers(db);
    atomic_store(&place->current, db);
}

void db_place_hide(struct db_place *place, bool comes_again)
{
    atomic_store(&place->current, comes_again ? &db_between : NULL);
}
