/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/identity.h"

#include "common/base/failure.h"
#include "frame/exclusive.h"
#include "frame/person.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GROUPS_MAX 64
#define NOGROUP 65534

static char taken[PERSON_SIZE]; /* the name of the user that this process became */

static bool is_among(gid_t group, const gid_t *groups, int count)
{
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

/* The owner's groups, and the store's if the owner is in that, unless that is root's. */
static int groups_of(uid_t user, gid_t *group, gid_t groups[GROUPS_MAX])
{
    struct passwd entry, *found = NULL;
    char buffer[16384];
    int count = GROUPS_MAX - 1;

    if (getpwuid_r(user, &entry, buffer, sizeof(buffer), &found) != 0)
        found = NULL;
    if (!found)
        count = 0;
    else if (getgrouplist(entry.pw_name, entry.pw_gid, groups, &count) < 0)
        count = GROUPS_MAX - 1; /* as many as there is room for */
    if (*group == 0 || (found && !is_among(*group, groups, count)))
        *group = found ? entry.pw_gid : NOGROUP;
    groups[count] = *group;
    return count + 1;
}

/* Whether the kernel says so as well. */
static bool has_become(uid_t user, gid_t group, const gid_t *groups, int count)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3], none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    gid_t gids[3], own[GROUPS_MAX];
    uid_t uids[3];

    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 || getresgid(&gids[0], &gids[1], &gids[2]) != 0 ||
        getgroups(GROUPS_MAX, own) > count || syscall(SYS_capget, &header, has) != 0)
        return false;
    for (int i = 0; i < 3; i++)
        if (uids[i] != user || gids[i] != group)
            return false;
    for (int i = getgroups(GROUPS_MAX, own) - 1; i >= 0; i--)
        if (!is_among(own[i], groups, count))
            return false;
    return memcmp(has, none, sizeof(none)) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && setuid(0) != 0;
}

static int become(uid_t user, gid_t group)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    gid_t groups[GROUPS_MAX];
    int count = groups_of(user, &group, groups);

    if (setgroups((size_t)count, groups) != 0 || setresgid(group, group, group) != 0 ||
        setresuid(user, user, user) != 0 || syscall(SYS_capset, &header, none) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -errno;
    return has_become(user, group, groups, count) ? 0 : -EPERM;
}

/* Of the targets store, else of the directory. Whoever owns the directory can put anything of anybody's there: it says
 * who the owner is, unless it is root's. */
static int owner_of(int at, const char *directory, struct stat *ret, struct netboot_error *error)
{
    struct stat targets;
    char name[PERSON_SIZE], other[PERSON_SIZE];

    if (fstat(at, ret) != 0)
        return failure(error, -errno, "cannot stat %s: %s", directory, strerror(errno));
    if (fstatat(at, "targets", &targets, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    if (S_ISLNK(targets.st_mode))
        return failure(error, -EPERM, "%s/targets is a symbolic link: root does not use that store", directory);
    if (ret->st_uid != 0 && targets.st_uid != 0 && targets.st_uid != ret->st_uid)
        return failure(error, -EPERM,
                       "%s belongs to user %s, but targets in it to user %s: root does not use that store", directory,
                       user_name(ret->st_uid, name), user_name(targets.st_uid, other));
    if (ret->st_uid == 0 || targets.st_uid == 0)
        *ret = targets;
    return 0;
}

static int take(int at, const char *directory, struct netboot_error *error)
{
    struct stat status;
    char name[PERSON_SIZE];
    int code = owner_of(at, directory, &status, error);

    if (code != 0)
        return code;
    if (status.st_uid == 0)
        return exclusive_check(at, directory, error);
    user_name(status.st_uid, name);
    if ((code = become(status.st_uid, status.st_gid)) != 0)
        return failure(error, code, "cannot become user %s, whose the store in %s is: %s; run this as that user", name,
                       directory, strerror(-code));
    memcpy(taken, name, sizeof(taken));
    return 0;
}

int identity_take(const char **directory, struct netboot_error *error)
{
    static char resolved[PATH_MAX];

    if (geteuid() != 0)
        return 0;
    int at = realpath(*directory, resolved) ? open(resolved, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (at < 0 && (errno == ENOENT || errno == ENOTDIR))
        return failure(error, -ENOENT, "there is no targets store in %s: run 'netbootctl -d %s init'", *directory,
                       *directory);
    if (at < 0)
        return failure(error, -errno, "cannot open the directory %s: %s", *directory, strerror(errno));
    int code = take(at, *directory, error);
    close(at);
    if (code == 0 && geteuid() == 0) /* what is mapped is what was checked, whatever links there are on the way */
        *directory = resolved;
    return code;
}

const char *identity_note(int code)
{
    static char text[PERSON_SIZE + 40];

    if (!taken[0] || (code != EACCES && code != EPERM && code != -EACCES && code != -EPERM))
        return "";
    snprintf(text, sizeof(text), " (as user %s, whose the store is)", taken);
    return text;
}
