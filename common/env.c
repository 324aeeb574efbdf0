/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Opening an environment, its reader slots, and the growth of its map.
 *
 * The gate tells packets how things stand: open; closed, where all slots are held by no one in particular, so that
 * none can be taken; or paused, where someone has all slots for a moment and a packet does better to wait.
 */
#include "env.h"

#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS 200 /* that a packet waits at most, for the map to grow or the store to be opened again */
#define REOPEN_MS 2000

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void sleep_us(long us)
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
static void note_broken(struct env *env, int rc)
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

    note_broken(env, rc);
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

/* ---- One environment a process
 *
 * LMDB must not have a file open twice in a process: its locks are the process's. Hence the only static state here.
 */

static struct {
    pthread_mutex_t mutex;
    struct guard {
        dev_t device;
        ino_t inode;
        pid_t pid; /* 0: free. What a forked child inherits is not its own. */
    } guards[32];
} opened = {.mutex = PTHREAD_MUTEX_INITIALIZER};

#define GUARDS (int)(sizeof(opened.guards) / sizeof(opened.guards[0]))

/* A place in the list, or -EBUSY. */
static int guard_enter(const struct stat *directory)
{
    int place = -EBUSY;
    pid_t pid = getpid();

    pthread_mutex_lock(&opened.mutex);
    for (int i = 0; i < GUARDS; i++) {
        const struct guard *guard = &opened.guards[i];
        if (guard->pid != pid)
            place = i;
    }
    for (int i = 0; i < GUARDS; i++) {
        const struct guard *guard = &opened.guards[i];
        if (guard->pid == pid && guard->device == directory->st_dev && guard->inode == directory->st_ino)
            place = -EBUSY;
    }
    if (place >= 0)
        opened.guards[place] = (struct guard){directory->st_dev, directory->st_ino, pid};
    pthread_mutex_unlock(&opened.mutex);
    return place;
}

static void guard_leave(int place)
{
    pthread_mutex_lock(&opened.mutex);
    opened.guards[place].pid = 0;
    pthread_mutex_unlock(&opened.mutex);
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
        if (now_us() >= deadline)
            return false;
        sleep_us(50);
    }
    return true;
}

/* The environment is this thread's alone until give_all(). */
static int take_all(struct env *env, uint64_t deadline)
{
    if (!lock_all(env, deadline))
        return -EBUSY;
    if (atomic_load(&env->gate) == ENV_CLOSED)
        return 0;
    atomic_store(&env->gate, ENV_PAUSED);
    for (unsigned i = 0; i < env->slot_room; i++) {
        unsigned idle = 0;
        while (!atomic_compare_exchange_weak(&env->slots[i].busy, &idle, 1)) {
            if (now_us() >= deadline) {
                while (i-- > 0)
                    env_give(&env->slots[i]);
                atomic_store(&env->gate, ENV_OPEN);
                pthread_mutex_unlock(&env->all);
                return -EBUSY;
            }
            idle = 0;
            sleep_us(20);
        }
    }
    return 0;
}

static void give_all(struct env *env)
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

static void drop_slot(struct env_slot *slot)
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
static int make_slots(struct env *env)
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
        if (gate != ENV_PAUSED || !lock_all(env, now_us() + PAUSE_MS * 1000))
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
    int rc;

    if (!slot->txn)
        return make_slot(env, slot);
    if ((rc = mdb_txn_renew(slot->txn)) != 0)
        return rc;
    if ((rc = mdb_cursor_renew(slot->txn, slot->cursor)) != 0)
        mdb_txn_reset(slot->txn);
    return rc;
}

static int remap(struct env *env, size_t wanted);

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
        note_broken(env, rc);
        if (rc != MDB_MAP_RESIZED)
            return env_code(rc);
        if ((code = remap(env, 0)) != 0)
            return code;
    }
    return -EAGAIN;
}

void env_read_end(struct env_slot *slot)
{
    mdb_txn_reset(slot->txn);
    env_give(slot);
}

/* ---- Closing and opening, with all slots held */

static void close_held(struct env *env)
{
    if (!env->mdb)
        return;
    for (unsigned i = 0; i < env->slot_room; i++)
        drop_slot(&env->slots[i]);
    mdb_env_close(env->mdb);
    env->mdb = NULL;
    guard_leave(env->guard);
    env->guard = -1;
}

/* The address space that a process may take for a map. */
static size_t map_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX / 4;
    return (size_t)limit.rlim_cur / 4;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int open_mdb(struct env *env, size_t map_size)
{
    int rc = mdb_env_create(&env->mdb);

    if (rc != 0)
        return rc;
    if ((rc = mdb_env_set_maxdbs(env->mdb, env->spec->tables)) == 0 &&
        (rc = mdb_env_set_maxreaders(env->mdb, ENV_READERS_MAX)) == 0 &&
        (rc = mdb_env_set_mapsize(env->mdb, map_size)) == 0)
        rc = mdb_env_open(env->mdb, env->path, MDB_NOTLS | (env->writable ? 0 : MDB_RDONLY), 0660);
    if (rc != 0) {
        mdb_env_close(env->mdb);
        env->mdb = NULL;
    }
    return rc;
}

/* A map as large as address space allows; LMDB makes it at least as large as the data. */
static int open_mapped(struct env *env, struct netboot_error *error)
{
    size_t size = smaller(env->first_map_size > 0 ? env->first_map_size : ENV_MAP_SIZE, map_limit());
    int rc;

    while ((rc = open_mdb(env, size)) == ENOMEM && size / 2 > (size_t)env->data.st_size)
        size /= 2;
    return rc == 0 ? 0 : env_failure(env, rc, "open", error);
}

static int check_opened_file(struct env *env, struct netboot_error *error)
{
    struct stat status;
    mdb_filehandle_t fd;

    if (mdb_env_get_fd(env->mdb, &fd) != 0 || fstat(fd, &status) != 0 || status.st_dev != env->data.st_dev ||
        status.st_ino != env->data.st_ino)
        return failure(error, -EAGAIN, "%s was replaced while it was opened: try again", env->data_path);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return failure(error, -errno, "%s cannot be closed on exec: %s", env->data_path, strerror(errno));
    return 0;
}

static int check_format(const struct env *env, MDB_txn *txn, struct netboot_error *error)
{
    MDB_val key = {6, "format"}, value;
    int rc = mdb_get(txn, env->tables[0], &key, &value);
    const uint8_t *octets = value.mv_data;

    if (rc != 0 || value.mv_size != 4)
        return failure(error, -EBADMSG, "%s is no %s of netboot's: move it away and run 'netbootctl -d %s init'",
                       env->data_path, env->spec->what, env->directory);
    uint32_t format = (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
    if (format > env->spec->format)
        return failure(error, -ENOTSUP,
                       "the %s in %s has format %u, newer than %u, the newest that this program knows: upgrade netboot",
                       env->spec->what, env->directory, format, env->spec->format);
    return 0;
}

static int open_tables(struct env *env, MDB_txn *txn, struct netboot_error *error)
{
    for (unsigned i = 0; i < env->spec->tables; i++) {
        int rc = mdb_dbi_open(txn, env->spec->table_names[i], 0, &env->tables[i]);
        if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
            return failure(error, -EBADMSG, "%s is no %s of netboot's: move it away and run 'netbootctl -d %s init'",
                           env->data_path, env->spec->what, env->directory);
        if (rc != 0)
            return env_failure(env, rc, "open", error);
        int code = i == 0 ? check_format(env, txn, error) : 0;
        if (code != 0)
            return code;
    }
    return 0;
}

static size_t last_transaction(const struct env *env)
{
    MDB_envinfo info;

    return mdb_env_info(env->mdb, &info) == 0 ? info.me_last_txnid : 0;
}

/* The lock file says which transaction was the last, and LMDB believes it. Where a data file was put in place of
 * another while some program still has the lock file open, it speaks of the other one. `before` is what the data file
 * said before `txn` began; writers go on meanwhile, and one that is just committing, or was killed then, is one ahead
 * of the lock file. */
static bool locks_are_of_data(const struct env *env, size_t before, MDB_txn *txn)
{
    size_t locked = mdb_txn_id(txn);

    return before <= locked + 1 && locked <= last_transaction(env);
}

static int open_contents(struct env *env, struct netboot_error *error)
{
    size_t before = last_transaction(env);
    MDB_envinfo info;
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn), code;

    if (rc == MDB_READERS_FULL && mdb_reader_check(env->mdb, NULL) == 0)
        rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return env_failure(env, rc, "open", error);
    if (!locks_are_of_data(env, before, txn))
        code = failure(error, -EAGAIN,
                       "%s is not the file that other programs have open: end those that keep the old one open",
                       env->data_path);
    else
        code = open_tables(env, txn, error);
    if (code != 0) {
        mdb_txn_abort(txn);
        return code;
    }
    if ((rc = mdb_txn_commit(txn)) != 0 || (rc = make_slots(env)) != 0 || (rc = mdb_env_info(env->mdb, &info)) != 0)
        return env_failure(env, rc, "open", error);
    if (info.me_numreaders == 0) /* LMDB has not told that it works without its lock file */
        return failure(error, -EROFS, "the locks of %s do not work: mount it writable", env->path);
    return 0;
}

static int open_held(struct env *env, struct netboot_error *error)
{
    struct stat directory;
    int code = env_check_data(env, &env->data, &env->writable, error);

    if (code != 0)
        return code;
    if (stat(env->path, &directory) != 0)
        return failure(error, -errno, "%s cannot be looked at: %s", env->path, strerror(errno));
    if ((env->guard = guard_enter(&directory)) < 0)
        return failure(error, -EBUSY, "this process has the %s in %s open already", env->spec->what, env->directory);
    if ((code = env_check_lock(env, &env->lock, error)) == 0)
        code = open_mapped(env, error);
    if (code != 0) {
        guard_leave(env->guard);
        env->guard = -1;
        return code;
    }
    if ((code = check_opened_file(env, error)) != 0 || (code = open_contents(env, error)) != 0) {
        close_held(env);
        return code;
    }
    atomic_store(&env->broken, false);
    env->epoch++;
    return 0;
}

int env_open(struct env *env, unsigned deadline_ms, struct netboot_error *error)
{
    int code = take_all(env, now_us() + deadline_ms * UINT64_C(1000));

    if (code != 0)
        return failure(error, code, "the %s in %s is in use by this process: try again", env->spec->what,
                       env->directory);
    close_held(env);
    code = open_held(env, error);
    give_all(env);
    return code;
}

void env_close(struct env *env)
{
    while (take_all(env, now_us() + 1000000) != 0)
        ;
    close_held(env);
    give_all(env);
}

static bool is_other_file(const char *path, const struct stat *opened_file)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR;
    return status.st_dev != opened_file->st_dev || status.st_ino != opened_file->st_ino;
}

bool env_is_replaced(const struct env *env)
{
    return is_other_file(env->data_path, &env->data) || is_other_file(env->lock_path, &env->lock);
}

void env_clear_readers(struct env *env)
{
    int rc = mdb_reader_check(env->mdb, NULL);

    if (rc != 0)
        note_broken(env, rc);
}

/* ---- The map */

static int map_state(const struct env *env, size_t *ret_used, size_t *ret_size)
{
    MDB_envinfo info;
    MDB_stat status;
    int rc = mdb_env_info(env->mdb, &info);

    if (rc == 0)
        rc = mdb_env_stat(env->mdb, &status);
    if (rc != 0)
        return rc;
    *ret_used = (info.me_last_pgno + 1) * status.ms_psize;
    *ret_size = info.me_mapsize;
    return 0;
}

/* LMDB gives the old map up before it asks for the new one; so ask first whether there is address space. */
static bool has_address_space(size_t size)
{
    void *place = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return place != MAP_FAILED && munmap(place, size) == 0;
}

static int remap_held(struct env *env, size_t wanted)
{
    size_t used, size;
    int rc = map_state(env, &used, &size);

    if (rc != 0)
        return env_code(rc);
    if (size >= used && size >= wanted)
        return 0; /* another thread was faster */
    if (wanted == 0)
        wanted = smaller(used, SIZE_MAX / 2) * 2;
    if (wanted > map_limit() || !has_address_space(wanted))
        wanted = used + used / 4;
    if (wanted <= size || !has_address_space(wanted))
        return size >= used ? 0 : -ENOMEM;
    env->epoch++;
    rc = mdb_env_set_mapsize(env->mdb, wanted);
    if (rc != 0)
        close_held(env); /* there is no map any more */
    return env_code(rc);
}

/* Makes the map large enough for the data, and at least as large as wanted if that can be had. */
static int remap(struct env *env, size_t wanted)
{
    int code;

    if (take_all(env, now_us() + PAUSE_MS * 1000) != 0)
        return -EAGAIN;
    code = env->mdb ? remap_held(env, wanted) : -EAGAIN;
    give_all(env);
    return code;
}

/* The size that a change needs: no one knows how much it will write, and address space costs nothing. */
static int writers_map(struct env *env, size_t *ret_wanted)
{
    size_t used, size, wanted = ENV_MAP_SIZE;
    int rc = map_state(env, &used, &size);

    if (rc != 0)
        return rc;
    if (wanted < atomic_load(&env->wanted))
        wanted = atomic_load(&env->wanted);
    while (wanted / 2 < used && wanted < map_limit())
        wanted *= 2;
    wanted = smaller(wanted, map_limit());
    *ret_wanted = wanted > size ? wanted : 0;
    return 0;
}

/* ---- Writing */

enum step { STEP_DONE, STEP_FAILED, STEP_REOPEN, STEP_GROW, STEP_RESIZED };

/* One attempt, by the holder of a slot. */
static enum step try_write(struct env *env, bool grow, size_t *ret_wanted, MDB_txn **ret_txn, int *ret_code,
                           struct netboot_error *error)
{
    int rc;

    if (atomic_load(&env->broken) || env_is_replaced(env))
        return STEP_REOPEN;
    if (!env->writable) {
        *ret_code = failure(error, -EACCES, "no permission to change the %s in %s: run this as root", env->spec->what,
                            env->directory);
        return STEP_FAILED;
    }
    if ((rc = writers_map(env, ret_wanted)) == 0 && grow && *ret_wanted > 0)
        return STEP_GROW;
    env_clear_readers(env);
    if (rc == 0)
        rc = mdb_txn_begin(env->mdb, NULL, 0, ret_txn);
    if (rc == MDB_MAP_RESIZED)
        return STEP_RESIZED;
    if (rc == 0)
        return STEP_DONE;
    *ret_code = env_failure(env, rc, "change", error);
    return STEP_FAILED;
}

int env_write_begin(struct env *env, MDB_txn **ret_txn, struct env_slot **ret_slot, struct netboot_error *error)
{
    enum { TRIES = 5 };
    bool grow = true; /* once: without more room it goes as well, as far as it goes */
    int code = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        struct env_slot *slot;
        size_t wanted = 0;
        code = env_take(env, &slot);
        if (code == -ECHILD)
            return failure(error, code, "the %s cannot be used after fork: open it anew", env->spec->what);
        if (code == -EAGAIN && atomic_load(&env->gate) != ENV_CLOSED) {
            sleep_us(1000);
            continue;
        }
        enum step step = STEP_REOPEN;
        if (code == 0) {
            step = try_write(env, grow, &wanted, ret_txn, &code, error);
            if (step == STEP_DONE) {
                *ret_slot = slot;
                return 0;
            }
            env_give(slot);
        }
        if (step == STEP_FAILED)
            return code;
        if (step == STEP_REOPEN && (code = env_open(env, REOPEN_MS, error)) != 0)
            return code;
        if (step == STEP_GROW || step == STEP_RESIZED)
            code = remap(env, wanted);
        grow = grow && step != STEP_GROW;
    }
    return failure(error, code != 0 ? code : -EAGAIN, "the %s in %s is busy: try again", env->spec->what,
                   env->directory);
}
