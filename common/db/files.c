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
#include "db/inside.h"

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

mode_t data_mode(const struct db_spec *spec)
{
    return spec->servers_write ? LOCK_MODE : DATA_MODE;
}

bool db_place_is_owner(const struct db_place *place)
{
    struct stat directory;

    return geteuid() == 0 || (stat(place->path, &directory) == 0 && directory.st_uid == geteuid());
}

gid_t group_for(const char *directory)
{
    struct group group, *found = NULL;
    struct stat status;
    char buffer[16384];

    if (getgrnam_r(GROUP, &group, buffer, sizeof(buffer), &found) == 0 && found)
        return group.gr_gid;
    return stat(directory, &status) == 0 ? status.st_gid : getegid();
}

int set_directory(const char *path, gid_t group)
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

int make_files(const struct db_place *place, gid_t group)
{
    int code = make_file(place->data_path, group, data_mode(place->spec), 0);

    if (code == 0)
        code = make_file(place->lock_path, group, LOCK_MODE, LOCK_SIZE);
    if (code == 0)
        code = make_file(place->write_path, group, LOCK_MODE, WRITE_LOCK_SIZE);
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
