/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Checks before LMDB maps a file. A read past the end of a mapped file kills the process: the file must be as long as
 * its own header says. Only pages of the free list may be missing at its end.
 */
#include "db/inside.h"

#include "base/clock.h"
#include "base/failure.h"
#include "db/lmdb_format.h"
#include "db/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* ---- The header */

static int read_meta(const struct db_place *place, int fd, size_t page_size, unsigned index, struct lmdb_meta *ret,
                     struct netboot_error *error)
{
    const char *path = place->data_path;
    char remedy[DB_REMEDY_SIZE];
    struct lmdb_head head;
    ssize_t size = pread(fd, &head, sizeof(head), (off_t)(index * page_size));

    if (size < 0)
        return failure(error, -errno, "cannot read %s: %s", path, strerror(errno));
    if (size != sizeof(head))
        return failure(error, -EBADMSG, "%s is too short for a store: %s", path, db_place_remedy(place, remedy));
    if (!(head.page.flags & PAGE_META) || head.meta.magic != LMDB_MAGIC)
        return failure(error, -EBADMSG, "%s is not a netboot store: %s", path, db_place_remedy(place, remedy));
    if (head.meta.version != LMDB_VERSION)
        return failure(error, -EBADMSG, "%s has version %" PRIu32 " of LMDB's format; this program reads version %d",
                       path, head.meta.version, LMDB_VERSION);
    *ret = head.meta;
    return 0;
}

/* The header of the transaction's state; without a transaction, of the newest state. -EAGAIN: other programs have made
 * two states since the transaction began, and have overwritten its header. */
static int read_header(const struct db_place *place, int fd, MDB_txn *txn, struct lmdb_meta *ret,
                       struct netboot_error *error)
{
    char remedy[DB_REMEDY_SIZE];
    struct lmdb_meta metas[2];
    size_t page_size = 0;

    for (unsigned i = 0; i < 2; i++) {
        int code = read_meta(place, fd, page_size, i, &metas[i], error);
        if (code != 0)
            return code;
        page_size = meta_page_size(&metas[0]);
        if (!is_page_size(page_size))
            return failure(error, -EBADMSG, "%s is damaged, its header claims pages of %zu octets: %s",
                           place->data_path, page_size, db_place_remedy(place, remedy));
    }
    *ret = metas[txn ? mdb_txn_id(txn) & 1 : metas[1].transaction > metas[0].transaction];
    if (txn && ret->transaction != mdb_txn_id(txn))
        return failure(error, -EAGAIN, "other programs keep changing %s: try again", place->data_path);
    if (!meta_is_sane(ret, page_size))
        return failure(error, -EBADMSG, "%s has a damaged header: %s", place->data_path,
                       db_place_remedy(place, remedy));
    return 0;
}

/* ---- The file */

/* A writer may change the header and the list meanwhile: then try again. */
static int check_length(const struct db_place *place, int fd, struct stat *ret, struct netboot_error *error)
{
    enum { TRIES = 100 };
    struct lmdb_meta meta, after;
    int code = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        if ((code = read_header(place, fd, NULL, &meta, error)) != 0)
            return code;
        /* The size is read after the header: files of a store in use only grow. */
        if (fstat(fd, ret) != 0)
            return failure(error, -errno, "cannot stat %s: %s", place->data_path, strerror(errno));
        code = verify_state(place, fd, &meta, (size_t)ret->st_size, false, error);
        if (code != -EBADMSG || read_header(place, fd, NULL, &after, NULL) != 0 ||
            after.transaction == meta.transaction)
            return code;
        sleep_us(1000);
    }
    return code;
}

/* The lock file has the number of the last state. The header is written first: it has that number, or the next one. */
bool db_is_overwritten(const struct db *db, MDB_txn *idle)
{
    enum { TRIES = 3 }; /* a writer may be writing the header at that moment */
    const struct db_place *place = db->place;
    struct lmdb_meta before, after;
    int fd;

    if (mdb_env_get_fd(db->mdb, &fd) != 0)
        return true;
    for (unsigned i = 0; i < TRIES; i++) {
        if (read_header(place, fd, NULL, &before, NULL) != 0)
            continue;
        if (mdb_txn_renew(idle) != 0)
            return false; /* a reader gets the same error, and handles it */
        size_t locked = mdb_txn_id(idle);
        mdb_txn_reset(idle);
        if (read_header(place, fd, NULL, &after, NULL) == 0 && before.transaction <= locked + 1 &&
            locked <= after.transaction)
            return false;
    }
    return true;
}

static int open_failure(const struct db_place *place, const char *path, struct netboot_error *error)
{
    int code = errno;

    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return failure(error, -ENOENT, "there is no %s in %s: run 'netbootctl -d %s init'", place->spec->what,
                       place->directory, place->directory);
    case EACCES:
    case EPERM:
        return failure(error, -EACCES,
                       "no permission for %s: add this program's user to the directory's group, and allow the path in "
                       "the program's AppArmor profile if it has one",
                       path);
    case EROFS:
        return failure(error, -EROFS, "%s is mounted read-only: mount it writable, since readers write the lock file",
                       path);
    }
    return failure(error, -code, "cannot open %s: %s", path, strerror(code));
}

/* The file may have been replaced since it was noted. */
static int check_noted(int fd, const char *path, const char *remedy, struct stat *noted, struct netboot_error *error)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return failure(error, -errno, "cannot stat %s: %s", path, strerror(errno));
    if (!same_file(&status, noted))
        return failure(error, -EAGAIN, "%s was replaced while it was being opened: try again", path);
    if (!S_ISREG(status.st_mode))
        return failure(error, -EBADMSG, "%s is not a regular file: %s", path, remedy);
    *noted = status;
    return 0;
}

int db_check_data(struct db *db, struct netboot_error *error)
{
    const struct db_place *place = db->place;
    char remedy[DB_REMEDY_SIZE];
    int fd = openat(db->directory, "data.mdb", O_RDWR | O_CLOEXEC | O_NONBLOCK), code;

    db->writable = fd >= 0;
    if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS || errno == EISDIR))
        fd = openat(db->directory, "data.mdb", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return open_failure(place, place->data_path, error);
    code = check_noted(fd, place->data_path, db_place_remedy(place, remedy), &db->data, error);
    if (code == 0)
        code = check_length(place, fd, &db->data, error);
    close(fd);
    return code;
}

/* LMDB would wait without a deadline for another process that is opening the file. Give up, and try again later. */
static int wait_for_opener(const struct db_place *place, int fd, struct netboot_error *error)
{
    enum { TRIES = 1000 };

    for (unsigned i = 0; i < TRIES; i++) {
        struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
        if (fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
            return 0;
        sleep_us(1000);
    }
    return failure(error, -EAGAIN, "another process has been opening %s for a second: check whether it is stopped",
                   place->lock_path);
}

static int missing_lock(const struct db_place *place, struct netboot_error *error)
{
    if (place->server || !db_place_is_owner(place))
        return failure(error, -ENOENT, "%s is missing: run 'netbootctl -d %s status' as root, which creates it again",
                       place->lock_path, place->directory);
    int code = db_place_make_file(place, place->lock_path);
    if (code != 0 && code != -EEXIST)
        return failure(error, code, "%s is missing and cannot be created: %s", place->lock_path, strerror(-code));
    return 0;
}

int db_check_lock(struct db *db, struct netboot_error *error)
{
    const struct db_place *place = db->place;
    int fd = openat(db->directory, "lock.mdb", O_RDWR | O_CLOEXEC | O_NONBLOCK), code;

    if (fd < 0)
        return open_failure(place, place->lock_path, error);
    if ((code = check_noted(fd, place->lock_path, "remove it", &db->lock, error)) == 0) {
        if ((code = allocate_lock_file(fd, db->lock.st_size)) != 0)
            failure(error, code, "cannot allocate room for %s: %s", place->lock_path, strerror(-code));
        else
            code = wait_for_opener(place, fd, error);
    }
    close(fd);
    return code;
}

/* ---- Pages */

int db_verify(const struct db *db, MDB_txn *txn, struct netboot_error *error)
{
    const struct db_place *place = db->place;
    struct lmdb_meta state;
    struct stat status;
    int fd, code;

    if (mdb_env_get_fd(db->mdb, &fd) != 0)
        return failure(error, -EINVAL, "the %s in %s is not open", place->spec->what, place->directory);
    if ((code = read_header(place, fd, txn, &state, error)) != 0)
        return code;
    if (fstat(fd, &status) != 0)
        return failure(error, -errno, "cannot stat %s: %s", place->data_path, strerror(errno));
    /* The pages of a store that changed often are scattered: read one by one, each would cost a seek. */
    posix_fadvise(fd, 0, status.st_size, POSIX_FADV_WILLNEED);
    return verify_state(place, fd, &state, (size_t)status.st_size, true, error);
}

/* ---- Which files exist */

int db_find_files(struct db *db, struct netboot_error *error)
{
    const struct db_place *place = db->place;
    int code;

    db->directory = open(place->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (db->directory < 0 || fstatat(db->directory, "data.mdb", &db->data, 0) != 0)
        return open_failure(place, place->data_path, error);
    if (fstatat(db->directory, "lock.mdb", &db->lock, 0) == 0)
        return 0;
    if (errno == ENOENT && (code = missing_lock(place, error)) != 0)
        return code;
    if (fstatat(db->directory, "lock.mdb", &db->lock, 0) != 0)
        return open_failure(place, place->lock_path, error);
    return 0;
}
