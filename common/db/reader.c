/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An environment's reader slots.
 *
 * The gate tells packets how things stand: open; closed, where all slots are held by no one in particular, so that
 * none can be taken; or paused, where someone has all slots for a moment and a packet does better to wait.
 */
#include "db/db.h"

#include "base/failure.h"

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

/* What no retry cures in an environment that stays open. */
void env_note_broken(struct env *env, int rc)
{
    if (rc == MDB_PANIC || rc == MDB_BAD_RSLOT || rc == MDB_BAD_DBI || rc == MDB_BAD_TXN || rc == EINVAL)
        atomic_store(&env->broken, true);
}

/* LMDB reports a write that a full disk cut short as EIO. */
static bool disk_is_full(const struct env *env)
{
    struct statvfs status;

    return statvfs(env->path, &status) == 0 && (status.f_bavail < 16 || (status.f_files > 0 && status.f_favail == 0));
}

int env_failure(struct env *env, int rc, const char *doing, struct netboot_error *error)
{
    const char *what = env->spec->what, *directory = env->directory;
    int code = env_code(rc);

    env_note_broken(env, rc);
    if (rc == MDB_MAP_FULL) {
        atomic_store(&env->wanted, 2 * ENV_MAP_SIZE);
        return failure(error, -ENOSPC,
                       "cannot %s the %s in %s: this one change is larger than the room set aside for it; nothing was "
                       "changed; try again, the next change gets more room",
                       doing, what, directory);
    }
    if (rc == ENOSPC || rc == EDQUOT || (rc == EIO && disk_is_full(env)))
        return failure(error, -ENOSPC,
                       "cannot %s the %s in %s: the disk is full; nothing was changed; make room and try again", doing,
                       what, directory);
    if (rc == EAGAIN)
        return failure(error, -EAGAIN,
                       "cannot %s the %s in %s: a process of another PID namespace has this one's process id there; "
                       "run all programs that use it in one PID namespace",
                       doing, what, directory);
    if (rc == MDB_READERS_FULL)
        return failure(error, code, "cannot %s the %s in %s: all %d places for readers are taken; end some program",
                       doing, what, directory, ENV_READERS_MAX);
    return failure(error, code, "cannot %s the %s in %s: %s", doing, what, directory, mdb_strerror(rc));
}

/* ---- Beginning and end of the structure */

static int set_path(char path[ENV_PATH_SIZE], const char *directory, const char *name, const char *file,
                    struct netboot_error *error)
{
    if (snprintf(path, ENV_PATH_SIZE, "%s/%s%s", directory, name, file) >= ENV_PATH_SIZE)
        return failure(error, -ENAMETOOLONG, "the name of the directory '%.80s...' is too long", directory);
    return 0;
}

int env_init(struct env *env, const struct env_spec *spec, const char *directory, struct netboot_error *error)
{
    int code;

    *env = (struct env){.spec = spec, .directory = directory, .guard = -1, .pid = getpid()};
    if (!directory || !*directory)
        return failure(error, -EINVAL, "no directory is given for the %s", spec->what);
    if ((code = set_path(env->path, directory, spec->name, "", error)) != 0 ||
        (code = set_path(env->data_path, directory, spec->name, "/data.mdb", error)) != 0 ||
        (code = set_path(env->lock_path, directory, spec->name, "/lock.mdb", error)) != 0 ||
        (code = set_path(env->write_path, directory, spec->name, "/write.lock", error)) != 0)
        return code;
    return 0;
}

/* A page that a forked child sees wiped. Kernels and emulators without that: NULL, and getpid() has to tell. */
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
        return failure(error, -EINVAL, "%u simultaneous look-ups are asked for: at most %d", env->slot_room,
                       ENV_READERS_MAX - 1);
    env->slots = aligned_alloc(_Alignof(struct env_slot), env->slot_room * sizeof(struct env_slot));
    if (!env->slots)
        return failure(error, -ENOMEM, "no memory for %u reader slots", env->slot_room);
    memset(env->slots, 0, env->slot_room * sizeof(struct env_slot));
    for (unsigned i = 0; i < env->slot_room; i++)
        atomic_init(&env->slots[i].busy, 1);
    env->not_forked = make_fork_page();
    pthread_mutex_init(&env->all, NULL);
    return 0;
}

void env_fini(struct env *env)
{
    if (!env->slots)
        return;
    if (!env_in_child(env))
        pthread_mutex_destroy(&env->all);
    if (env->not_forked)
        munmap((void *)env->not_forked, (size_t)sysconf(_SC_PAGESIZE));
    free(env->slots);
}

bool env_in_child(const struct env *env)
{
    return env->not_forked ? *(const volatile unsigned *)env->not_forked != 1 : getpid() != env->pid;
}

/* ---- Taking all slots */

static bool lock_all(struct env *env, uint64_t deadline)
{
    while (pthread_mutex_trylock(&env->all) != 0) {
        if (env_now_us() >= deadline)
            return false;
        env_sleep_us(50);
    }
    return true;
}

/* The environment is this thread's alone until env_give_all(). */
int env_take_all(struct env *env, uint64_t deadline)
{
    if (!lock_all(env, deadline))
        return -EBUSY;
    if (atomic_load(&env->gate) == ENV_CLOSED)
        return 0;
    atomic_store(&env->gate, ENV_PAUSED);
    for (unsigned i = 0; i < env->slot_room; i++) {
        unsigned idle = 0;
        while (!atomic_compare_exchange_weak(&env->slots[i].busy, &idle, 1)) {
            if (env_now_us() >= deadline) {
                while (i-- > 0)
                    env_give(&env->slots[i]);
                atomic_store(&env->gate, ENV_OPEN);
                pthread_mutex_unlock(&env->all);
                return -EBUSY;
            }
            idle = 0;
            env_sleep_us(20);
        }
    }
    return 0;
}

void env_give_all(struct env *env)
{
    if (env->mdb) {
        for (unsigned i = 0; i < env->slot_room; i++)
            env_give(&env->slots[i]);
        atomic_store(&env->gate, ENV_OPEN);
    } else {
        atomic_store(&env->gate, ENV_CLOSED);
    }
    pthread_mutex_unlock(&env->all);
}

/* ---- Slots */

static int make_slot(struct env *env, struct env_slot *slot)
{
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &slot->txn);

    if (rc != 0) {
        slot->txn = NULL;
        return rc;
    }
    rc = mdb_cursor_open(slot->txn, env->tables[env->spec->cursor_table], &slot->cursor);
    if (rc != 0) {
        mdb_txn_abort(slot->txn);
        slot->txn = NULL;
    }
    return rc;
}

void env_drop_slot(struct env_slot *slot)
{
    if (!slot->txn)
        return;
    mdb_cursor_close(slot->cursor);
    mdb_txn_abort(slot->txn);
    slot->txn = NULL;
    slot->cursor = NULL;
}

/* Servers have all their slots from the start: what comes later would be allocations on the packet path. Where other
 * processes left less places than wanted, as many as there are. */
int env_make_slots(struct env *env)
{
    unsigned wanted = env->server ? env->slot_room : 1, count = 0;
    int rc = 0;

    while (count < wanted && (rc = make_slot(env, &env->slots[count])) == 0)
        mdb_txn_reset(env->slots[count++].txn);
    if (rc != 0 && (rc != MDB_READERS_FULL || count == 0))
        return rc;
    atomic_store(&env->slot_count, env->server ? count : env->slot_room);
    return 0;
}

/* Where a thread begins to look for a free slot: its own place as far as possible, so that threads share no cache
 * lines. Thread pointers lie a stack apart; the golden ratio spreads what is evenly spaced. */
static unsigned first_slot(unsigned count)
{
    uint32_t hash = (uint32_t)(((uint64_t)(uintptr_t)pthread_self() * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

    return (unsigned)((uint64_t)hash * count >> 32);
}

static struct env_slot *take_free(struct env *env)
{
    unsigned count = atomic_load_explicit(&env->slot_count, memory_order_relaxed), at = first_slot(count);

    for (unsigned i = 0; i < count; i++) {
        struct env_slot *slot = &env->slots[at];
        unsigned idle = 0;
        if (atomic_compare_exchange_strong_explicit(&slot->busy, &idle, 1, memory_order_acquire, memory_order_relaxed))
            return slot;
        at = at + 1 < count ? at + 1 : 0;
    }
    return NULL;
}

int env_take(struct env *env, struct env_slot **ret)
{
    enum { TRIES = 4 };

    if (env_in_child(env))
        return -ECHILD;
    for (unsigned i = 0; i < TRIES; i++) {
        int gate = atomic_load_explicit(&env->gate, memory_order_relaxed);
        if (gate == ENV_OPEN) {
            struct env_slot *slot = take_free(env);
            if (slot) {
                *ret = slot;
                return 0;
            }
            gate = atomic_load(&env->gate);
        }
        if (gate != ENV_PAUSED || !lock_all(env, env_now_us() + ENV_PAUSE_MS * 1000))
            return -EAGAIN;
        pthread_mutex_unlock(&env->all);
    }
    return -EAGAIN;
}

void env_give(struct env_slot *slot)
{
    atomic_store_explicit(&slot->busy, 0, memory_order_release);
}

static int renew_slot(struct env *env, struct env_slot *slot)
{
    return slot->txn ? mdb_txn_renew(slot->txn) : make_slot(env, slot);
}

int env_read_begin(struct env *env, struct env_slot **ret)
{
    enum { TRIES = 4 };

    for (unsigned i = 0; i < TRIES; i++) {
        struct env_slot *slot;
        int code = env_take(env, &slot);
        if (code != 0)
            return code;
        int rc = renew_slot(env, slot);
        if (rc == 0) {
            *ret = slot;
            return 0;
        }
        env_give(slot);
        env_note_broken(env, rc);
        if (rc != MDB_MAP_RESIZED)
            return env_code(rc);
        if ((code = env_remap(env, 0)) != 0)
            return code;
    }
    return -EAGAIN;
}

int env_renew_cursor(struct env *env, struct env_slot *slot)
{
    int rc = mdb_cursor_renew(slot->txn, slot->cursor);

    if (rc != 0)
        env_note_broken(env, rc);
    return rc;
}

void env_read_end(struct env_slot *slot)
{
    mdb_txn_reset(slot->txn);
    env_give(slot);
}
