/* SPDX-License-Identifier: MPL-2.0 */
/* LMDB's codes as errno values with a text, and which of them only opening again can clear. */
#include "db/inside.h"

#include "base/failure.h"
#include "base/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

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

int db_code(int rc)
{
    if (rc >= 0)
        return -rc;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].rc == rc)
            return codes[i].code;
    return -EIO;
}

void db_place_ask(struct db_place *place, atomic_bool *noted)
{
    if (!atomic_exchange(noted, true) && place->worker)
        worker_wake(place->worker);
}

/* Notes an error that only opening the database again can clear. EINVAL is LMDB's: a record that does not fit is
 * ENOBUFS. */
void db_note_broken(struct db *db, int rc)
{
    if (rc == MDB_PANIC || rc == MDB_BAD_RSLOT || rc == MDB_BAD_DBI || rc == MDB_BAD_TXN || rc == EINVAL)
        db_place_ask(db->place, &db->broken);
}

/* LMDB reports a write that a full disk cut short as EIO. */
static bool disk_is_full(const struct db_place *place)
{
    struct statvfs status;

    return statvfs(place->path, &status) == 0 && (status.f_bavail < 16 || (status.f_files > 0 && status.f_favail == 0));
}

int db_failure(struct db *db, int rc, const char *doing, struct netboot_error *error)
{
    struct db_place *place = db->place;
    const char *what = place->spec->what, *directory = place->directory;
    int code = db_code(rc);

    db_note_broken(db, rc);
    if (rc == MDB_MAP_FULL) {
        atomic_store(&place->wanted, 2 * DB_MAP_SIZE);
        return failure(error, -ENOSPC,
                       "cannot %s the %s in %s: this change needs more room than was reserved; nothing was changed; "
                       "try again: the next change gets more room",
                       doing, what, directory);
    }
    if (rc == ENOSPC || rc == EDQUOT || (rc == EIO && disk_is_full(place)))
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
                       "cannot %s the %s in %s: all %d reader readers are in use; stop some programs that use it",
                       doing, what, directory, DB_READERS_MAX);
    return failure(error, code, "cannot %s the %s in %s: %s", doing, what, directory, mdb_strerror(rc));
}
