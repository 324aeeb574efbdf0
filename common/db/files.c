/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files of an environment: owner, group, mode, and the writers' lock.
 *
 *     DIR                  2750 netboot:netboot; set-group-id: what is created in it gets its group
 *     DIR/NAME             2750
 *     DIR/NAME/data.mdb     640: a stray write into it would kill its readers; 660 if servers write it
 *     DIR/NAME/lock.mdb     660: readers write it too
 *     DIR/NAME/write.lock   660: the writers' lock, with the name of its holder
 *
 * What is made belongs to the owner of the directory that it is made in. Where that directory is not for its group, or
 * the group is root's, files are the owner's alone: 700 and 600.
 */
#include "db/inside.h"

#include "base/failure.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DIRECTORY_MODE 02750
#define LOCK_MODE 0660
#define GROUP_ENTERS (S_IRGRP | S_IXGRP)
#define WRITE_LOCK_SIZE 128 /* its block is allocated before a disk is full */
/* LMDB's header and a line of 64 octets per reader, all blocks allocated: a write through a map must not need a block
 * of a full disk. */
#define LOCK_SIZE ((DB_READERS_MAX + 16) * 64)

/* ---- Owner, group and mode */

bool db_place_is_owner(const struct db_place *place)
{
    struct stat directory;

    return geteuid() == 0 || (stat(place->path, &directory) == 0 && directory.st_uid == geteuid());
}

static struct owner owner_from(const struct stat *directory)
{
    return (struct owner){
        .user = directory->st_uid,
        .group = directory->st_gid,
        .shared = (directory->st_mode & GROUP_ENTERS) == GROUP_ENTERS && directory->st_gid != 0,
    };
}

int owner_of(const char *directory, struct owner *ret)
{
    struct stat status;

    if (stat(directory, &status) != 0)
        return -errno;
    *ret = owner_from(&status);
    return 0;
}

static mode_t mode_for(const struct owner *owner, mode_t mode)
{
    return owner->shared ? mode : mode & S_IRWXU;
}

/* The umask does not apply to fchmod(). Only root can give anything away; who may not set the group leaves it. */
static int set_opened(int fd, const struct owner *owner, mode_t mode)
{
    uid_t user = geteuid() == 0 ? owner->user : (uid_t)-1;

    if (fchown(fd, user, owner->group) != 0 && errno != EPERM)
        return -errno;
    return fchmod(fd, mode_for(owner, mode)) == 0 ? 0 : -errno;
}

int make_directory(const char *path, const struct owner *owner)
{
    if (mkdir(path, 0700) != 0)
        return -errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int code = fd < 0 ? -errno : set_opened(fd, owner, DIRECTORY_MODE);
    if (fd >= 0)
        close(fd);
    return code;
}

static int make_file(const char *path, const struct owner *owner, mode_t mode, off_t size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), code;

    if (fd < 0)
        return -errno;
    code = set_opened(fd, owner, mode);
    if (code == 0 && size > 0)
        code = -posix_fallocate(fd, 0, size);
    close(fd);
    if (code != 0)
        unlink(path);
    return code;
}

int make_files(const struct db_place *place, const struct owner *owner)
{
    int code = make_file(place->data_path, owner, DATA_MODE, 0);

    if (code == 0)
        code = make_file(place->lock_path, owner, LOCK_MODE, LOCK_SIZE);
    if (code == 0)
        code = make_file(place->write_path, owner, LOCK_MODE, WRITE_LOCK_SIZE);
    return code;
}

int db_place_make_file(const struct db_place *place, const char *path)
{
    struct owner owner;
    int code = owner_of(place->path, &owner);

    if (code != 0)
        return code;
    return make_file(path, &owner, LOCK_MODE, strcmp(path, place->lock_path) == 0 ? LOCK_SIZE : WRITE_LOCK_SIZE);
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

    if (fstat(fd, &status) != 0 || S_ISLNK(status.st_mode) || geteuid() != status.st_uid)
        return;
    if (status.st_gid != group && fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH) != 0)
        return; /* not a member of the group: nothing more can be done */
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    if ((status.st_mode & mode) != mode)
        may_fail(chmod(name, (status.st_mode & 07777) | mode));
}

/* Changes the very file that it examined, even if that is renamed meanwhile. O_PATH: closing any other descriptor of
 * lock.mdb would drop LMDB's locks in this process. */
static void repair_file(const char *path, const struct owner *owner, mode_t mode)
{
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    repair_opened(fd, mode_for(owner, mode), owner->group);
    close(fd);
}

/* Only the owner of a directory knows what its files are: root would follow the owner of another's. */
void db_place_repair(const struct db_place *place)
{
    struct owner owner;

    if (owner_of(place->directory, &owner) != 0 || owner.user != geteuid())
        return;
    repair_file(place->path, &owner, DIRECTORY_MODE);
    if (owner_of(place->path, &owner) != 0 || owner.user != geteuid())
        return;
    repair_file(place->data_path, &owner, DATA_MODE);
    repair_file(place->lock_path, &owner, LOCK_MODE);
    repair_file(place->write_path, &owner, LOCK_MODE);
}
