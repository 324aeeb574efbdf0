/* SPDX-License-Identifier: MPL-2.0 */
/* Opening and closing an environment; both while one holds all its slots. */
#include "db/db.h"

#include "base/bytes.h"
#include "base/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* ---- Closing and opening, with all slots held */

void env_close_held(struct env *env)
{
    if (!env->mdb)
        return;
    for (unsigned i = 0; i < env->slot_room; i++)
        env_drop_slot(&env->slots[i]);
    mdb_env_close(env->mdb);
    env->mdb = NULL;
    guard_leave(env->guard);
    env->guard = -1;
}

/* What a map may take: of a process's address space a part, and no more than is set. */
size_t env_map_limit(const struct env *env)
{
    size_t most = env->map_most > 0 ? env->map_most : SIZE_MAX / 4;
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return most;
    return smaller((size_t)limit.rlim_cur / 4, most);
}

static int open_mdb(struct env *env, size_t map_size)
{
    int rc = mdb_env_create(&env->mdb);

    if (rc != 0)
        return rc;
    if ((rc = mdb_env_set_maxdbs(env->mdb, env->spec->tables + env->spec->more_tables)) == 0 &&
        (rc = mdb_env_set_maxreaders(env->mdb, ENV_READERS_MAX)) == 0 &&
        (rc = mdb_env_set_mapsize(env->mdb, map_size)) == 0)
        rc = mdb_env_open(env->mdb, env->path,
                          MDB_NOTLS | (env->writable ? 0 : MDB_RDONLY) |
                              (env->spec->loose && env->writable ? MDB_NOMETASYNC : 0),
                          0660);
    if (rc != 0) {
        mdb_env_close(env->mdb);
        env->mdb = NULL;
    }
    return rc;
}

/* A map as large as address space allows; LMDB makes it at least as large as the data. */
static int open_mapped(struct env *env, struct netboot_error *error)
{
    size_t size = smaller(env->first_map_size > 0 ? env->first_map_size : ENV_MAP_SIZE, env_map_limit(env));
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
    char remedy[ENV_REMEDY_SIZE];
    int rc = mdb_get(txn, env->tables[0], &key, &value);

    if (rc != 0 || value.mv_size != 4)
        return failure(error, -EBADMSG, "%s is no %s of netboot's: %s", env->data_path, env->spec->what,
                       env_remedy(env, remedy));
    uint32_t format = be_get32(value.mv_data);
    if (format > env->spec->format)
        return failure(error, -ENOTSUP,
                       "the %s in %s has format %u, newer than %u, the newest that this program knows: upgrade netboot",
                       env->spec->what, env->directory, format, env->spec->format);
    return 0;
}

static int open_tables(struct env *env, MDB_txn *txn, struct netboot_error *error)
{
    char remedy[ENV_REMEDY_SIZE];

    for (unsigned i = 0; i < env->spec->tables; i++) {
        int rc = mdb_dbi_open(txn, env->spec->table_names[i], 0, &env->tables[i]);
        if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
            return failure(error, -EBADMSG, "%s is no %s of netboot's: %s", env->data_path, env->spec->what,
                           env_remedy(env, remedy));
        if (rc != 0)
            return env_failure(env, rc, "open", error);
        int code = i == 0 ? check_format(env, txn, error) : 0;
        if (code != 0)
            return code;
    }
    for (unsigned i = env->spec->tables; i < env->spec->tables + env->spec->more_tables; i++)
        if (mdb_dbi_open(txn, env->spec->table_names[i], 0, &env->tables[i]) != 0)
            env->tables[i] = ENV_NO_TABLE;
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

/* Before anything is read in them. */
static int check_pages(struct env *env, MDB_txn *txn, struct netboot_error *error)
{
    enum { TRIES = 100 };

    if (!env->server && env->check_most > 0 && (size_t)env->data.st_size > env->check_most)
        return 0;
    int code = env_check_pages(env, txn, error);
    for (unsigned i = 1; code == -EAGAIN && i < TRIES; i++) {
        mdb_txn_reset(txn);
        int rc = mdb_txn_renew(txn);
        if (rc != 0)
            return env_failure(env, rc, "open", error);
        code = env_check_pages(env, txn, error);
    }
    return code;
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
    else if ((code = check_pages(env, txn, error)) == 0)
        code = open_tables(env, txn, error);
    if (code != 0) {
        mdb_txn_abort(txn);
        return code;
    }
    if ((rc = mdb_txn_commit(txn)) != 0 || (rc = env_make_slots(env)) != 0 || (rc = mdb_env_info(env->mdb, &info)) != 0)
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
        env_close_held(env);
        return code;
    }
    atomic_store(&env->broken, false);
    env->epoch++;
    return 0;
}

int env_open(struct env *env, unsigned deadline_ms, struct netboot_error *error)
{
    int code = env_take_all(env, env_now_us() + deadline_ms * UINT64_C(1000));

    if (code != 0)
        return failure(error, code, "the %s in %s is in use by this process: try again", env->spec->what,
                       env->directory);
    env_close_held(env);
    code = open_held(env, error);
    env_give_all(env);
    return code;
}

void env_close(struct env *env)
{
    while (env_take_all(env, env_now_us() + 1000000) != 0)
        ;
    env_close_held(env);
    env_give_all(env);
}

/* LMDB never makes a file shorter, and who reads behind the end of one is killed. */
static bool is_other_file(const char *path, const struct stat *opened_file)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR;
    return status.st_dev != opened_file->st_dev || status.st_ino != opened_file->st_ino ||
           status.st_size < opened_file->st_size;
}

bool env_is_replaced(const struct env *env)
{
    return is_other_file(env->data_path, &env->data) || is_other_file(env->lock_path, &env->lock);
}

bool env_is_stale(const struct env *env, const struct env_slot *slot)
{
    return atomic_load(&env->broken) || env_is_replaced(env) || (slot->txn && env_is_overwritten(env, slot->txn));
}

void env_clear_readers(struct env *env)
{
    int rc = mdb_reader_check(env->mdb, NULL);

    if (rc != 0)
        env_note_broken(env, rc);
}
