/* SPDX-License-Identifier: MPL-2.0 */
#include "account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

int account_find(const char *name, struct account *ret)
{
    struct account account = {.group_count = ACCOUNT_GROUPS_MAX};
    struct passwd user, *found = NULL;
    char buffer[16384];

    if (strlen(name) >= sizeof(account.name))
        return -ENAMETOOLONG;
    snprintf(account.name, sizeof(account.name), "%s", name);
    if (getpwnam_r(name, &user, buffer, sizeof(buffer), &found) != 0 || !found) {
        account.group_count = 0;
        *ret = account;
        return -ENOENT;
    }
    account.known = true;
    account.user = user.pw_uid;
    if (getgrouplist(name, user.pw_gid, account.groups, &account.group_count) < 0)
        account.group_count = ACCOUNT_GROUPS_MAX; /* more do not fit */
    *ret = account;
    return 0;
}

static bool is_member(const struct account *account, gid_t group)
{
    for (int i = 0; i < account->group_count; i++)
        if (account->groups[i] == group)
            return true;
    return false;
}

char account_class(const struct account *account, const struct stat *status)
{
    if (account->known && account->user == status->st_uid)
        return 'u';
    return is_member(account, status->st_gid) ? 'g' : 'o';
}

bool account_may(const struct account *account, const struct stat *status, int wanted)
{
    if (account->known && account->user == 0)
        return true;
    char class = account_class(account, status);
    unsigned shift = class == 'u' ? 6 : class == 'g' ? 3 : 0;

    return ((int)(status->st_mode >> shift) & wanted) == wanted;
}

/* Checks one file or directory of the path. */
static bool path_step_check(const char *path, const struct account *accounts, unsigned count, int wanted,
                            struct obstacle *ret)
{
    struct stat status;
    unsigned refused = 0;
    bool there = stat(path, &status) == 0;
    int error = there ? 0 : errno;

    for (unsigned i = 0; there && i < count; i++)
        refused |= account_may(&accounts[i], &status, wanted) ? 0u : 1u << i;
    if (there && wanted == X_OK && !S_ISDIR(status.st_mode)) {
        there = false;
        error = ENOTDIR;
    }
    if (there && (refused == 0 || getxattr(path, "system.posix_acl_access", NULL, 0) > 0))
        return true;
    snprintf(ret->path, sizeof(ret->path), "%s", path);
    ret->error = error;
    ret->is_directory = there && S_ISDIR(status.st_mode);
    ret->wanted = wanted;
    ret->accounts = refused;
    return false;
}

bool access_check(const char *path, size_t from, const struct account *accounts, unsigned count, int wanted,
                  struct obstacle *ret)
{
    char step[ACCESS_PATH_SIZE];
    size_t size = strlen(path);

    if (size >= sizeof(step)) {
        *ret = (struct obstacle){.error = ENAMETOOLONG};
        return false;
    }
    for (size_t at = from ? from : 1; at <= size; at++) {
        if (path[at] != '/' && path[at] != '\0')
            continue;
        if (at < size && path[at + 1] == '/')
            continue;
        memcpy(step, path, at);
        step[at] = '\0';
        if (!path_step_check(step, accounts, count, path[at] == '\0' ? wanted : X_OK, ret))
            return false;
    }
    return true;
}
