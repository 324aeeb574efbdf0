/* SPDX-License-Identifier: MPL-2.0 */
#include "directory.h"

#include "frame/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *directory_file(const char *directory, const char *name)
{
    char *ret = NULL;

    return asprintf(&ret, "%s/%s", directory, name) < 0 ? NULL : ret;
}

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path) == 0 ? 0 : -errno;
}

int directory_remove(const char *path)
{
    return nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* 1: there are files in it; 0: it is empty or not there; or a negative errno value. */
static int is_filled(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    int ret = 0;

    if (!directory)
        return errno == ENOENT ? 0 : -errno;
    while (ret == 0 && (entry = readdir(directory)))
        ret = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return ret;
}

int directory_begin(struct migration *migration)
{
    const char *temporary = getenv("TMPDIR");
    char path[4096];
    int filled = migration->dry_run ? 0 : is_filled(migration->output);

    if (filled < 0)
        return failed("%s: %s", migration->output, strerror(-filled));
    if (filled && !migration->force)
        return misused("%s is not empty: name another directory, or say --force to replace all that is in it",
                       migration->output);
    if (migration->dry_run)
        snprintf(path, sizeof(path), "%s/netboot-migrate.XXXXXX", temporary && temporary[0] ? temporary : "/tmp");
    else
        snprintf(path, sizeof(path), "%s", migration->output);
    while (path[0] && path[1] && path[strlen(path) - 1] == '/')
        path[strlen(path) - 1] = '\0';
    if (!migration->dry_run)
        snprintf(path + strlen(path), sizeof(path) - strlen(path), ".XXXXXX");
    if (!mkdtemp(path))
        return failed("%s cannot be made: %s", path, strerror(errno));
    migration->work = strdup(path);
    return migration->work ? DONE : failed("out of memory");
}

/* What was there is only gone once the new one is in its place. */
static int put_in_place(const struct migration *migration)
{
    struct stat status;
    mode_t mask = umask(0);

    umask(mask);
    if (chmod(migration->work, 0777 & ~mask) != 0)
        return -errno;
    if (stat(migration->output, &status) != 0 || !is_filled(migration->output))
        return rename(migration->work, migration->output) == 0 ? 0 : -errno;
    if (renameat2(AT_FDCWD, migration->work, AT_FDCWD, migration->output, RENAME_EXCHANGE) != 0)
        return -errno;
    return directory_remove(migration->work);
}

int directory_end(struct migration *migration, int code)
{
    int status = 0;

    if (!migration->work)
        return code;
    if (code == DONE && !migration->dry_run)
        status = put_in_place(migration);
    if (code != DONE || migration->dry_run || status != 0)
        directory_remove(migration->work);
    free(migration->work);
    migration->work = NULL;
    return status == 0 ? code : failed("%s cannot be put in place: %s", migration->output, strerror(-status));
}
