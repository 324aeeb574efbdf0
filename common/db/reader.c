/* SPDX-License-Identifier: MPL-2.0 */
/* Setting up and freeing a place, LMDB's codes, and the reader slots. */
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

uint64_t env_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void env_sleep_us(long us)
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

int env_code(int rc)
{
    if (rc >= 0)
        return -rc;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].rc == rc)
            return codes[i].code;
    return -EIO;
}

void env_ask(struct env *env, atomic_bool *noted)
{
    if (!atomic_exchange(noted, true) && env->worker)
        worker_wake(env->worker);
}

/* Notes an error that only opening the database again can clear. EINVAL is LMDB's: a record that does not fit is
 * ENOBUFS. */
void env_note_broken(struct db *db, int rc)
{
    if (rc == MDB_PANIC || rc == MDB_BAD_RSLOT || rc == MDB_BAD_DBI || rc == MDB_BAD_TXN || rc == EINVAL)
        env_ask(db->env, &db->broken);
}

/* LMDB reports a write that a full disk cut short as EIO. */
static bool disk_is_full(const struct env *env)
{
    struct statvfs status;

    return statvfs(env->path, &status) == 0 && (status.f_bavail < 16 || (status.f_files > 0 && status.f_favail == 0));
}

int env_failure(struct db *db, int rc, const char *doing, struct netboot_error *error)
{
    struct env *env = db->env;
    const char *what = env->spec->what, *directory = env->directory;
    int code = env_code(rc);

    env_note_broken(db, rc);
    if (rc == MDB_MAP_FULL) {
        atomic_store(&env->wanted, 2 * ENV_MAP_SIZE);
        return failure(error, -ENOSPC,
                       "cannot %s the %s in %s: this change needs more room than was reserved; nothing was changed; "
                       "try again: the next change gets more room",
                       doing, what, directory);
    }
    if (rc == ENOSPC || rc == EDQUOT || (rc == EIO && disk_is_full(env)))
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
                       "cannot %s the %s in %s: all %d reader slots are in use; stop some programs that use it", doing,
                       what, directory, ENV_READERS_MAX);
    return failure(error, code, "cannot %s the %s in %s: %s", doing, what, directory, mdb_strerror(rc));
}

/* ---- Beginning and end of the structure */

static int set_path(char path[ENV_PATH_SIZE], const char *directory, const char *name, const char *file,
                    struct netboot_error *error)
{
    if (snprintf(path, ENV_PATH_SIZE, "%s/%s%s", directory, name, file) >= ENV_PATH_SIZE)
        return failure(error, -ENAMETOOLONG, "the path of the directory '%.80s...' is too long: use a shorter one",
                       directory);
    return 0;
}

int env_init(struct env *env, const struct env_spec *spec, const char *directory, struct netboot_error *error)
{
    int code;

    *env = (struct env){.spec = spec, .directory = directory, .pid = getpid()};
    if (!directory || !*directory)
        return failure(error, -EINVAL, "no directory given for the %s", spec->what);
    if ((code = set_path(env->path, directory, spec->name, "", error)) != 0 ||
        (code = set_path(env->data_path, directory, spec->name, "/data.mdb", error)) != 0 ||
        (code = set_path(env->lock_path, directory, spec->name, "/lock.mdb", error)) != 0 ||
        (code = set_path(env->write_path, directory, spec->name, "/write.lock", error)) != 0)
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

int env_prepare(struct env *env, unsigned readers, struct netboot_error *error)
{
    env->slot_room = readers > 0 ? readers : ENV_READERS;
    if (env->slot_room >= ENV_READERS_MAX)
        return failure(error, -EINVAL, "%u simultaneous look-ups requested: at most %d are possible", env->slot_room,
                       ENV_READERS_MAX - 1);
    env->not_forked = make_fork_page();
    pthread_mutex_init(&env->swap, NULL);
    if (!db_spare(env))
        return failure(error, -ENOMEM, "out of memory for %u reader slots", env->slot_room);
    return 0;
}

void env_fini(struct env *env)
{
    if (env->slot_room == 0)
        return;
    while (env->all) {
        struct db *db = env->all;
        env->all = db->next;
        free(db->slots);
        free(db->caches);
        free(db);
    }
    if (!env_in_child(env))
        pthread_mutex_destroy(&env->swap);
    if (env->not_forked)
        munmap((void *)env->not_forked, (size_t)sysconf(_SC_PAGESIZE));
}

bool env_in_child(const struct env *env)
{
    return env->not_forked ? *(const volatile unsigned *)env->not_forked != 1 : getpid() != env->pid;
}

/* ---- Slots */

static int make_slot(struct env_slot *slot)
{
    struct db *db = slot->db;
    int rc = mdb_txn_begin(db->mdb, NULL, MDB_RDONLY, &slot->txn);

    if (rc != 0) {
        slot->txn = NULL;
        return rc;
    }
    rc = mdb_cursor_open(slot->txn, db->tables[db->env->spec->cursor_table], &slot->cursor);
    if (rc != 0) {
        mdb_txn_abort(slot->txn);
        slot->txn = NULL;
    }
    return rc;
}

/* Servers make all their slots at the start: later, this would allocate on the packet path. Where other processes left
 * fewer reader slots than wanted, as many as there are. */
int db_make_slots(struct db *db)
{
    const struct env *env = db->env;
    unsigned wanted = env->server ? env->slot_room : 1, count = 0;
    int rc = 0;

    while (count < wanted && (rc = make_slot(&db->slots[count])) == 0)
        mdb_txn_reset(db->slots[count++].txn);
    if (rc != 0 && (rc != MDB_READERS_FULL || count == 0))
        return rc;
    atomic_store(&db->slot_count, env->server ? count : env->slot_room);
    return 0;
}

/* Where a thread begins to look for a free slot: mostly at another one for each thread, to share no cache lines. Thread
 * pointers are a stack apart; the golden ratio spreads evenly spaced values. */
static unsigned first_slot(unsigned count)
{
    uint32_t hash = (uint32_t)(((uint64_t)(uintptr_t)pthread_self() * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

    return (unsigned)((uint64_t)hash * count >> 32);
}

static inline struct env_slot *take_free(struct db *db)
{
    unsigned count = atomic_load_explicit(&db->slot_count, memory_order_relaxed), at = first_slot(count);

    for (unsigned i = 0; i < count; i++) {
        struct env_slot *slot = &db->slots[at];
        unsigned idle = SLOT_FREE;
        if (atomic_compare_exchange_strong_explicit(&slot->busy, &idle, SLOT_TAKEN, memory_order_acquire,
                                                    memory_order_relaxed))
            return slot;
        at = at + 1 < count ? at + 1 : 0;
    }
    return NULL;
}

struct env_slot *db_take(struct db *db)
{
    return take_free(db);
}

int env_take(struct env *env, struct env_slot **ret)
{
    struct db *db = atomic_load_explicit(&env->current, memory_order_acquire), *before = NULL;

    if (env_in_child(env))
        return -ECHILD;
    /* A database that is no longer current has all slots kept: look for the current one. */
    for (; db && db != before; db = atomic_load(&env->current)) {
        struct env_slot *slot = take_free(db);
        if (slot) {
            *ret = slot;
            return 0;
        }
        before = db;
    }
    return -EAGAIN;
}

void env_give(struct env_slot *slot)
{
    atomic_store_explicit(&slot->busy, SLOT_FREE, memory_order_release);
}

bool db_keep_slots(struct db *db)
{
    bool all = true;

    for (unsigned i = 0; i < db->env->slot_room; i++) {
        unsigned is = SLOT_FREE;
        all &= atomic_compare_exchange_strong(&db->slots[i].busy, &is, SLOT_KEPT) || is == SLOT_KEPT;
    }
    return all;
}

bool db_drain(struct db *db, uint64_t deadline)
{
    for (long pause = 20; !db_keep_slots(db); pause = pause < 1000 ? 2 * pause : 1000) {
        if (env_now_us() >= deadline)
            return false;
        env_sleep_us(pause);
    }
    return true;
}

void db_free_slots(struct db *db)
{
    for (unsigned i = 0; i < db->env->slot_room; i++)
        if (atomic_load_explicit(&db->slots[i].busy, memory_order_relaxed) == SLOT_KEPT)
            env_give(&db->slots[i]);
}

/* ---- Reading */

/* In a server, its thread repairs the failure; packets just fail. */
static int begin_failed(struct env *env, struct env_slot *slot, int rc)
{
    struct db *db = slot->db;

    env_note_broken(db, rc);
    if (rc == MDB_MAP_RESIZED)
        env_ask(env, &db->outgrown);
    env_give(slot);
    if (rc == MDB_MAP_RESIZED && !env->server)
        return env_remap(env, 0, 0);
    return env_code(rc);
}

int env_read_begin(struct env *env, struct env_slot **ret)
{
    struct env_slot *slot;
    int code;

    while ((code = env_take(env, &slot)) == 0) {
        int rc = slot->txn ? mdb_txn_renew(slot->txn) : make_slot(slot);
        if (rc == 0) {
            *ret = slot;
            return 0;
        }
        if ((code = begin_failed(env, slot, rc)) != 0)
            break;
    }
    return code;
}

static bool comes_again(const struct env *env)
{
    const struct db *db = atomic_load(&env->current);

    return db && (db == &env_between || atomic_load(&db->outgrown));
}

int env_read_wait(struct env *env, struct env_slot **ret)
{
    enum { WAIT_MS = 200 };
    uint64_t deadline = env_now_us() + WAIT_MS * 1000;
    int code;

    while ((code = env_read_begin(env, ret)) == -EAGAIN && comes_again(env) && env_now_us() < deadline)
        env_sleep_us(1000);
    return code;
}

int env_renew_cursor(struct env_slot *slot)
{
    int rc = mdb_cursor_renew(slot->txn, slot->cursor);

    if (rc != 0)
        env_note_broken(slot->db, rc);
    return rc;
}

void env_read_end(struct env_slot *slot)
{
    mdb_txn_reset(slot->txn);
    env_give(slot);
}
