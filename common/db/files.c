/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files of an environment: owner, group, mode, and the writers' lock.
 *
 *     DIR                  2750 root:netboot; set-group-id: what is created in it gets its group
 *     DIR/NAME             2750
 *     DIR/NAME/data.mdb     640: a stray write into it would kill its readers; 660 if servers write it
 *     DIR/NAME/lock.mdb     660: readers write it too
 *     DIR/NAME/write.lock   660: the writers' lock, with the name of its holder
 */
#include "db/db.h"

#include "base/failure.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define GROUP "netboot"
#define DIRECTORY_MODE 02750
#define DATA_MODE 0640
#define LOCK_MODE 0660
#define WRITE_LOCK_SIZE 128 /* its block is allocated before a disk is full */
/* LMDB's header and a line of 64 octets per reader, all blocks allocated: a write through a map must not need a block
 * of a full disk. */
#define LOCK_SIZE ((DB_READERS_MAX + 16) * 64)

/* ---- Owner, group and mode */

static mode_t data_mode(const struct db_spec *spec)
{
    return spec->servers_write ? LOCK_MODE : DATA_MODE;
}

bool db_place_is_owner(const struct db_place *place)
{
    struct stat directory;

    return geteuid() == 0 || (stat(place->path, &directory) == 0 && directory.st_uid == geteuid());
}

/* The group `netboot`, else the group of `directory`. */
static gid_t group_for(const char *directory)
{
    struct group group, *found = NULL;
    struct stat status;
    char buffer[16384];

    if (getgrnam_r(GROUP, &group, buffer, sizeof(buffer), &found) == 0 && found)
        return group.gr_gid;
    return stat(directory, &status) == 0 ? status.st_gid : getegid();
}

/* Without permission to set the group, the directory's stays. */
static int set_directory(const char *path, gid_t group)
{
    if (chown(path, (uid_t)-1, group) != 0 && errno != EPERM)
        return -errno;
    return chmod(path, DIRECTORY_MODE) == 0 ? 0 : -errno;
}

/* chmod() after open(): the umask does not apply to it. */
static int make_file(const char *path, gid_t group, mode_t mode, off_t size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode), code = 0;

    if (fd < 0)
        return -errno;
    if (fchown(fd, (uid_t)-1, group) != 0 && errno != EPERM)
        code = -errno;
    if (code == 0 && fchmod(fd, mode) != 0)
        code = -errno;
    if (code == 0 && size > 0)
        code = -posix_fallocate(fd, 0, size);
    close(fd);
    if (code != 0)
        unlink(path);
    return code;
}

int db_place_make_file(const struct db_place *place, const char *path)
{
    struct stat directory;

    if (stat(place->path, &directory) != 0)
        return -errno;
    return make_file(path, directory.st_gid, LOCK_MODE,
                     strcmp(path, place->lock_path) == 0 ? LOCK_SIZE : WRITE_LOCK_SIZE);
}

int allocate_lock_file(int fd, off_t size)
{
    /* The length of a lock file in use must not change: LMDB derives the number of readers from it. */
    int code = size > 0 ? fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) : -posix_fallocate(fd, 0, LOCK_SIZE);

    if (code < 0 && size > 0)
        code = errno == EOPNOTSUPP ? 0 : -errno;
    return code;
}

/* Adds what is missing. What an operator added stays. */
static void repair_opened(int fd, mode_t mode, gid_t group)
{
    char name[32];
    struct stat status;

    if (fstat(fd, &status) != 0 || S_ISLNK(status.st_mode) || (geteuid() != 0 && geteuid() != status.st_uid))
        return;
    if (status.st_gid != group && fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH) != 0)
        return; /* not a member of the group: nothing more can be done */
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    if ((status.st_mode & mode) != mode)
        may_fail(chmod(name, (status.st_mode & 07777) | mode));
}

/* Changes the very file that it examined, even if that is renamed meanwhile. O_PATH: closing any other descriptor of
 * lock.mdb would drop LMDB's locks in this process. */
static void repair_file(const char *path, mode_t mode, gid_t group)
{
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    repair_opened(fd, mode, group);
    close(fd);
}

void db_place_repair(const struct db_place *place)
{
    struct stat directory;

    if (stat(place->path, &directory) != 0)
        return;
    repair_file(place->path, DIRECTORY_MODE, directory.st_gid);
    repair_file(place->data_path, data_mode(place->spec), directory.st_gid);
    repair_file(place->lock_path, LOCK_MODE, directory.st_gid);
    repair_file(place->write_path, LOCK_MODE, directory.st_gid);
}

/* ---- Creation: built aside, then put in its place with one rename */

static int build_tables(const struct db_spec *spec, MDB_env *mdb, int (*fill)(MDB_txn *txn, const MDB_dbi *tables))
{
    MDB_dbi tables[DB_TABLES_MAX];
    MDB_txn *txn;
    int rc = mdb_txn_begin(mdb, NULL, 0, &txn);

    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < spec->tables + spec->optional_tables && rc == 0; i++)
        rc = mdb_dbi_open(txn, spec->table_names[i], MDB_CREATE, &tables[i]);
    if (rc == 0)
        rc = fill(txn, tables);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static int build_data(const struct db_spec *spec, const char *path, int (*fill)(MDB_txn *txn, const MDB_dbi *tables))
{
    MDB_env *mdb;
    int rc = mdb_env_create(&mdb);

    if (rc != 0)
        return db_code(rc);
    rc = mdb_env_set_maxdbs(mdb, spec->tables + spec->optional_tables);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(mdb, DB_READERS_MAX);
    if (rc == 0)
        rc = mdb_env_open(mdb, path, 0, data_mode(spec));
    if (rc == 0)
        rc = build_tables(spec, mdb, fill);
    mdb_env_close(mdb);
    return db_code(rc);
}

static int build_files(const struct db_place *built, gid_t group, int (*fill)(MDB_txn *txn, const MDB_dbi *tables))
{
    int code = make_file(built->data_path, group, data_mode(built->spec), 0);

    if (code == 0)
        code = make_file(built->lock_path, group, LOCK_MODE, LOCK_SIZE);
    if (code == 0)
        code = make_file(built->write_path, group, LOCK_MODE, WRITE_LOCK_SIZE);
    return code == 0 ? build_data(built->spec, built->path, fill) : code;
}

static void remove_built(const struct db_place *built)
{
    unlink(built->data_path);
    unlink(built->lock_path);
    unlink(built->write_path);
    rmdir(built->path);
}

static int build_aside(const struct db_place *built, gid_t group, int (*fill)(MDB_txn *txn, const MDB_dbi *tables),
                       struct netboot_error *error)
{
    int code = 0;

    remove_built(built); /* left by an earlier attempt that was killed */
    if (mkdir(built->path, 0700) != 0)
        code = -errno;
    if (code == 0)
        code = set_directory(built->path, group);
    if (code == 0)
        code = build_files(built, group, fill);
    if (code == 0)
        return 0;
    remove_built(built);
    return failure(error, code, "cannot create the %s in %s: %s", built->spec->what, built->directory, strerror(-code));
}

static int put_in_place(const struct db_place *built, int directory_fd, struct netboot_error *error)
{
    int code = 0;

    if (renameat(directory_fd, strrchr(built->path, '/') + 1, directory_fd, built->spec->name) != 0)
        code = -errno;
    if (code == 0 && fsync(directory_fd) != 0)
        code = -errno;
    if (code == 0)
        return 0;
    remove_built(built);
    if (code == -ENOTEMPTY || code == -EEXIST || code == -ENOTDIR)
        return failure(error, -ENOTEMPTY, "%s/%s exists but is not a %s: move it away", built->directory,
                       built->spec->name, built->spec->what);
    return failure(error, code, "cannot create %s/%s: %s", built->directory, built->spec->name, strerror(-code));
}

/* Only one process at a time builds in a directory. */
static int lock_directory(const char *directory, struct netboot_error *error)
{
    enum { DEADLINE_US = 5000000 };
    uint64_t deadline = clock_us() + DEADLINE_US;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return failure(error, -errno, "cannot open the directory %s: %s", directory, strerror(errno));
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int code = -errno;
        if ((code != -EWOULDBLOCK && code != -EINTR) || clock_us() >= deadline) {
            close(fd);
            return failure(error, code, "cannot lock the directory %s: check whether another init runs", directory);
        }
        sleep_us(5000);
    }
    return fd;
}

/* Removes what is left of an environment whose data file was removed: its lock files. A file that is not netboot's is
 * moved aside. If that fails, put_in_place() reports it. */
static void clear_remains(const struct db_place *place, const struct db_place *aside)
{
    unlink(place->lock_path);
    unlink(place->write_path);
    if (rmdir(place->path) == 0 || (errno != ENOTEMPTY && errno != EEXIST))
        return;
    remove_built(aside);
    may_fail(rename(place->path, aside->path));
}

static int init_aside(struct db_place *aside, const struct db_spec *spec, const char *directory,
                      struct netboot_error *error)
{
    struct db_spec named = *spec;
    char name[64];

    snprintf(name, sizeof(name), "%s.damaged", spec->name);
    named.name = name;
    int code = db_place_init(aside, &named, directory, error);
    aside->spec = spec;
    return code;
}

static int create_in(const struct db_spec *spec, const char *directory,
                     int (*fill)(MDB_txn *txn, const MDB_dbi *tables), struct netboot_error *error)
{
    struct db_spec aside = *spec;
    struct db_place built, placed, damaged;
    char name[64];
    int fd, code;

    snprintf(name, sizeof(name), ".%s.new", spec->name);
    aside.name = name;
    if ((code = db_place_init(&built, &aside, directory, error)) != 0)
        return code;
    built.spec = spec;
    if ((code = db_place_init(&placed, spec, directory, error)) != 0 ||
        (code = init_aside(&damaged, spec, directory, error)) != 0)
        return code;
    if ((fd = lock_directory(directory, error)) < 0)
        return fd;
    if (access(placed.data_path, F_OK) == 0)
        code = failure(error, -EEXIST, "a %s already exists in %s: it stays as it is", spec->what, directory);
    else if (errno == ENOENT && spec->made_anew)
        clear_remains(&placed, &damaged);
    if (code == 0)
        code = build_aside(&built, group_for(directory), fill, error);
    if (code == 0)
        code = put_in_place(&built, fd, error);
    close(fd);
    return code;
}

int db_place_create(const struct db_spec *spec, const char *directory, int (*fill)(MDB_txn *txn, const MDB_dbi *tables),
                    struct netboot_error *error)
{
    bool made = mkdir(directory, 0700) == 0;
    int code = made || errno == EEXIST ? 0 : -errno;

    if (code != 0)
        return failure(error, code, "cannot create the directory %s: %s", directory, strerror(-code));
    if (made && (code = set_directory(directory, group_for(directory))) != 0)
        failure(error, code, "cannot set the mode of the directory %s: %s", directory, strerror(-code));
    if (code == 0)
        code = create_in(spec, directory, fill, error);
    if (code != 0 && made)
        rmdir(directory);
    return code;
}

/* ---- Out of the way */

static int move_aside(const struct db_place *place, const struct db_place *aside, const struct stat *damaged)
{
    struct stat status;

    if (stat(place->data_path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    if (status.st_dev != damaged->st_dev || status.st_ino != damaged->st_ino)
        return 0; /* another program was faster */
    remove_built(aside);
    return rename(place->path, aside->path) == 0 ? 0 : -errno;
}

int db_place_set_aside(const struct db_spec *spec, const char *directory, const struct stat *damaged,
                       struct netboot_error *error)
{
    struct db_place place, aside;
    int fd, code;

    if ((code = db_place_init(&place, spec, directory, error)) != 0 ||
        (code = init_aside(&aside, spec, directory, error)) != 0)
        return code;
    if ((fd = lock_directory(directory, error)) < 0)
        return fd;
    code = move_aside(&place, &aside, damaged);
    close(fd);
    if (code == -ENOTEMPTY || code == -EEXIST || code == -ENOTDIR)
        return failure(error, code, "%s is damaged and cannot be moved to %s, which exists: remove that one",
                       place.path, aside.path);
    return code == 0 ? 0
                     : failure(error, code, "%s is damaged and cannot be moved away: %s", place.path, strerror(-code));
}

/* ---- The writers' lock */

#define HOLDER_SIZE 64

/* The size is fixed: it needs no new block when the disk is full. The text is only for people: a failure does not
 * matter. */
static void write_holder(int fd)
{
    char holder[HOLDER_SIZE + 1];

    snprintf(holder, sizeof(holder), "%s, process %ld", program_invocation_short_name, (long)getpid());
    memset(holder + strlen(holder), '\n', HOLDER_SIZE - strlen(holder));
    may_fail(pwrite(fd, holder, HOLDER_SIZE, 0));
}

static void read_holder(int fd, char holder[HOLDER_SIZE + 1])
{
    ssize_t size = pread(fd, holder, HOLDER_SIZE, 0);
    size_t length = 0;

    while (size > 0 && length < (size_t)size && isprint((unsigned char)holder[length]))
        length++;
    holder[length] = '\0';
    if (length == 0)
        strcpy(holder, "another program");
}

static int open_writers_lock(const struct db_place *place, struct netboot_error *error)
{
    int fd = open(place->write_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT && db_place_is_owner(place)) {
        int code = db_place_make_file(place, place->write_path);
        if (code != 0 && code != -EEXIST)
            return failure(error, code, "cannot create %s: %s", place->write_path, strerror(-code));
        fd = open(place->write_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd >= 0)
        return fd;
    int code = -errno;
    if (code == -EACCES || code == -EPERM)
        return failure(error, -EACCES, "no permission to change the %s in %s: run this as root", place->spec->what,
                       place->directory);
    return failure(error, code, "cannot open %s: %s", place->write_path, strerror(-code));
}

/* A lock on a file that is no longer in the directory excludes nobody. */
static bool is_current(const struct db_place *place, int fd)
{
    struct stat locked, current;

    return fstat(fd, &locked) == 0 && stat(place->write_path, &current) == 0 && locked.st_dev == current.st_dev &&
           locked.st_ino == current.st_ino;
}

static int wait_for_lock(int fd, uint64_t deadline)
{
    for (uint64_t pause = 1000;; pause = pause < 16000 ? pause * 2 : 16000) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return 0;
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return -errno;
        uint64_t now = clock_us();
        if (now >= deadline)
            return -ETIMEDOUT;
        sleep_us((long)(deadline - now < pause ? deadline - now : pause));
    }
}

int writers_lock(const struct db_place *place, unsigned deadline_ms, struct netboot_error *error)
{
    uint64_t deadline = clock_us() + deadline_ms * UINT64_C(1000);
    char holder[HOLDER_SIZE + 1];
    int fd, code;

    for (;;) {
        if ((fd = open_writers_lock(place, error)) < 0)
            return fd;
        code = wait_for_lock(fd, deadline);
        if (code == 0 && is_current(place, fd)) {
            write_holder(fd);
            return fd;
        }
        if (code != 0)
            break;
        close(fd);
    }
    read_holder(fd, holder);
    close(fd);
    if (code == -ETIMEDOUT)
        return failure(
            error, code,
            "the %s in %s is being changed by %s: try again; if this goes on, check whether that program is stopped",
            place->spec->what, place->directory, holder);
    return failure(error, code, "cannot lock %s: %s", place->write_path, strerror(-code));
}

void writers_unlock(int lock)
{
    struct flock nobody = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

    fcntl(lock, F_OFD_SETLK, &nobody);
    close(lock);
}
