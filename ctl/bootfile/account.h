/* SPDX-License-Identifier: MPL-2.0 */
/* What users of this computer may do with files, by their mode bits. Nothing here prints. */
#ifndef NETBOOTCTL_ACCOUNT_H
#define NETBOOTCTL_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#define ACCOUNT_NAME_SIZE 64
#define ACCOUNT_GROUPS_MAX 256

struct account {
    char name[ACCOUNT_NAME_SIZE];
    bool known; /* to this computer; an unknown user has the rights of others */
    uid_t user;
    int group_count;
    gid_t groups[ACCOUNT_GROUPS_MAX];
};

/* The user of that name with its groups. -ENOENT: there is none, and `ret` is an unknown user; -ENAMETOOLONG. */
int account_find(const char *name, struct account *ret);
/* The class of chmod(1) that counts for the user: u, g or o. */
char account_class(const struct account *account, const struct stat *status);
/* Whether `wanted` (R_OK, W_OK and X_OK) is allowed. The bits count for root, too: it may lack the capability to ignore
 * them, under AppArmor or in containers. */
bool account_may(const struct account *account, const struct stat *status, int wanted);

#define ACCESS_PATH_SIZE 4096
/* What keeps somebody from a file. */
struct obstacle {
    char path[ACCESS_PATH_SIZE]; /* the file, or a directory on the way to it */
    int error;                   /* errno value; 0: the mode does not allow it */
    bool is_directory;
    int wanted;        /* what is not allowed */
    unsigned accounts; /* a bit for each account that it keeps out */
};

/*
 * Whether all of `accounts` (at most 32) may do `wanted` with the file `path`, and enter the directories that lead to
 * it; the first `from` octets of the path are not checked. True, or false with the first obstacle. A file with an
 * access list (acl(5)) counts as allowed: its mode does not tell.
 */
bool access_check(const char *path, size_t from, const struct account *accounts, unsigned count, int wanted,
                  struct obstacle *ret);

#endif
