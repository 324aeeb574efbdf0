/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A database: an LMDB environment in its own directory below the operator's, safe for use in servers.
 *
 * Nothing here knows the contents of the tables, except for the format number in the first one.
 *
 * A place and its databases. `struct db_place` is the place, and lives as long as the handle. `struct db` is a database
 * that is open there: one is current; older ones stay open while someone still reads them. A store that replaces the
 * current one is opened and checked beside it, and becomes current by one pointer. If it is the same file, nothing is
 * current until the old database is closed: a process must not open a file of LMDB's twice.
 *
 * Readers. Each belongs to one database, and holds a read transaction and a cursor, which are made once. The
 * transaction is renewed for each look-up; the cursor, which costs as much as a small look-up, only where it is used. A
 * thread takes a reader with one compare-and-swap and gives it back after its look-up: nothing ever waits. To close or
 * remap a database, a thread keeps its readers one by one as they are given back, until it has all of them. A closed
 * database stays in memory with all its readers kept, until it is used for another file: a thread that still has a
 * pointer to it finds no reader there, and looks for the current one.
 */
#ifndef NETBOOT_DB_H
#define NETBOOT_DB_H

#include "netboot.h"

#include <limits.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define DB_TABLES_MAX 4
#define DB_READERS_MAX 2048 /* of all processes */
#define DB_READERS 128      /* of one process */
/* Address space is free with 64 bits. With 32 bits, a process has room for three such maps. */
#define DB_MAP_SIZE_FOR(size_max) (UINT64_C(1) << ((size_max) > UINT32_MAX ? 34 : 28))
#define DB_MAP_SIZE ((size_t)DB_MAP_SIZE_FOR(SIZE_MAX))
#define DB_PATH_SIZE 4096
#define DB_NO_TABLE UINT_MAX /* the database was created without it */

struct db_spec {
    const char *name; /* of the directory, below the operator's */
    const char *what; /* as messages call it */
    const char *loss; /* what is lost if it is damaged; NULL: a backup has all of it */
    uint32_t format;  /* the newest known one; `format` of the first table, 4 octets, big-endian */
    unsigned tables;
    unsigned optional_tables; /* after those: a new database has them, an older one may lack them */
    const char *table_names[DB_TABLES_MAX];
    unsigned cursor_table; /* the cursors of the readers are for this one */
    size_t cache_size;     /* octets of `cache` in each reader, a multiple of 64 */
};

enum reader_busy { READER_FREE, READER_TAKEN, READER_KEPT /* by the thread that closes or remaps the database */ };

struct db_reader {
    _Alignas(64) atomic_uint busy;
    MDB_txn *txn; /* NULL: not made yet */
    MDB_cursor *cursor;
    struct db *db;
    void *cache; /* its user's, of spec->cache_size octets: zeros at first */
};

struct db {
    struct db_place *place;
    struct db *next; /* of the place's */
    struct db_reader *readers;
    void *caches;
    atomic_uint reader_count; /* usable ones */
    atomic_bool broken;       /* has to be closed and opened again */
    atomic_bool outgrown;     /* the data are larger than the map */
    /* These change only while all readers are kept. */
    MDB_env *mdb; /* NULL: closed */
    size_t epoch; /* each map of the place has another one: pointers into an older map are invalid */
    MDB_dbi tables[DB_TABLES_MAX];
    bool writable;
    int directory;          /* held open: it stays the same directory even if it is renamed */
    int guard;              /* this process's place in the list of open databases */
    struct stat data, lock; /* of the open files */
};

struct db_place {
    const struct db_spec *spec;
    const char *directory; /* the operator's */
    char path[DB_PATH_SIZE], data_path[DB_PATH_SIZE], lock_path[DB_PATH_SIZE], write_path[DB_PATH_SIZE];
    size_t first_map_size;
    size_t check_most;          /* with more octets than this, pages are not checked; 0: always check */
    bool server;                /* never creates files, has all its readers ready from the start */
    const unsigned *not_forked; /* 1; 0 in a forked child, where that page is zeroed */
    pid_t pid;                  /* where there are no such pages */

    struct worker *worker; /* a server's thread, which packets wake when it has work; NULL: none */

    _Alignas(64) _Atomic(struct db *) current; /* NULL: closed */
    atomic_size_t wanted;                      /* size of map that the next change should have */

    /* Held by whoever opens, closes or maps; no packet takes it. It protects all members below. */
    _Alignas(64) pthread_mutex_t swap;
    struct db *all; /* none leaves the list until the handle is closed */
    unsigned reader_room;
    size_t epoch; /* the last one */
};

/* ---- Files */

/* Creates the directory and an empty database, which `fill` completes; all or nothing. -EEXIST. */
int db_place_create(const struct db_spec *spec, const char *directory, int (*fill)(MDB_txn *txn, const MDB_dbi *tables),
                    struct netboot_error *error);
/* Restores missing permissions of the directory and its files, where this process may. */
void db_place_repair(const struct db_place *place);
/* Every writer takes this lock before LMDB's, which has no deadline. Returns a file descriptor. A forked child has it
 * too, but only closes it; the process that locked it unlocks it. */
int writers_lock(const struct db_place *place, unsigned deadline_ms, struct netboot_error *error);
void writers_unlock(int lock);

/* ---- Places */

int db_place_init(struct db_place *place, const struct db_spec *spec, const char *directory,
                  struct netboot_error *error);
/* Makes room for that many simultaneous look-ups; 0: the default. No database is open afterwards. */
int db_place_prepare(struct db_place *place, unsigned readers, struct netboot_error *error);
/* Frees what db_place_prepare() made. No database is open, or this is a forked child. */
void db_place_fini(struct db_place *place);
/* What to do if the database is damaged. Returns `text`. */
#define DB_REMEDY_SIZE (3 * DB_PATH_SIZE)
const char *db_place_remedy(const struct db_place *place, char text[DB_REMEDY_SIZE]);

/* Opens the files in the place, or opens them again. -EBUSY: this process has already opened them, or look-ups did not
 * end within `deadline_ms`; the current database then stays current. After any other failure, none is. */
int db_place_open(struct db_place *place, unsigned deadline_ms, struct netboot_error *error);
/* Opens tables that were added to the current database after it was opened, unless somebody uses it at the moment. */
void db_place_look_for_tables(struct db_place *place);
/* Closes the current database, as soon as no look-up is under way. */
void db_place_close(struct db_place *place);
/* A server's thread calls it regularly: it checks the files, and opens them if needed. 0: nothing is wrong. */
int db_place_follow(struct db_place *place, bool clear_readers, struct netboot_error *error);
/* Closes databases that are no longer current, if their look-ups have ended. Not on the packet path: it may take a
 * moment. */
void db_place_reap(struct db_place *place);
/* Whether the open files were replaced or cut short. */
bool db_is_replaced(const struct db *db);
/* Whether it has to be opened again, for that or another reason. `reader` is a taken one. */
bool db_is_stale(const struct db_reader *reader);

static inline bool db_place_in_child(const struct db_place *place)
{
    return place->not_forked ? *(const volatile unsigned *)place->not_forked != 1 : getpid() != place->pid;
}

/* Stands for the current database while that is closed or mapped again. None of its readers is free. */
extern struct db db_between;

/* The current database; NULL: none, or db_between. */
static inline struct db *db_place_current(const struct db_place *place)
{
    struct db *db = atomic_load_explicit(&place->current, memory_order_acquire);

    return db != &db_between ? db : NULL;
}

static inline bool db_place_is_open(const struct db_place *place)
{
    return db_place_current(place) != NULL;
}

/* False while db_between is current. */
static inline bool db_place_is_closed(const struct db_place *place)
{
    return atomic_load(&place->current) == NULL;
}

/* A reader for this thread: no system call, no lock, and no waiting. -EAGAIN: all are busy, or no database is open;
 * -ECHILD. */
int db_take(struct db_place *place, struct db_reader **ret);

static inline void db_give(struct db_reader *reader)
{
    atomic_store_explicit(&reader->busy, READER_FREE, memory_order_release);
}

/* A reader with a transaction of the newest state, until db_read_end(). */
int db_read_begin(struct db_place *place, struct db_reader **ret);
/* The same outside of the packet path: waits a moment while the database is being closed or remapped. */
int db_read_wait(struct db_place *place, struct db_reader **ret);
/* Makes the reader's cursor one of its transaction. LMDB's code. */
int db_renew_cursor(struct db_reader *reader);

static inline void db_read_end(struct db_reader *reader)
{
    mdb_txn_reset(reader->txn);
    db_give(reader);
}

/* The database that a transaction is of. */
static inline struct db *db_of(MDB_txn *txn)
{
    return mdb_env_get_userctx(mdb_txn_env(txn));
}

/* A table of that database; DB_NO_TABLE if it is not the place's. */
static inline MDB_dbi db_place_table(const struct db_place *place, MDB_txn *txn, unsigned table)
{
    const struct db *db = db_of(txn);

    return db->place == place ? db->tables[table] : DB_NO_TABLE;
}

/* A write transaction for the holder of the writers' lock, and a reader that keeps the database open until it is given
 * back. The map has room for more than is stored. */
int db_write_begin(struct db_place *place, MDB_txn **ret_txn, struct db_reader **ret_reader,
                   struct netboot_error *error);
/* Clears the readers of dead processes. */
void db_clear_readers(struct db *db);

/* ---- Codes */

/* LMDB's code as negative errno value. */
int db_code(int rc);
/* The same with a text; `doing` is what failed, as "open". Notes whether the database has to be opened again. */
int db_failure(struct db *db, int rc, const char *doing, struct netboot_error *error);

#endif
