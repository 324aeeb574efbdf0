/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which database of a place is current, and how another one replaces it.
 *
 * A new store is opened and checked beside the current one, which packets still use, and becomes current by one
 * pointer. The old one is closed when its last look-up has ended; a view may be held for long. LMDB must not open a
 * file twice in a process. If one of the two files is the same as before, because only the other was replaced or
 * because the open database is broken, nothing is current until the old one is closed, and packets fail at once.
 */
#include "db/db.h"

#include "base/failure.h"

#include <errno.h>

struct db env_between;

/* ---- What is current, with the mutex held */

bool env_lock(struct env *env, uint64_t deadline)
{
    while (pthread_mutex_trylock(&env->swap) != 0) {
        if (env_now_us() >= deadline)
            return false;
        env_sleep_us(50);
    }
    return true;
}

void env_show(struct env *env, struct db *db)
{
    db_free_slots(db);
    atomic_store(&env->current, db);
}

void env_hide(struct env *env, bool comes_again)
{
    atomic_store(&env->current, comes_again ? &env_between : NULL);
}

static void reap_held(struct env *env)
{
    for (struct db *db = env->all; db; db = db->next)
        if (db->mdb && db != env_current(env) && db_keep_slots(db))
            db_close(db);
}

void env_reap(struct env *env)
{
    if (pthread_mutex_trylock(&env->swap) != 0)
        return; /* the thread that has it does it */
    reap_held(env);
    pthread_mutex_unlock(&env->swap);
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

bool env_is_replaced(const struct db *db)
{
    return is_other_file(db->env->data_path, &db->data) || is_other_file(db->env->lock_path, &db->lock);
}

bool env_is_stale(const struct env_slot *slot)
{
    const struct db *db = slot->db;

    return atomic_load(&db->broken) || env_is_replaced(db) || (slot->txn && env_is_overwritten(db, slot->txn));
}

static bool is_stale(struct db *db)
{
    struct env_slot *slot = db_take(db);
    bool stale = slot ? env_is_stale(slot) : atomic_load(&db->broken) || env_is_replaced(db);

    if (slot)
        env_give(slot);
    return stale;
}

/* ---- Opening, with the mutex held */

/* An open database that has one of the files that were found. */
static struct db *find_same(struct env *env, const struct db *found)
{
    struct db *db = env->all;

    while (db && (!db->mdb || (!same_file(&db->data, &found->data) && !same_file(&db->lock, &found->lock))))
        db = db->next;
    return db;
}

/* Closes it: then its files may be opened again. */
static int close_first(struct env *env, struct db *db, uint64_t deadline, struct netboot_error *error)
{
    if (db == env_current(env))
        env_hide(env, true);
    if (!db_drain(db, deadline))
        return failure(error, -EBUSY, "another thread of this process uses the %s in %s: try again", env->spec->what,
                       env->directory);
    db_close(db);
    return 0;
}

/* Makes the found files current. They may be those of an open database: a store that had replaced it may have been
 * removed again. */
static int show_found(struct env *env, struct db *found, uint64_t deadline, struct netboot_error *error)
{
    struct db *same;
    int code;

    while ((same = find_same(env, found))) {
        if (same != env_current(env))
            db_free_slots(same);
        if (!is_stale(same)) {
            env_show(env, same);
            return 0;
        }
        if ((code = close_first(env, same, deadline, error)) != 0)
            return code;
    }
    if ((code = db_open(found, error)) == 0)
        env_show(env, found);
    return code;
}

static int open_held(struct env *env, uint64_t deadline, struct netboot_error *error)
{
    struct db *found = db_spare(env);
    int code;

    if (!found)
        return failure(error, -ENOMEM, "out of memory for the %s", env->spec->what);
    if ((code = env_look(found, error)) == 0)
        code = show_found(env, found, deadline, error);
    if (found != env_current(env))
        db_close(found);
    return code;
}

int env_open(struct env *env, unsigned deadline_ms, struct netboot_error *error)
{
    enum { STEPS_US = 500000 }; /* a program may replace a store in two steps */
    uint64_t now = env_now_us(), deadline = now + deadline_ms * UINT64_C(1000), last = now + STEPS_US;
    int code;

    if (!env_lock(env, deadline))
        return failure(error, -EBUSY, "another thread of this process uses the %s in %s: try again", env->spec->what,
                       env->directory);
    code = open_held(env, deadline, error);
    while ((code == -ENOENT || code == -EAGAIN) && env_is_open(env) && env_now_us() < last) {
        env_sleep_us(10000);
        code = open_held(env, deadline, error);
    }
    if (code != 0 && code != -EBUSY)
        env_hide(env, code == -EAGAIN);
    reap_held(env);
    pthread_mutex_unlock(&env->swap);
    return code;
}

/* With all slots, as one transaction of a process at a time may open tables. */
void env_look_for_tables(struct env *env)
{
    struct db *db;
    MDB_txn *txn;

    if (!env_lock(env, 0))
        return;
    if ((db = env_current(env))) {
        env_hide(env, true);
        if (db_keep_slots(db) && mdb_txn_begin(db->mdb, NULL, MDB_RDONLY, &txn) == 0) {
            db_open_more_tables(db, txn);
            mdb_txn_commit(txn); /* so that they stay open */
        }
        env_show(env, db);
    }
    pthread_mutex_unlock(&env->swap);
}

void env_close(struct env *env)
{
    pthread_mutex_lock(&env->swap);
    env_hide(env, false);
    for (struct db *db = env->all; db; db = db->next)
        if (db->mdb && db_drain(db, UINT64_MAX))
            db_close(db);
    pthread_mutex_unlock(&env->swap);
}

/* ---- The thread of a server */

int env_follow(struct env *env, bool clear_readers, struct netboot_error *error)
{
    enum { DEADLINE_MS = 1000 };
    struct env_slot *slot;

    env_reap(env);
    if (env_take(env, &slot) != 0) /* closed, or all slots are busy: then packets are being answered */
        return env_is_open(env) ? 0 : env_open(env, DEADLINE_MS, error);
    bool reopen = env_is_stale(slot), outgrown = atomic_load(&slot->db->outgrown);
    if (!reopen && clear_readers)
        env_clear_readers(slot->db);
    env_give(slot);
    if (reopen)
        return env_open(env, DEADLINE_MS, error);
    if (outgrown)
        env_remap(env, 0, DEADLINE_MS);
    return 0;
}
