/* SPDX-License-Identifier: MPL-2.0 */
/* Setting up and freeing a place, LMDB's codes, and the reader readers. */
#include "db/db.h"

#include "base/failure.h"
#include "base/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void sleep_us(long us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

/* ---- LMDB's codes */

static const struct {
    int rc, code;
} codes[] = {
    {MDB_NOTFOUND,         -ENOENT   },
    {MDB_KEYEXIST,         -EEXIST   },
    {MDB_MAP_FULL,         -ENOSPC   },
    {MDB_MAP_RESIZED,      -EAGAIN   },
    {MDB_READERS_FULL,     -EUSERS   },
    {MDB_TXN_FULL,         -EFBIG    },
    {MDB_BAD_TXN,          -ECANCELED},
    {MDB_BAD_VALSIZE,      -EINVAL   },
    {MDB_CORRUPTED,        -EBADMSG  },
    {MDB_PAGE_NOTFOUND,    -EBADMSG  },
    {MDB_INVALID,          -EBADMSG  },
    {MDB_INCOMPATIBLE,     -EBADMSG  },
    {MDB_VERSION_MISMATCH, -EBADMSG  },
};

int db_code(int rc)
{
    if (rc >= 0)
        return -rc;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].rc == rc)
            return codes[i].code;
    return -EIO;
}

void db_place_ask(struct db_place *place, atomic_bool *noted)
{
    if (!atomic_exchange(noted, true) && place->worker)
        worker_wake(place->worker);
}

/* Notes an error that only opening the database again can clear. EINVAL is LMDB's: a record that does not fit is
 * ENOBUFS. */
void db_note_broken(struct db *db, int rc)
{
    if (rc == MDB_PANIC || rc == MDB_BAD_RSLOT || rc == MDB_BAD_DBI || rc == MDB_BAD_TXN || rc == EINVAL)
        db_place_ask(db->place, &db->broken);
}

/* LMDB reports a write that a full disk cut short as EIO. */
static bool disk_is_full(const struct db_place *place)
{
    struct statvfs status;

    return statvfs(place->path, &status) == 0 && (status.f_bavail < 16 || (status.f_files > 0 && status.f_favail == 0));
}

int db_failure(struct db *db, int rc, const char *doing, struct netboot_error *error)
{
    struct db_place *place = db->place;
    const char *what = place->spec->what, *directory = place->directory;
    int code = db_code(rc);

    db_note_broken(db, rc);
    if (rc == MDB_MAP_FULL) {
        atomic_store(&place->wanted, 2 * DB_MAP_SIZE);
        return failure(error, -ENOSPC,
                       "cannot %s the %s in %s: this change needs more room than was reserved; nothing was changed; "
                       "try again: the next change gets more room",
                       doing, what, directory);
    }
    if (rc == ENOSPC || rc == EDQUOT || (rc == EIO && disk_is_full(place)))
        return failure(error, -ENOSPC,
                       "cannot %s the %s in %s: the disk is full; nothing was changed; free some space and try again",
                       doing, what, directory);
    if (rc == EAGAIN)
        return failure(error, -EAGAIN,
                       "cannot %s the %s in %s: another process with the same PID, in a different PID namespace, uses "
                       "it; run all programs that use the store in one PID namespace",
                       doing, what, directory);
    if (rc == MDB_READERS_FULL)
        return failure(error, code,
                       "cannot %s the %s in %s: all %d reader readers are in use; stop some programs that use it",
                       doing, what, directory, DB_READERS_MAX);
    return failure(error, code, "cannot %s the %s in %s: %s", doing, what, directory, mdb_strerror(rc));
}

/* ---- Beginning and end of the structure */

static int set_path(char path[DB_PATH_SIZE], const char *directory, const char *name, const char *file,
                    struct netboot_error *error)
{
    if (snprintf(path, DB_PATH_SIZE, "%s/%s%s", directory, name, file) >= DB_PATH_SIZE)
        return failure(error, -ENAMETOOLONG, "the path of the directory '%.80s...' is too long: use a shorter one",
                       directory);
    return 0;
}

int db_place_init(struct db_place *place, const struct db_spec *spec, const char *directory,
                  struct netboot_error *error)
{
    int code;

    *place = (struct db_place){.spec = spec, .directory = directory, .pid = getpid()};
    if (!directory || !*directory)
        return failure(error, -EINVAL, "no directory given for the %s", spec->what);
    if ((code = set_path(place->path, directory, spec->name, "", error)) != 0 ||
        (code = set_path(place->data_path, directory, spec->name, "/data.mdb", error)) != 0 ||
        (code = set_path(place->lock_path, directory, spec->name, "/lock.mdb", error)) != 0 ||
        (code = set_path(place->write_path, directory, spec->name, "/write.lock", error)) != 0)
        return code;
    return 0;
}

/* A page that is zeroed in a forked child. NULL where the kernel or an emulator cannot: then getpid() tells. */
static const unsigned *make_fork_page(void)
{
    unsigned *page =
        mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, (size_t)sysconf(_SC_PAGESIZE), MADV_WIPEONFORK) != 0) {
        munmap(page, (size_t)sysconf(_SC_PAGESIZE));
        return NULL;
    }
    *page = 1;
    return page;
}

int db_place_prepare(struct db_place *place, unsigned readers, struct netboot_error *error)
{
    place->reader_room = readers > 0 ? readers : DB_READERS;
    if (place->reader_room >= DB_READERS_MAX)
        return failure(error, -EINVAL, "%u simultaneous look-ups requested: at most %d are possible",
                       place->reader_room, DB_READERS_MAX - 1);
    place->not_forked = make_fork_page();
    pthread_mutex_init(&place->swap, NULL);
    if (!db_spare(place))
        return failure(error, -ENOMEM, "out of memory for %u reader readers", place->reader_room);
    return 0;
}

void db_place_fini(struct db_place *place)
{
    if (place->reader_room == 0)
        return;
    while (place->all) {
        struct db *db = place->all;
        place->all = db->next;
        free(db->readers);
        free(db->caches);
        free(db);
    }
    if (!db_place_in_child(place))
        pthread_mutex_destroy(&place->swap);
    if (place->not_forked)
        munmap((void *)place->not_forked, (size_t)sysconf(_SC_PAGESIZE));
}

bool db_place_in_child(const struct db_place *place)
{
    return place->not_forked ? *(const volatile unsigned *)place->not_forked != 1 : getpid() != place->pid;
}

/* ---- Slots */

static int make_reader(struct db_reader *reader)
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

/* Servers make all their readers at the start: later, this would allocate on the packet path. Where other processes
 * left fewer reader readers than wanted, as many as there are. */
int db_make_readers(struct db *db)
{
    const struct db_place *place = db->place;
    unsigned wanted = place->server ? place->reader_room : 1, count = 0;
    int rc = 0;

    while (count < wanted && (rc = make_reader(&db->readers[count])) == 0)
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

void db_give(struct db_reader *reader)
{
    atomic_store_explicit(&reader->busy, READER_FREE, memory_order_release);
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

/* ---- Reading */

/* In a server, its thread repairs the failure; packets just fail. */
static int begin_failed(struct db_place *place, struct db_reader *reader, int rc)
{
    struct db *db = reader->db;

    db_note_broken(db, rc);
    if (rc == MDB_MAP_RESIZED)
        db_place_ask(place, &db->outgrown);
    db_give(reader);
    if (rc == MDB_MAP_RESIZED && !place->server)
        return db_place_remap(place, 0, 0);
    return db_code(rc);
}

int db_read_begin(struct db_place *place, struct db_reader **ret)
{
    struct db_reader *reader;
    int code;

    while ((code = db_take(place, &reader)) == 0) {
        int rc = reader->txn ? mdb_txn_renew(reader->txn) : make_reader(reader);
        if (rc == 0) {
            *ret = reader;
            return 0;
        }
        if ((code = begin_failed(place, reader, rc)) != 0)
            break;
    }
    return code;
}

static bool comes_again(const struct db_place *place)
{
    const struct db *db = atomic_load(&place->current);

    return db && (db == &db_between || atomic_load(&db->outgrown));
}

int db_read_wait(struct db_place *place, struct db_reader **ret)
{
    enum { WAIT_MS = 200 };
    uint64_t deadline = clock_us() + WAIT_MS * 1000;
    int code;

    while ((code = db_read_begin(place, ret)) == -EAGAIN && comes_again(place) && clock_us() < deadline)
        sleep_us(1000);
    return code;
}

int db_renew_cursor(struct db_reader *reader)
{
    int rc = mdb_cursor_renew(reader->txn, reader->cursor);

    if (rc != 0)
        db_note_broken(reader->db, rc);
    return rc;
}

void db_read_end(struct db_reader *reader)
{
    mdb_txn_reset(reader->txn);
    db_give(reader);
}
