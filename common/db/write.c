/* SPDX-License-Identifier: MPL-2.0 */
/* The growth of an environment's map, and the beginning of a write transaction, which needs room in it. */
#include "db/db.h"

#include "base/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define REOPEN_MS 2000

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

/* A header that speaks of far more than the file has is damaged; the file is to be looked at again then. */
static bool is_longer_than_file(struct env *env, size_t used)
{
    struct stat status;
    bool damaged = stat(env->data_path, &status) == 0 && used > (size_t)status.st_size;

    if (damaged)
        atomic_store(&env->broken, true);
    return damaged;
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
    if (wanted > env_map_limit(env) || !has_address_space(wanted))
        wanted = used + used / 4;
    if (wanted <= size || !has_address_space(wanted))
        return size >= used ? 0 : is_longer_than_file(env, used) ? -EBADMSG : -ENOMEM;
    env->epoch++;
    rc = mdb_env_set_mapsize(env->mdb, wanted);
    if (rc != 0)
        env_close_held(env); /* there is no map any more */
    return env_code(rc);
}

/* Makes the map large enough for the data, and at least as large as wanted if that can be had. */
int env_remap(struct env *env, size_t wanted)
{
    int code;

    if (env_take_all(env, env_now_us() + ENV_PAUSE_MS * 1000) != 0)
        return -EAGAIN;
    code = env->mdb ? remap_held(env, wanted) : -EAGAIN;
    env_give_all(env);
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
    while (wanted / 2 < used && wanted < env_map_limit(env))
        wanted *= 2;
    wanted = smaller(wanted, env_map_limit(env));
    *ret_wanted = wanted > size ? wanted : 0;
    return 0;
}

/* ---- Writing */

enum step { STEP_DONE, STEP_FAILED, STEP_REOPEN, STEP_GROW, STEP_RESIZED };

/* One attempt, by the holder of a slot. */
static enum step try_write(struct env *env, const struct env_slot *slot, bool grow, size_t *ret_wanted,
                           MDB_txn **ret_txn, int *ret_code, struct netboot_error *error)
{
    int rc;

    if (env_is_stale(env, slot))
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
            env_sleep_us(1000);
            continue;
        }
        enum step step = STEP_REOPEN;
        if (code == 0) {
            step = try_write(env, slot, grow, &wanted, ret_txn, &code, error);
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
            code = env_remap(env, wanted);
        grow = grow && step != STEP_GROW;
    }
    return failure(error, code != 0 ? code : -EAGAIN, "the %s in %s is busy: try again", env->spec->what,
                   env->directory);
}
