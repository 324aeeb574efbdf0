/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An LMDB environment in a directory of its own below the operator's, safe to be used by servers:
 *
 *   env_check.c  what is looked at before anything is mapped
 *   env_pages.c  what is looked at before LMDB reads in it, a page of it in env_page.c
 *   env_files.c  directory, owner, group and mode; the writers' lock
 *   env.c        reader slots
 *   env_open.c   opening and closing
 *   env_write.c  write transactions and the growth of the map
 *
 * Nothing here knows what the tables hold, beside the format number in the first one.
 *
 * Reader slots.  Each holds a read transaction and a cursor that are made once. The transaction is renewed per look-up,
 * the cursor, which costs as much as a small look-up, by who uses it. A thread takes a slot with one compare-and-swap
 * and gives it back after its look-up. Whoever takes *all* slots has the environment for itself: so it is remapped,
 * closed and opened again while other threads go on calling.
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
#define ENV_MAP_SIZE ((size_t)16 << 30)
#define ENV_PATH_SIZE 4096
#define ENV_NO_TABLE UINT_MAX /* an environment that was made without it */

struct env_spec {
    const char *name; /* of the directory, below the operator's */
    const char *what; /* as messages call it */
    const char *loss; /* what is lost with it where it is damaged; NULL: nothing that a backup does not have */
    uint32_t format;  /* the newest that is understood; `format` of the first table, 4 octets, big-endian */
    unsigned tables;
    unsigned more_tables; /* behind those: they are made with a new environment, an older one need not have them */
    const char *table_names[ENV_TABLES_MAX];
    unsigned cursor_table; /* the one that the cursors of the slots are for */
    bool servers_write;    /* data.mdb too is the group's to write */
    bool made_anew;        /* it is set aside where it is damaged, and made anew, by servers too */
    bool loose;            /* a crash of the machine may lose the last changes, though nothing else */
};

struct env_slot {
    _Alignas(64) atomic_uint busy;
    MDB_txn *txn; /* NULL: not made yet */
    MDB_cursor *cursor;
};

enum env_gate { ENV_CLOSED, ENV_PAUSED, ENV_OPEN };

struct env {
    const struct env_spec *spec;
    const char *directory; /* the operator's */
    char path[ENV_PATH_SIZE], data_path[ENV_PATH_SIZE], lock_path[ENV_PATH_SIZE], write_path[ENV_PATH_SIZE];
    size_t first_map_size;
    size_t map_most;            /* the map never grows past it; 0: as far as address space goes */
    size_t check_most;          /* pages are not looked through where there are more octets; 0: always */
    bool server;                /* never creates files, has all its slots ready from the start */
    const unsigned *not_forked; /* 1, and 0 in a forked child: that page is wiped there */
    pid_t pid;                  /* where such pages are not to be had */

    _Alignas(64) atomic_int gate;
    atomic_uint slot_count; /* usable ones */
    atomic_bool broken;     /* has to be closed and opened again */
    atomic_size_t wanted;   /* size of map that the next change should have */
    struct env_slot *slots;

    _Alignas(64) pthread_mutex_t all; /* held by whoever takes all slots */
    unsigned slot_room;
    /* These change only while one holds all slots. */
    MDB_env *mdb;
    size_t epoch; /* one more with each map: pointers into an older one are void */
    MDB_dbi tables[ENV_TABLES_MAX];
    bool writable;
    int guard;              /* this process's place in the list of open environments */
    struct stat data, lock; /* of the files that are open */
};

/* ---- env_check.c */

/* What to do where the environment is damaged. Returns `text`. */
#define ENV_REMEDY_SIZE (3 * ENV_PATH_SIZE)
const char *env_remedy(const struct env *env, char text[ENV_REMEDY_SIZE]);

/* Whether data.mdb can be mapped: a regular file of LMDB's, as long as it says itself. `ret_stat` is of what was
 * looked at, `ret_writable` whether this process may write it. -ENOENT, -EACCES, -EBADMSG, ... with a text. */
int env_check_data(const struct env *env, struct stat *ret_stat, bool *ret_writable, struct netboot_error *error);
/* Whether something else than LMDB has written to the header of the file that is open, as who copies over it.
 * `idle`: the transaction of a slot that is taken. */
bool env_is_overwritten(const struct env *env, MDB_txn *idle);
/* Whether lock.mdb is there and may be written, so that LMDB never works without locks. Not to be called while LMDB
 * has it open in this process: closing a file drops all of a process's locks on it. */
int env_check_lock(const struct env *env, struct stat *ret_stat, struct netboot_error *error);

/* ---- env_pages.c */

/* Looks through all pages of the state that the transaction has, which has read none so far. -EBADMSG with a text;
 * -EAGAIN: other programs write so fast that the transaction is to be begun again. */
int env_check_pages(const struct env *env, MDB_txn *txn, struct netboot_error *error);

/* ---- env_files.c */

/* Makes directory and empty environment, which `fill` completes; all of it or nothing. -EEXIST. */
int env_create(const struct env_spec *spec, const char *directory, int (*fill)(MDB_txn *txn, const MDB_dbi *tables),
               struct netboot_error *error);
/* Moves an environment that is damaged out of the way, as NAME.damaged, in place of the last one there. `damaged` is of
 * its data file: where another one is there by now, that stays. */
int env_set_aside(const struct env_spec *spec, const char *directory, const struct stat *damaged,
                  struct netboot_error *error);
/* Gives directory and files the permissions that they should have, where this process may. */
void env_repair(const struct env *env);
/* Makes lock.mdb or write.lock with the right group and mode. Negative errno value. */
int env_make_file(const struct env *env, const char *path);
/* Gives the lock file of that size all its blocks. */
int env_allocate_lock(int fd, off_t size);
bool env_is_owner(const struct env *env);
/* The lock that every writer takes before LMDB's, which has no deadline. A file descriptor: close it to unlock. */
int env_lock_writers(const struct env *env, unsigned deadline_ms, struct netboot_error *error);

/* ---- env.c, env_open.c, env_write.c */

int env_init(struct env *env, const struct env_spec *spec, const char *directory, struct netboot_error *error);
/* Makes room for that many simultaneous look-ups; 0: the default. The environment is closed then. */
int env_prepare(struct env *env, unsigned readers, struct netboot_error *error);
/* Frees what env_prepare() made. The environment is closed, or this is a forked child. */
void env_fini(struct env *env);

/* Opens, or opens again. -EBUSY: this process has it open already, or look-ups did not end within `deadline_ms`. */
int env_open(struct env *env, unsigned deadline_ms, struct netboot_error *error);
/* Closes as soon as no look-up is under way. */
void env_close(struct env *env);
/* Whether other files are there now than those that are open, or theirs were cut. */
bool env_is_replaced(const struct env *env);
/* Whether it has to be opened again, for that or another reason. The slot is one that is taken. */
bool env_is_stale(const struct env *env, const struct env_slot *slot);
bool env_in_child(const struct env *env);

/* A slot for this thread. No system call, no lock, unless the environment is being remapped or opened at the moment.
 * -EAGAIN: all are busy, or it is closed; -ECHILD. */
int env_take(struct env *env, struct env_slot **ret);
void env_give(struct env_slot *slot);
/* A slot with a transaction of the newest state, until env_read_end(). */
int env_read_begin(struct env *env, struct env_slot **ret);
/* Makes the slot's cursor one of its transaction. LMDB's code. */
int env_renew_cursor(struct env *env, struct env_slot *slot);
void env_read_end(struct env_slot *slot);

/* A write transaction for the holder of the writers' lock, and a slot that keeps the environment open until
 * env_write_end(). The map has room for more than is stored. */
int env_write_begin(struct env *env, MDB_txn **ret_txn, struct env_slot **ret_slot, struct netboot_error *error);

/* Clears the places of readers that died. */
void env_clear_readers(struct env *env);

/* ---- Between these files only */

#define ENV_PAUSE_MS 200 /* that a packet waits at most, for the map to grow or the store to be opened again */

uint64_t env_now_us(void);
void env_sleep_us(long us);

/* All slots, so that the environment is this thread's alone until env_give_all(): -EBUSY after the deadline. */
int env_take_all(struct env *env, uint64_t deadline_us);
void env_give_all(struct env *env);
/* With all slots held: makes the slots' transactions, drops one, closes. */
int env_make_slots(struct env *env);
void env_drop_slot(struct env_slot *slot);
void env_close_held(struct env *env);
/* What a map may take of address space. */
size_t env_map_limit(const struct env *env);
/* Makes the map large enough for the data, and at least as large as wanted if that can be had. */
int env_remap(struct env *env, size_t wanted);
/* Notes what no retry cures in an environment that stays open. */
void env_note_broken(struct env *env, int rc);

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- Codes */

/* LMDB's code as negative errno value. */
int env_code(int rc);
/* The same with a text; what failed is in `doing`, as "open". Notes when the environment has to be opened again. */
int env_failure(struct env *env, int rc, const char *doing, struct netboot_error *error);

#endif
