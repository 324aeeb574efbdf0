/* SPDX-License-Identifier: MPL-2.0 */
/* The beginning of a write transaction, which needs room in the map. */
#include "db/inside.h"

#include "base/clock.h"
#include "base/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum step { STEP_DONE, STEP_FAILED, STEP_REOPEN, STEP_GROW, STEP_RESIZED };

/* One attempt, by the holder of a reader. */
static enum step try_write(const struct db_reader *reader, bool grow, size_t *ret_wanted, MDB_txn **ret_txn,
                           int *ret_code, struct netboot_error *error)
{
    struct db *db = reader->db;
    int rc;

    if (db_is_stale(reader))
        return STEP_REOPEN;
    if (!db->writable) {
        *ret_code = failure(error, -EACCES, "no permission to change the %s in %s: run this as root",
                            db->place->spec->what, db->place->directory);
        return STEP_FAILED;
    }
    if ((rc = db_writers_map(db, ret_wanted)) == 0 && grow && *ret_wanted > 0)
        return STEP_GROW;
    db_clear_readers(db);
    if (rc == 0)
        rc = mdb_txn_begin(db->mdb, NULL, 0, ret_txn);
    if (rc == MDB_MAP_RESIZED)
        return STEP_RESIZED;
    if (rc == 0)
        return STEP_DONE;
    *ret_code = db_failure(db, rc, "change", error);
    return STEP_FAILED;
}

/* Prepares another attempt. */
static int mend(struct db_place *place, enum step step, size_t wanted, struct netboot_error *error)
{
    enum { REOPEN_MS = 2000, REMAP_MS = 200 /* for look-ups to end: those that come meanwhile fail */ };

    if (step == STEP_REOPEN)
        return db_place_open(place, REOPEN_MS, error);
    db_place_remap(place, wanted, REMAP_MS);
    return 0;
}

int db_write_begin(struct db_place *place, MDB_txn **ret_txn, struct db_reader **ret_reader,
                   struct netboot_error *error)
{
    enum { TRIES = 5 };
    bool grow = true; /* once: a change may fit without more room */
    int code = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        struct db_reader *reader;
        size_t wanted = 0;
        enum step step = STEP_REOPEN;
        code = db_take(place, &reader);
        if (code == -ECHILD)
            return failure(error, code, "the %s cannot be used after a fork: open it again", place->spec->what);
        if (code == -EAGAIN && db_place_is_open(place)) {
            sleep_us(1000);
            continue;
        }
        if (code == 0) {
            step = try_write(reader, grow, &wanted, ret_txn, &code, error);
            if (step == STEP_DONE) {
                *ret_reader = reader;
                return 0;
            }
            db_give(reader);
        }
        if (step == STEP_FAILED)
            return code;
        if ((code = mend(place, step, wanted, error)) != 0)
            return code;
        grow = grow && step != STEP_GROW;
    }
    return failure(error, code != 0 ? code : -EAGAIN, "the %s in %s is busy: try again", place->spec->what,
                   place->directory);
}
