/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An LMDB environment in its own directory below the operator's, safe for use in servers:
 *
 *   header.c  the checks before a file is mapped
 *   verify.c  the checks before LMDB reads it; those of one page are in verify_page.c
 *   files.c   directory, owner, group and mode; the writers' lock
 *   reader.c  reader slots
 *   db.c      opening and closing a database
 *   swap.c    replacing the current database
 *   write.c   write transactions and the growth of the map
 *
 * Nothing here knows the contents of the tables, except for the format number in the first one.
 *
 * A place and its databases. `struct env` is the place, and lives as long as the handle. `struct db` is a database that
 * is open there: one is current; older ones stay open while someone still reads them. A store that replaces the current
 * one is opened and checked beside it, and becomes current by one pointer. If it is the same file, nothing is current
 * until the old database is closed: a process must not open a file of LMDB's twice.
 *
 * Reader slots. Each belongs to one database, and holds a read transaction and a cursor, which are made once. The
 * transaction is renewed for each look-up; the cursor, which costs as much as a small look-up, only where it is used. A
 * thread takes a slot with one compare-and-swap and gives it back after its look-up: nothing ever waits. To close or
 * remap a database, a thread keeps its slots one by one as they are given back, until it has all of them. A closed
 * database stays in memory with all its slots kept, until it is used for another file: a thread that still has a
 * pointer to it finds no slot there, and looks for the current one.
 */
#ifndef NETBOOT_ENV_H
#define NETBOOT_ENV_H

#include "netboot.h"

#include <limits.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define ENV_TABLES_MAX 4
#define ENV_READERS_MAX 2048 /* of all processes */
#define ENV_READERS 128      /* of one process */
/* Address space is free with 64 bits. With 32 bits, a process has room for three such maps. */
#define ENV_MAP_SIZE_FOR(size_max) (UINT64_C(1) << ((size_max) > UINT32_MAX ? 34 : 28))
#define ENV_MAP_SIZE ((size_t)ENV_MAP_SIZE_FOR(SIZE_MAX))
#define ENV_PATH_SIZE 4096
#define ENV_NO_TABLE UINT_MAX /* an environment that was made without it */

struct env_spec {
    const char *name; /* of the directory, below the operator's */
    const char *what; /* as messages call it */
    const char *loss; /* what is lost if it is damaged; NULL: a backup has all of it */
    uint32_t format;  /* the newest known one; `format` of the first table, 4 octets, big-endian */
    unsigned tables;
    unsigned more_tables; /* after those: a new environment has them, an older one may not */
    const char *table_names[ENV_TABLES_MAX];
    unsigned cursor_table; /* the cursors of the slots are for this one */
    size_t cache_size;     /* octets that each slot has for its user, a multiple of 64 */
    bool servers_write;    /* the group may write data.mdb, too */
    bool made_anew;        /* if damaged, it is set aside and created again, by servers, too */
    bool loose;            /* a crash of the computer may lose the last changes, but nothing else */
};

enum env_busy { SLOT_FREE, SLOT_TAKEN, SLOT_KEPT /* by the thread that closes or remaps the database */ };

struct env_slot {
    _Alignas(64) atomic_uint busy;
    MDB_txn *txn; /* NULL: not made yet */
    MDB_cursor *cursor;
    struct db *db;
    void *cache; /* its user's, of spec->cache_size octets: zeros at first */
};

struct db {
    struct env *env;
    struct db *next; /* of the place's */
    struct env_slot *slots;
    void *caches;
    atomic_uint slot_count; /* usable ones */
    atomic_bool broken;     /* has to be closed and opened again */
    atomic_bool outgrown;   /* the data are larger than the map */
    /* These change only while all slots are kept. */
    MDB_env *mdb; /* NULL: closed */
    size_t epoch; /* each map of the place has another one: pointers into an older map are invalid */
    MDB_dbi tables[ENV_TABLES_MAX];
    bool writable;
    int directory;          /* held open: it stays the same directory even if it is renamed */
    int guard;              /* this process's place in the list of open databases */
    struct stat data, lock; /* of the open files */
};

struct env {
    const struct env_spec *spec;
    const char *directory; /* the operator's */
    char path[ENV_PATH_SIZE], data_path[ENV_PATH_SIZE], lock_path[ENV_PATH_SIZE], write_path[ENV_PATH_SIZE];
    size_t first_map_size;
    size_t map_most;            /* the map never grows past it; 0: as far as address space goes */
    size_t check_most;          /* with more octets than this, pages are not checked; 0: always check */
    bool server;                /* never creates files, has all its slots ready from the start */
    const unsigned *not_forked; /* 1; 0 in a forked child, where that page is zeroed */
    pid_t pid;                  /* where there are no such pages */

    struct worker *worker; /* of a server: packets wake it where it is wanted; NULL: there is none */

    _Alignas(64) _Atomic(struct db *) current; /* NULL: closed */
    atomic_size_t wanted;                      /* size of map that the next change should have */

    /* Held by whoever opens, closes or maps: no packet takes it. It is for all below. */
    _Alignas(64) pthread_mutex_t swap;
    struct db *all; /* never fewer, until the handle is closed */
    unsigned slot_room;
    size_t epoch; /* the last one */
};

/* ---- header.c */

/* What to do if the environment is damaged. Returns `text`. */
#define ENV_REMEDY_SIZE (3 * ENV_PATH_SIZE)
const char *env_remedy(const struct env *env, char text[ENV_REMEDY_SIZE]);

/* Notes which files exist, and holds their directory open. -ENOENT, ... with a text. */
int env_look(struct db *db, struct netboot_error *error);
/* Whether data.mdb can be mapped: the noted file, a regular file of LMDB's, as long as its header says. Also notes
 * whether this process may write it. -ENOENT, -EACCES, -EBADMSG, ... with a text. */
int env_check_data(struct db *db, struct netboot_error *error);
/* Whether something other than LMDB has written to the header of the open file, by copying over it for example. `idle`:
 * the transaction of a taken slot. */
bool env_is_overwritten(const struct db *db, MDB_txn *idle);
/* Whether lock.mdb may be written: else LMDB would work without locks. Must not be called while LMDB has it open in
 * this process: closing a file drops all locks of the process on it. */
int env_check_lock(struct db *db, struct netboot_error *error);

/* ---- verify.c */

/* Checks all pages of the state of a transaction that has read none so far. -EBADMSG with a text; -EAGAIN: other
 * programs write too fast, begin the transaction again. */
int env_check_pages(const struct db *db, MDB_txn *txn, struct netboot_error *error);

/* ---- files.c */

/* Creates the directory and an empty environment, which `fill` completes; all or nothing. -EEXIST. */
int env_create(const struct env_spec *spec, const char *directory, int (*fill)(MDB_txn *txn, const MDB_dbi *tables),
               struct netboot_error *error);
/* Moves a damaged environment to NAME.damaged, in place of an older one there. `damaged` identifies its data file: an
 * environment with another one stays. */
int env_set_aside(const struct env_spec *spec, const char *directory, const struct stat *damaged,
                  struct netboot_error *error);
/* Restores missing permissions of the directory and its files, where this process may. */
void env_repair(const struct env *env);
/* Makes lock.mdb or write.lock with the right group and mode. Negative errno value. */
int env_make_file(const struct env *env, const char *path);
/* Gives the lock file of that size all its blocks. */
int env_allocate_lock(int fd, off_t size);
bool env_is_owner(const struct env *env);
/* Every writer takes this lock before LMDB's, which has no deadline. Returns a file descriptor. A forked child has it
 * too, but only closes it; the process that locked it unlocks it. */
int env_lock_writers(const struct env *env, unsigned deadline_ms, struct netboot_error *error);
void env_unlock_writers(int lock);

/* ---- reader.c, db.c, swap.c, write.c */

int env_init(struct env *env, const struct env_spec *spec, const char *directory, struct netboot_error *error);
/* Makes room for that many simultaneous look-ups; 0: the default. The environment is closed then. */
int env_prepare(struct env *env, unsigned readers, struct netboot_error *error);
/* Frees what env_prepare() made. The environment is closed, or this is a forked child. */
void env_fini(struct env *env);

/* Opens the files in the place, or opens them again. -EBUSY: this process has already opened them, or look-ups did not
 * end within `deadline_ms`; the same database is current as before then. After any other failure none is. */
int env_open(struct env *env, unsigned deadline_ms, struct netboot_error *error);
/* Opens the tables that the current database has got since it was opened, if nobody uses it at the moment. */
void env_look_for_tables(struct env *env);
/* Closes the current database, as soon as no look-up is under way. */
void env_close(struct env *env);
/* A server's thread calls it regularly: it checks the files, and opens them if needed. 0: nothing is wrong. */
int env_follow(struct env *env, bool clear_readers, struct netboot_error *error);
/* Closes databases that are no longer current, if their look-ups have ended. Not on the packet path: it may take a
 * moment. */
void env_reap(struct env *env);
/* Whether the open files were replaced or cut short. */
bool env_is_replaced(const struct db *db);
/* Whether it has to be opened again, for that or another reason. `slot` is a taken one. */
bool env_is_stale(const struct env_slot *slot);
bool env_in_child(const struct env *env);

/* Current while what was is closed or mapped anew, and comes again. No slot of it is free. */
extern struct db env_between;

/* NULL: none. */
static inline struct db *env_current(const struct env *env)
{
    struct db *db = atomic_load_explicit(&env->current, memory_order_acquire);

    return db != &env_between ? db : NULL;
}

static inline bool env_is_open(const struct env *env)
{
    return env_current(env) != NULL;
}

/* Not only for the moment. */
static inline bool env_is_closed(const struct env *env)
{
    return atomic_load(&env->current) == NULL;
}

/* A slot for this thread: no system call, no lock, and no waiting. -EAGAIN: all are busy, or it is closed; -ECHILD. */
int env_take(struct env *env, struct env_slot **ret);
void env_give(struct env_slot *slot);
/* A slot with a transaction of the newest state, until env_read_end(). */
int env_read_begin(struct env *env, struct env_slot **ret);
/* The same outside of the packet path: waits a moment while the database is being closed or remapped. */
int env_read_wait(struct env *env, struct env_slot **ret);
/* Makes the slot's cursor one of its transaction. LMDB's code. */
int env_renew_cursor(struct env_slot *slot);
void env_read_end(struct env_slot *slot);

/* The database that a transaction is of. */
static inline struct db *env_db(MDB_txn *txn)
{
    return mdb_env_get_userctx(mdb_txn_env(txn));
}

/* A table of that, which is one of the place's. */
static inline MDB_dbi env_table(const struct env *env, MDB_txn *txn, unsigned table)
{
    const struct db *db = env_db(txn);

    return db->env == env ? db->tables[table] : ENV_NO_TABLE;
}

/* A write transaction for the holder of the writers' lock, and a slot that keeps the database open until it is given
 * back. The map has room for more than is stored. */
int env_write_begin(struct env *env, MDB_txn **ret_txn, struct env_slot **ret_slot, struct netboot_error *error);
/* The same on the packet path of a server, whose thread opens and maps. -ESTALE: the database has to be opened again,
 * and values read from it may be outdated; -EAGAIN. */
int env_write_now(struct env *env, MDB_txn **ret_txn, struct env_slot **ret_slot);

/* Clears the slots of dead readers. */
void env_clear_readers(struct db *db);

/* ---- Between these files only */

uint64_t env_now_us(void);
void env_sleep_us(long us);

/* A closed database with all its slots kept. NULL: out of memory. The mutex `swap` is held, or no other thread
 * exists. */
struct db *db_spare(struct env *env);
/* Opens what env_look() found. */
int db_open(struct db *db, struct netboot_error *error);
/* Opens those tables that an older database need not have. No other transaction of the process may be under way. */
void db_open_more_tables(struct db *db, MDB_txn *txn);
/* With all slots kept. */
void db_close(struct db *db);
/* The same, for a server: has all pages in its map, so that no packet has to wait for one. */
void db_bring_in(struct db *db);
/* Makes the slots' transactions, with all of them kept. */
int db_make_slots(struct db *db);
/* A slot of this very database, current or not; NULL: none is free. */
struct env_slot *db_take(struct db *db);
/* Keeps the free slots. Returns whether all are kept now. */
bool db_keep_slots(struct db *db);
/* The same until all are kept, or until the deadline. */
bool db_drain(struct db *db, uint64_t deadline_us);
/* Frees those that were kept. */
void db_free_slots(struct db *db);
/* Locks the mutex `swap`. False: others held it until the deadline. */
bool env_lock(struct env *env, uint64_t deadline_us);
/* With that held: makes current a database whose slots are all kept. */
void env_show(struct env *env, struct db *db);
/* Makes none current. */
void env_hide(struct env *env, bool comes_again);
/* The largest map that address space and settings allow. */
size_t env_map_limit(const struct env *env);
/* The size of map for a change when `used` octets are in use: `least`, doubled until half of it is free. */
size_t env_map_for(size_t used, size_t least, size_t limit);
/* Makes the map large enough for the data, and at least as large as wanted if that can be had. -EAGAIN: look-ups did
 * not end in time. */
int env_remap(struct env *env, size_t wanted, unsigned deadline_ms);
/* Notes an error that only opening the database again can clear. */
void env_note_broken(struct db *db, int rc);
/* Wakes the server's thread to check the files. */
void env_ask(struct env *env, atomic_bool *noted);

static inline bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- Codes */

/* LMDB's code as negative errno value. */
int env_code(int rc);
/* The same with a text; `doing` is what failed, as "open". Notes whether the database has to be opened again. */
int env_failure(struct db *db, int rc, const char *doing, struct netboot_error *error);

#endif
