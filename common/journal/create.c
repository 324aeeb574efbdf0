/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/journal.h"

#include "base/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A database in its directory: the format before. Nothing of it is read. */
static void move_aside(int directory)
{
    if (faccessat(directory, "journal/data.mdb", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        renameat(directory, "journal", directory, "journal.old");
}

/* Root makes it for the owner of the directory. */
static int give(int directory, const char *name)
{
    struct stat status, own;
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), code = 0;

    if (fd < 0)
        return -errno;
    if (fstat(directory, &status) != 0 || fstat(fd, &own) != 0 ||
        (fchown(fd, status.st_uid, status.st_gid) != 0 && own.st_uid != status.st_uid) || fchmod(fd, 0700) != 0)
        code = -errno;
    close(fd);
    return code;
}

static int make(int directory)
{
    if (mkdirat(directory, "journal", 0700) != 0)
        return -errno;
    int code = give(directory, "journal");
    if (code != 0)
        unlinkat(directory, "journal", AT_REMOVEDIR);
    return code;
}

int journal_create(const char *directory, struct netboot_error *error)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = fd < 0 ? -errno : 0;

    if (code == 0) {
        move_aside(fd);
        code = make(fd);
        close(fd);
    }
    if (code == 0 || code == -EEXIST)
        return code;
    return failure(error, code, "the directory %s/journal cannot be made: %s", directory, strerror(-code));
}
