/* SPDX-License-Identifier: MPL-2.0 */
/* A place: its paths, and the memory of its databases. */
#include "db/inside.h"

#include "base/failure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int set_path(char path[DB_PATH_SIZE], const char *directory, const char *name, const char *file,
                    struct netboot_error *error)
{
    if (snprintf(path, DB_PATH_SIZE, "%s/%s%s", directory, name, file) >= DB_PATH_SIZE)
        return failure(error, -ENAMETOOLONG, "the path of the directory '%.80s...' is too long: use a shorter one",
                       directory);
    return 0;
}

int db_place_init(struct db_place *place, const struct db_spec *spec, const char *directory,
                  struct netboot_error *error)
{
    int code;

    *place = (struct db_place){.spec = spec, .directory = directory, .pid = getpid()};
    if (!directory || !*directory)
        return failure(error, -EINVAL, "no directory given for the %s", spec->what);
    if ((code = set_path(place->path, directory, spec->name, "", error)) != 0 ||
        (code = set_path(place->data_path, directory, spec->name, "/data.mdb", error)) != 0 ||
        (code = set_path(place->lock_path, directory, spec->name, "/lock.mdb", error)) != 0 ||
        (code = set_path(place->write_path, directory, spec->name, "/write.lock", error)) != 0)
        return code;
    return 0;
}

const char *db_place_remedy(const struct db_place *place, char text[DB_REMEDY_SIZE])
{
    if (place->spec->loss)
        snprintf(text, DB_REMEDY_SIZE, "move the directory %s away; %s", place->path, place->spec->loss);
    else
        snprintf(text, DB_REMEDY_SIZE,
                 "move the directory %s away, run 'netbootctl -d %s init', then 'netbootctl -d %s restore BACKUP'",
                 place->path, place->directory, place->directory);
    return text;
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

/* ---- Room for a database, which is closed at first */

static bool make_readers_room(struct db *db)
{
    struct db_place *place = db->place;
    size_t size = place->reader_room * sizeof(struct db_reader), cache = place->spec->cache_size;

    db->readers = aligned_alloc(_Alignof(struct db_reader), size);
    db->caches = cache > 0 ? aligned_alloc(64, place->reader_room * cache) : NULL;
    if (!db->readers || (cache > 0 && !db->caches))
        return false;
    memset(db->readers, 0, size);
    if (cache > 0)
        memset(db->caches, 0, place->reader_room * cache);
    for (unsigned i = 0; i < place->reader_room; i++) {
        atomic_init(&db->readers[i].busy, READER_KEPT);
        db->readers[i].db = db;
        db->readers[i].cache = cache > 0 ? (uint8_t *)db->caches + i * cache : NULL;
    }
    return true;
}

struct db *db_spare(struct db_place *place)
{
    struct db *db = place->all;

    while (db && db->mdb)
        db = db->next;
    if (db || !(db = calloc(1, sizeof(*db))))
        return db;
    *db = (struct db){.place = place, .directory = -1, .guard = -1};
    if (!make_readers_room(db)) {
        free(db->readers);
        free(db->caches);
        free(db);
        return NULL;
    }
    db->next = place->all;
    place->all = db;
    return db;
}

/* ---- Beginning and end */

int db_place_prepare(struct db_place *place, unsigned readers, struct netboot_error *error)
{
    place->reader_room = readers > 0 ? readers : DB_READERS;
    if (place->reader_room >= DB_READERS_MAX)
        return failure(error, -EINVAL, "%u simultaneous look-ups requested: at most %d are possible",
                       place->reader_room, DB_READERS_MAX - 1);
    place->not_forked = make_fork_page();
    pthread_mutex_init(&place->swap, NULL);
    if (!db_spare(place))
        return failure(error, -ENOMEM, "out of memory for %u reader readers", place->reader_room);
    return 0;
}

void db_place_fini(struct db_place *place)
{
    if (place->reader_room == 0)
        return;
    while (place->all) {
        struct db *db = place->all;
        place->all = db->next;
        free(db->readers);
        free(db->caches);
        free(db);
    }
    if (!db_place_in_child(place))
        pthread_mutex_destroy(&place->swap);
    if (place->not_forked)
        munmap((void *)place->not_forked, (size_t)sysconf(_SC_PAGESIZE));
}
