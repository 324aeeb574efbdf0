/* SPDX-License-Identifier: MPL-2.0 */
/* Opening and closing a database; the caller keeps all its readers. */
#include "db/inside.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "db/lmdb_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- A file once in a process
 *
 * A process must not open a file of LMDB's twice: LMDB's locks belong to the process. Hence the only static state here.
 */

static struct {
    pthread_mutex_t mutex;
    struct guard {
        struct stat data, lock;
        pid_t pid; /* 0: free. What a forked child inherits is not its own. */
    } guards[32];
} opened = {.mutex = PTHREAD_MUTEX_INITIALIZER};

#define GUARDS (int)(sizeof(opened.guards) / sizeof(opened.guards[0]))

/* A place in the list; -EBUSY: a file is in it already; -EMFILE: it is full. */
static int guard_enter(const struct stat *data, const struct stat *lock)
{
    int place = -EMFILE;
    pid_t pid = getpid();

    pthread_mutex_lock(&opened.mutex);
    for (int i = 0; i < GUARDS && place != -EBUSY; i++) {
        const struct guard *guard = &opened.guards[i];
        if (guard->pid != pid)
            place = i;
        else if (same_file(&guard->data, data) || same_file(&guard->lock, lock))
            place = -EBUSY;
    }
    if (place >= 0)
        opened.guards[place] = (struct guard){*data, *lock, pid};
    pthread_mutex_unlock(&opened.mutex);
    return place;
}

static void guard_leave(int place)
{
    pthread_mutex_lock(&opened.mutex);
    opened.guards[place].pid = 0;
    pthread_mutex_unlock(&opened.mutex);
}

/* ---- Closing */

static void drop_reader(struct db_reader *reader)
{
    if (!reader->txn)
        return;
    mdb_cursor_close(reader->cursor);
    mdb_txn_abort(reader->txn);
    reader->txn = NULL;
    reader->cursor = NULL;
}

void db_close(struct db *db)
{
    for (unsigned i = 0; i < db->place->reader_room; i++)
        drop_reader(&db->readers[i]);
    if (db->mdb)
        mdb_env_close(db->mdb);
    db->mdb = NULL;
    if (db->guard >= 0)
        guard_leave(db->guard);
    db->guard = -1;
    if (db->directory >= 0)
        close(db->directory);
    db->directory = -1;
}

/* ---- Opening */

/* The largest map: a part of the address space that this process may have. */
size_t db_map_limit(void)
{
    size_t most = SIZE_MAX / 4 + 1;
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return most;
    return limit.rlim_cur / 4 < most ? (size_t)(limit.rlim_cur / 4) : most;
}

/* A path to the held directory that works even if it is renamed; without /proc, the directory's own path. */
static const char *held_path(const struct db *db, char path[32])
{
    struct stat held, found;

    snprintf(path, 32, "/proc/self/fd/%d", db->directory);
    return fstat(db->directory, &held) == 0 && stat(path, &found) == 0 && same_file(&held, &found) ? path
                                                                                                   : db->place->path;
}

static int open_mdb(struct db *db, size_t map_size)
{
    const struct db_spec *spec = db->place->spec;
    char path[32];
    int rc = mdb_env_create(&db->mdb);

    if (rc != 0)
        return rc;
    if ((rc = mdb_env_set_maxdbs(db->mdb, spec->tables + spec->optional_tables)) == 0 &&
        (rc = mdb_env_set_maxreaders(db->mdb, DB_READERS_MAX)) == 0 &&
        (rc = mdb_env_set_mapsize(db->mdb, map_size)) == 0 && (rc = mdb_env_set_userctx(db->mdb, db)) == 0)
        rc = mdb_env_open(db->mdb, held_path(db, path), MDB_NOTLS | (db->writable ? 0 : MDB_RDONLY), 0600);
    if (rc != 0) {
        mdb_env_close(db->mdb);
        db->mdb = NULL;
    }
    return rc;
}

/* A map as large as address space allows; LMDB makes it at least as large as the data. */
static int open_mapped(struct db *db, struct netboot_error *error)
{
    const struct db_place *place = db->place;
    size_t size = smaller(place->first_map_size > 0 ? place->first_map_size : DB_MAP_SIZE, db_map_limit());
    int rc;

    while ((rc = open_mdb(db, size)) == ENOMEM && size / 2 > (size_t)db->data.st_size)
        size /= 2;
    return rc == 0 ? 0 : db_failure(db, rc, "open", error);
}

static int check_opened_file(struct db *db, struct netboot_error *error)
{
    struct stat status;
    mdb_filehandle_t fd;

    if (mdb_env_get_fd(db->mdb, &fd) != 0 || fstat(fd, &status) != 0 || !same_file(&status, &db->data))
        return failure(error, -EAGAIN, "%s was replaced while it was being opened: try again", db->place->data_path);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return failure(error, -errno, "cannot set close-on-exec for %s: %s", db->place->data_path, strerror(errno));
    return 0;
}

static int check_format(const struct db *db, MDB_txn *txn, struct netboot_error *error)
{
    const struct db_place *place = db->place;
    MDB_val key = {6, "format"}, value;
    char remedy[DB_REMEDY_SIZE];
    int rc = mdb_get(txn, db->tables[0], &key, &value);

    if (rc != 0 || value.mv_size != 4)
        return failure(error, -EBADMSG, "%s is not a netboot %s: %s", place->data_path, place->spec->what,
                       db_place_remedy(place, remedy));
    uint32_t format = be_get32(value.mv_data);
    if (format > place->spec->format)
        return failure(error, -ENOTSUP,
                       "the %s in %s has format %u, but this program knows formats up to %u only: upgrade netboot",
                       place->spec->what, place->directory, format, place->spec->format);
    return 0;
}

void db_open_optional_tables(struct db *db, MDB_txn *txn)
{
    const struct db_spec *spec = db->place->spec;

    for (unsigned i = spec->tables; i < spec->tables + spec->optional_tables; i++)
        if (mdb_dbi_open(txn, spec->table_names[i], 0, &db->tables[i]) != 0)
            db->tables[i] = DB_NO_TABLE;
}

static int open_tables(struct db *db, MDB_txn *txn, struct netboot_error *error)
{
    const struct db_place *place = db->place;
    const struct db_spec *spec = place->spec;
    char remedy[DB_REMEDY_SIZE];

    for (unsigned i = 0; i < spec->tables; i++) {
        int rc = mdb_dbi_open(txn, spec->table_names[i], 0, &db->tables[i]);
        if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
            return failure(error, -EBADMSG, "%s is not a netboot %s: %s", place->data_path, place->spec->what,
                           db_place_remedy(place, remedy));
        if (rc != 0)
            return db_failure(db, rc, "open", error);
        int code = i == 0 ? check_format(db, txn, error) : 0;
        if (code != 0)
            return code;
    }
    db_open_optional_tables(db, txn);
    return 0;
}

static size_t last_transaction(const struct db *db)
{
    MDB_envinfo info;

    return mdb_env_info(db->mdb, &info) == 0 ? info.me_last_txnid : 0;
}

/* LMDB takes the number of the last transaction from the lock file. Where a data file replaced another while some
 * program still had the lock file open, that number is the other file's. `before` is the data file's number before
 * `txn` began. Writers go on meanwhile: one that is committing, or was killed while it did, is one ahead of the lock
 * file. */
static bool locks_are_of_data(const struct db *db, size_t before, MDB_txn *txn)
{
    size_t locked = mdb_txn_id(txn);

    return before <= locked + 1 && locked <= last_transaction(db);
}

/* Checks all pages before LMDB reads one. */
static int check_pages(struct db *db, MDB_txn *txn, struct netboot_error *error)
{
    enum { TRIES = 100 };

    if (!db->place->server && db->place->check_most > 0 && (size_t)db->data.st_size > db->place->check_most)
        return 0;
    int code = db_verify(db, txn, error);
    for (unsigned i = 1; code == -EAGAIN && i < TRIES; i++) {
        mdb_txn_reset(txn);
        int rc = mdb_txn_renew(txn);
        if (rc != 0)
            return db_failure(db, rc, "open", error);
        code = db_verify(db, txn, error);
    }
    return code;
}

#ifndef MADV_POPULATE_READ /* Linux 5.14; an older one says EINVAL */
#define MADV_POPULATE_READ 22
#endif

/* Reads the whole map into memory. Where the map begins follows from the number of the page that has the value. */
static void bring_in(struct db *db, MDB_txn *txn)
{
    MDB_val key = {6, "format"}, value;
    struct lmdb_page page;
    MDB_envinfo info;
    MDB_stat status;

    if (mdb_get(txn, db->tables[0], &key, &value) != 0 || mdb_env_info(db->mdb, &info) != 0 ||
        mdb_env_stat(db->mdb, &status) != 0)
        return;
    uint8_t *at = (uint8_t *)((uintptr_t)value.mv_data & ~((uintptr_t)status.ms_psize - 1));
    memcpy(&page, at, sizeof(page));
    if (madvise(at - page.number * status.ms_psize, (info.me_last_pgno + 1) * status.ms_psize, MADV_POPULATE_READ) != 0)
        return; /* then each page is read when it is first used */
}

void db_bring_in(struct db *db)
{
    MDB_txn *txn = db->readers[0].txn;

    if (!db->place->server || mdb_txn_renew(txn) != 0)
        return;
    bring_in(db, txn);
    mdb_txn_reset(txn);
}

static int open_contents(struct db *db, struct netboot_error *error)
{
    size_t before = last_transaction(db);
    MDB_envinfo info;
    MDB_txn *txn;
    int rc = mdb_txn_begin(db->mdb, NULL, MDB_RDONLY, &txn), code;

    if (rc == MDB_READERS_FULL && mdb_reader_check(db->mdb, NULL) == 0)
        rc = mdb_txn_begin(db->mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return db_failure(db, rc, "open", error);
    if (!locks_are_of_data(db, before, txn))
        code = failure(error, -EAGAIN, "other programs still use an older %s: restart them", db->place->data_path);
    else if ((code = check_pages(db, txn, error)) == 0)
        code = open_tables(db, txn, error);
    if (code != 0) {
        mdb_txn_abort(txn);
        return code;
    }
    if ((rc = mdb_txn_commit(txn)) != 0 || (rc = db_make_readers(db)) != 0 || (rc = mdb_env_info(db->mdb, &info)) != 0)
        return db_failure(db, rc, "open", error);
    if (info.me_numreaders == 0) /* LMDB works without its lock file, and does not say so */
        return failure(error, -EROFS, "locks do not work in %s: mount its file system writable", db->place->path);
    db_bring_in(db);
    return 0;
}

int db_open(struct db *db, struct netboot_error *error)
{
    const struct db_place *place = db->place;
    int code = db_check_data(db, error);

    if (code != 0)
        return code;
    db->guard = guard_enter(&db->data, &db->lock);
    if (db->guard == -EBUSY)
        return failure(error, -EBUSY, "this process has already opened the %s in %s", place->spec->what,
                       place->directory);
    if (db->guard < 0)
        return failure(error, -EBUSY,
                       "this process has too many stores open to open the %s in %s: close some, and their views",
                       place->spec->what, place->directory);
    if ((code = db_check_lock(db, error)) != 0 || (code = open_mapped(db, error)) != 0 ||
        (code = check_opened_file(db, error)) != 0 || (code = open_contents(db, error)) != 0)
        return code;
    atomic_store(&db->broken, false);
    atomic_store(&db->outgrown, false);
    db->epoch = ++db->place->epoch;
    return 0;
}

void db_clear_readers(struct db *db)
{
    int rc = mdb_reader_check(db->mdb, NULL);

    if (rc != 0)
        db_note_broken(db, rc);
}
