/* SPDX-License-Identifier: MPL-2.0 */
#include "give.h"

#include "common/base/failure.h"
#include "frame/exclusive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWNER "netboot"
#define DIRECTORY_MODE (S_ISGID | S_IRGRP | S_IXGRP) /* what the group gets; the owner has more */
#define RUN_DIRECTORY "run"
#define RUN_MODE (S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH)
#define HELD_MAX 48 /* more than a store has */
#define PATH_SIZE 512
#define NO_STORES "is nothing that a store has"

/* Servers, the group, read targets; the rest is netbootd's alone. */
static const struct {
    const char *name;
    bool own;
} environments[] = {
    {"targets", false},
    {"state",   true },
    {"journal", true },
};

/* As they are called in use, set aside, half made, and of an earlier version. */
static const char *const forms[] = {"%s", "%s.damaged", ".%s.new", "%s.old"};
static const struct {
    const char *name;
    mode_t mode;
} files[] = {
    {"data.mdb",   S_IRGRP          },
    {"lock.mdb",   S_IRGRP | S_IWGRP},
    {"write.lock", S_IRGRP | S_IWGRP},
};

/* Everything is looked at, and held by its descriptor, before anything is given: what was looked at is what is given,
 * whatever its name leads to by then. */
struct giving {
    const char *directory;
    uid_t user;
    gid_t group;
    bool strict; /* the directory is root's: all in it has to be a store's */
    unsigned count;
    struct held {
        int file;
        mode_t mode; /* that it gets at least */
        bool own;    /* and nobody but its owner has any */
    } held[HELD_MAX];
};

static int refuse(const char *path, const char *why, struct netboot_error *error)
{
    return failure(error, -EPERM, "%s %s: move it away, then run init again; nothing was changed", path, why);
}

static const char *objection(const struct giving *giving, const struct stat *status, mode_t type)
{
    if ((status->st_mode & S_IFMT) != type)
        return S_ISLNK(status->st_mode) ? "is a symbolic link" : NO_STORES;
    if (status->st_uid != 0 && status->st_uid != giving->user)
        return "belongs to a user who is neither root nor " OWNER;
    if (status->st_uid == 0 && !giving->strict) /* user netboot may have moved it there */
        return "belongs to root, in a directory that does not";
    return type == S_IFREG && status->st_nlink > 1 ? "has another name elsewhere (a hard link)" : NULL;
}

/* A descriptor that is closed by release(); -EPERM, ... with a text. */
static int hold(struct giving *giving, int at, const char *name, const char *path, mode_t type, const struct held *held,
                struct netboot_error *error)
{
    struct stat status;
    const char *why = NULL;

    if (giving->count == HELD_MAX)
        return refuse(path, "is one file too many for a store", error);
    int file = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return failure(error, -errno, "cannot open %s: %s", path, strerror(errno));
    giving->held[giving->count++] = (struct held){file, held->mode, held->own};
    if (fstat(file, &status) != 0)
        return failure(error, -errno, "cannot stat %s: %s", path, strerror(errno));
    why = objection(giving, &status, type);
    return why ? refuse(path, why, error) : file;
}

static void release(struct giving *giving)
{
    while (giving->count > 0)
        close(giving->held[--giving->count].file);
}

/* ---- What there is */

/* Calls for each name in a directory; ends with the first negative value. */
static int each_name(int at, const char *path,
                     int (*call)(struct giving *, int at, const char *name, const char *path,
                                 struct netboot_error *error),
                     struct giving *giving, struct netboot_error *error)
{
    int file = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 0;
    DIR *names = file < 0 ? NULL : fdopendir(file);
    const struct dirent *entry;
    char below[PATH_SIZE];

    if (!names) {
        code = failure(error, -errno, "cannot read the directory %s: %s", path, strerror(errno));
        if (file >= 0)
            close(file);
        return code;
    }
    while (code >= 0 && (entry = readdir(names))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        code = call(giving, at, entry->d_name, below, error);
    }
    closedir(names);
    return code < 0 ? code : 0;
}

/* Of netbootd's own, whatever it is called. */
static int hold_own(struct giving *giving, int at, const char *name, const char *path, struct netboot_error *error)
{
    return hold(giving, at, name, path, S_IFREG, &(struct held){.own = true}, error);
}

static int hold_file(struct giving *giving, int at, const char *name, const char *path, struct netboot_error *error)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (strcmp(name, files[i].name) == 0)
            return hold(giving, at, name, path, S_IFREG, &(struct held){.mode = files[i].mode}, error);
    return giving->strict ? refuse(path, NO_STORES, error) : 0;
}

/* netbootd makes anew what is in it. A link leads to what is no store's. */
static int hold_run(struct giving *giving, int at, const char *path, struct netboot_error *error)
{
    struct stat status;

    if (fstatat(at, RUN_DIRECTORY, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
        return 0;
    return hold(giving, at, RUN_DIRECTORY, path, S_IFDIR, &(struct held){.mode = RUN_MODE}, error);
}

static int hold_environment(struct giving *giving, int at, const char *name, const char *path,
                            struct netboot_error *error)
{
    char known[32];

    if (strcmp(name, RUN_DIRECTORY) == 0)
        return hold_run(giving, at, path, error);
    for (size_t i = 0; i < sizeof(environments) / sizeof(environments[0]); i++)
        for (size_t j = 0; j < sizeof(forms) / sizeof(forms[0]); j++) {
            bool own = environments[i].own;
            snprintf(known, sizeof(known), forms[j], environments[i].name);
            if (strcmp(name, known) != 0)
                continue;
            int file = hold(giving, at, name, path, S_IFDIR,
                            &(struct held){.mode = own ? 0 : DIRECTORY_MODE, .own = own}, error);
            return file < 0 ? file : each_name(file, path, own ? hold_own : hold_file, giving, error);
        }
    /* lost+found: a file system of its own */
    return giving->strict && strcmp(name, "lost+found") != 0 ? refuse(path, NO_STORES, error) : 0;
}

/* ---- The gift */

/* 1: it was another's. */
static int give_one(const struct giving *giving, const struct held *held)
{
    struct stat status;
    char name[32];

    if (fstat(held->file, &status) != 0)
        return -errno;
    if (status.st_uid == giving->user && status.st_gid == giving->group)
        return 0; /* its mode is that user's own matter */
    if (fchownat(held->file, "", giving->user, giving->group, AT_EMPTY_PATH) != 0)
        return -errno;
    snprintf(name, sizeof(name), "/proc/self/fd/%d", held->file);
    mode_t mode = ((status.st_mode & 07777) | held->mode) & (held->own ? S_IRWXU : 07777);
    return mode == (status.st_mode & 07777) || chmod(name, mode) == 0 ? 1 : -errno;
}

/* The directory last: until then nobody else changes what is in it. How many were another's. */
static int give_all(const struct giving *giving, struct netboot_error *error)
{
    int code = 0;

    int given = 0;

    for (unsigned i = giving->count; i > 0 && code >= 0; i--)
        given += (code = give_one(giving, &giving->held[i - 1])) > 0;
    return code >= 0 ? given
                     : failure(error, code, "cannot give all of %s to user " OWNER ": %s", giving->directory,
                               strerror(-code));
}

/* Whether its user comes as far as the directory: the kernel is asked, as that user. */
static bool is_reached(const struct giving *giving)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        bool is = setgroups(1, &giving->group) == 0 && setresgid(giving->group, giving->group, giving->group) == 0 &&
                  setresuid(giving->user, giving->user, giving->user) == 0 &&
                  open(giving->directory, O_PATH | O_DIRECTORY | O_CLOEXEC) >= 0;
        _exit(is ? 0 : 1);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Whether it may be given: root's, by a way that only root can change, or that user's own; and that user comes there.
 */
static int check_directory(const struct giving *giving, int at, const struct stat *status, struct netboot_error *error)
{
    struct netboot_error way;
    const char *why = objection(giving, status, S_IFDIR);

    if (why)
        return refuse(giving->directory, why, error);
    if (giving->strict && exclusive_way(at, giving->directory, &way) != 0)
        return failure(error, -EPERM,
                       "%s is root's, and others than root can change the way to it: nothing was changed",
                       giving->directory);
    if (!is_reached(giving))
        return failure(error, -EACCES,
                       "user %s cannot enter a directory on the way to %s: let it (chmod o+x), or use another place; "
                       "nothing was changed",
                       OWNER, giving->directory);
    return 0;
}

static int give_directory(struct giving *giving, struct netboot_error *error)
{
    struct stat status;
    int at = open(giving->directory, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (at < 0)
        return failure(error, -errno, "cannot open %s: %s", giving->directory, strerror(errno));
    giving->held[giving->count++] = (struct held){.file = at, .mode = DIRECTORY_MODE};
    if (fstat(at, &status) != 0)
        return failure(error, -errno, "cannot stat %s: %s", giving->directory, strerror(errno));
    if (S_ISDIR(status.st_mode) && status.st_uid != 0 && status.st_uid != giving->user)
        return 0; /* and so is the store that is made in it */
    giving->strict = status.st_uid == 0;
    int code = check_directory(giving, at, &status, error);
    if (code == 0)
        code = each_name(at, giving->directory, hold_environment, giving, error);
    return code == 0 ? give_all(giving, error) : code;
}

/* False: there is no such user. */
static bool find_owner(struct giving *giving)
{
    const struct passwd *user = getpwnam(OWNER);

    if (!user || user->pw_uid == 0)
        return false;
    giving->user = user->pw_uid;
    giving->group = user->pw_gid;
    const struct group *group = getgrnam(OWNER);
    if (group)
        giving->group = group->gr_gid;
    return true;
}

int give_store(const char *directory, struct netboot_error *error)
{
    struct giving giving = {.directory = directory};

    if (geteuid() != 0 || !find_owner(&giving))
        return 0;
    bool made = mkdir(directory, S_IRWXU) == 0;
    if (!made && errno != EEXIST)
        return failure(error, -errno, "cannot create the directory %s: %s", directory, strerror(errno));
    int code = give_directory(&giving, error);
    release(&giving);
    if (code < 0 && made)
        rmdir(directory);
    return code > 0 ? !made : code;
}
