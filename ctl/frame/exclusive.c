/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/exclusive.h"

#include "common/base/failure.h"
#include "frame/person.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMEDY_SIZE 256
#define WRITER_SIZE (PERSON_SIZE + 16)

/* Relative to the directory. Who is at a socket in `run` is asked there. */
static const char *const files[] = {
    "",      "targets", "targets/data.mdb", "targets/lock.mdb",  "targets/write.lock",
    "state", "journal", "journal/known",    "journal/strangers",
};

static const char *remedy(const char *directory, char text[REMEDY_SIZE])
{
    struct passwd entry, *found = NULL;
    char buffer[16384];
    bool known = getpwnam_r("netboot", &entry, buffer, sizeof(buffer), &found) == 0 && found;

    snprintf(text, REMEDY_SIZE, "%srun 'netbootctl -d %.100s init', which gives the store to user netboot",
             known ? "" : "run 'adduser --system --group netboot', then ", directory);
    return text;
}

/* Who may write the file, other than root. NULL: nobody. */
static const char *writer_of(const struct stat *status, char text[WRITER_SIZE])
{
    char name[PERSON_SIZE];

    if (S_ISLNK(status->st_mode))
        snprintf(text, WRITER_SIZE, "whoever may write where it leads");
    else if (status->st_uid != 0)
        snprintf(text, WRITER_SIZE, "user %s", user_name(status->st_uid, name));
    else if (status->st_mode & S_IWOTH)
        snprintf(text, WRITER_SIZE, "everybody");
    else if (status->st_mode & S_IWGRP)
        snprintf(text, WRITER_SIZE, "group %s", group_name(status->st_gid, name));
    else
        return NULL;
    return text;
}

static int refuse(const char *directory, const char *path, const char *writer, struct netboot_error *error)
{
    char text[REMEDY_SIZE];

    return failure(error, -EPERM, "%.200s can be written by %s, so root does not use this store of root's: %s", path,
                   writer, remedy(directory, text));
}

/* ---- The way to it */

/* Who may put something else in the place of what is on the way. Root's links stay, and what is root's in a directory
 * as /tmp is. */
static const char *mover_of(const struct stat *status, char text[WRITER_SIZE])
{
    bool stays = status->st_uid == 0 && (S_ISLNK(status->st_mode) || status->st_mode & S_ISVTX);

    return stays ? NULL : writer_of(status, text);
}

/* As it is named. */
static int check_names(const char *directory, struct netboot_error *error)
{
    char path[PATH_MAX], writer[WRITER_SIZE];
    size_t size = strlen(directory);
    struct stat status;

    for (size_t i = 1; i <= size && size < sizeof(path); i++) {
        if (directory[i] != '/' && directory[i] != '\0')
            continue;
        memcpy(path, directory, i);
        path[i] = '\0';
        if (lstat(path, &status) != 0)
            return failure(error, -errno, "cannot stat %s: %s", path, strerror(errno));
        if (mover_of(&status, writer))
            return refuse(directory, path, writer, error);
    }
    return 0;
}

static int check_parent(int parent, const char *directory, struct stat *ret, struct netboot_error *error)
{
    char path[PATH_MAX], link[32], writer[WRITER_SIZE];

    if (parent < 0 || fstat(parent, ret) != 0)
        return failure(error, -errno, "cannot open what %s is in: %s", directory, strerror(errno));
    if (!mover_of(ret, writer))
        return 0;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", parent);
    ssize_t size = readlink(link, path, sizeof(path) - 1);
    path[size > 0 ? size : 0] = '\0';
    return refuse(directory, path, writer, error);
}

/* Wherever links led. */
static int check_parents(int at, const char *directory, struct netboot_error *error)
{
    struct stat below, status;
    int code, here = dup(at), parent;

    do {
        parent = openat(here, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        fstat(here, &below);
        close(here);
        code = check_parent(parent, directory, &status, error);
        here = parent;
    } while (code == 0 && (status.st_dev != below.st_dev || status.st_ino != below.st_ino));
    if (here >= 0)
        close(here);
    return code;
}

/* ---- The store */

int exclusive_way(int at, const char *directory, struct netboot_error *error)
{
    int code = check_names(directory, error);

    return code == 0 ? check_parents(at, directory, error) : code;
}

/* In directories that only root may write, nothing changes after it was looked at. */
int exclusive_check(int at, const char *directory, struct netboot_error *error)
{
    char writer[WRITER_SIZE], path[PATH_MAX];
    struct stat status;
    int code = exclusive_way(at, directory, error);

    if (code != 0)
        return code;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (fstatat(at, files[i], &status, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT || errno == ENOTDIR)
                continue;
            return failure(error, -errno, "cannot stat %s/%s: %s", directory, files[i], strerror(errno));
        }
        if (!writer_of(&status, writer))
            continue;
        snprintf(path, sizeof(path), "%s%s%s", directory, files[i][0] ? "/" : "", files[i]);
        return refuse(directory, path, writer, error);
    }
    return 0;
}
