/* SPDX-License-Identifier: MPL-2.0 */
/* The growth of a database's map. */
#include "db/inside.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static int map_state(const struct db *db, size_t *ret_used, size_t *ret_size)
{
    MDB_envinfo info;
    MDB_stat status;
    int rc = mdb_env_info(db->mdb, &info);

    if (rc == 0)
        rc = mdb_env_stat(db->mdb, &status);
    if (rc != 0)
        return rc;
    *ret_used = (info.me_last_pgno + 1) * status.ms_psize;
    *ret_size = info.me_mapsize;
    return 0;
}

/* A header that claims far more than the file has is damaged: then the file must be checked again. */
static bool is_longer_than_file(struct db *db, size_t used)
{
    struct stat status;
    bool damaged = stat(db->place->data_path, &status) == 0 && used > (size_t)status.st_size;

    if (damaged)
        db_place_ask(db->place, &db->broken);
    return damaged;
}

/* LMDB unmaps the old map before it makes the new one: first try whether there is address space. */
static bool has_address_space(size_t size)
{
    void *place = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return place != MAP_FAILED && munmap(place, size) == 0;
}

/* The new size of the map; 0: it needs none, or there is no address space. */
static int new_size(struct db *db, size_t wanted, size_t *ret)
{
    size_t used, size;
    int rc = map_state(db, &used, &size);

    *ret = 0;
    if (rc != 0)
        return db_code(rc);
    if (size >= used && size >= wanted)
        return 0; /* another thread was faster */
    if (wanted == 0)
        wanted = smaller(used, SIZE_MAX / 2) * 2;
    if (wanted > db_map_limit() || !has_address_space(wanted))
        wanted = used + used / 4;
    if (wanted <= size || !has_address_space(wanted))
        return size >= used ? 0 : is_longer_than_file(db, used) ? -EBADMSG : -ENOMEM;
    *ret = wanted;
    return 0;
}

/* No database is current meanwhile. */
static int remap_held(struct db_place *place, struct db *db, size_t size, uint64_t deadline)
{
    int rc = EAGAIN;

    db_place_hide(place, true);
    if (db_drain(db, deadline)) {
        db->epoch = ++place->epoch;
        rc = mdb_env_set_mapsize(db->mdb, size);
        if (rc != 0) { /* the old map is gone */
            db_close(db);
            db_place_hide(place, false);
            return db_code(rc);
        }
        db_bring_in(db);
    }
    db_place_show(place, db);
    return db_code(rc);
}

int db_place_remap(struct db_place *place, size_t wanted, unsigned deadline_ms)
{
    uint64_t deadline = clock_us() + deadline_ms * UINT64_C(1000);
    size_t size;

    if (!db_place_lock(place, deadline))
        return -EAGAIN;
    struct db *db = db_place_current(place);
    int code = db ? new_size(db, wanted, &size) : -EAGAIN;
    if (code == 0 && size > 0)
        code = remap_held(place, db, size, deadline);
    if (code == 0)
        atomic_store(&db->outgrown, false);
    pthread_mutex_unlock(&place->swap);
    return code;
}

size_t map_size_for(size_t used, size_t least, size_t limit)
{
    size_t size = smaller(least, limit);

    while (size / 2 < used && size < limit)
        size = size > limit / 2 ? limit : 2 * size;
    return size;
}

/* How much a change will write is unknown, and address space is free. */
int db_writers_map(const struct db *db, size_t *ret_wanted)
{
    struct db_place *place = db->place;
    size_t used, size, wanted = DB_MAP_SIZE;
    int rc = map_state(db, &used, &size);

    if (rc != 0)
        return rc;
    if (wanted < atomic_load(&place->wanted))
        wanted = atomic_load(&place->wanted);
    wanted = map_size_for(used, wanted, db_map_limit());
    *ret_wanted = wanted > size ? wanted : 0;
    return 0;
}
