/* SPDX-License-Identifier: MPL-2.0 */
/* Whether DHCP servers may use the store, as users of their own. */
#include "lint.h"

#include "frame/person.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What a server does with which file; one that is not there is made. */
static const struct {
    const char *file;
    int wanted;
} files[] = {
    {"targets/data.mdb", R_OK       },
    {"targets/lock.mdb", R_OK | W_OK},
    {"state/data.mdb",   R_OK | W_OK},
    {"state/lock.mdb",   R_OK | W_OK},
    {"state/write.lock", R_OK | W_OK},
};

#define FILES (sizeof(files) / sizeof(files[0]))

/* Where the group may, the user belongs into it; unless that is root's own, which is for nobody else. */
static void fix_text(const struct lint *lint, const struct account *account, const struct obstacle *obstacle, char *fix,
                     size_t size)
{
    const char *directory = lint->session->directory;
    struct stat status;
    char group[PERSON_SIZE];
    bool known = stat(obstacle->path, &status) == 0;

    if (known && status.st_gid == 0 && strncmp(obstacle->path, directory, strlen(directory)) == 0)
        snprintf(
            fix, size,
            "adduser --system --group netboot; netbootctl -d %s init; usermod -a -G netboot %s; restart its server",
            directory, account->name);
    else if (known && status.st_gid != 0 &&
             ((status.st_mode >> 3) & (unsigned)obstacle->wanted) == (unsigned)obstacle->wanted)
        snprintf(fix, size, "usermod -a -G %s %s, and restart its server", group_name(status.st_gid, group),
                 account->name);
    else
        snprintf(fix, size, "chmod %c+%s%s%s %s", known ? account_class(account, &status) : 'o',
                 obstacle->wanted & R_OK ? "r" : "", obstacle->wanted & W_OK ? "w" : "",
                 obstacle->wanted & X_OK ? "x" : "", obstacle->path);
}

/* The first thing that keeps the user from the store is told, the rest hangs on it. */
static void account_check(struct lint *lint, const struct account *account)
{
    char path[ACCESS_PATH_SIZE], record[ACCOUNT_NAME_SIZE + 8], problem[128], fix[ACCESS_PATH_SIZE + 128];
    struct obstacle obstacle;

    for (size_t i = 0; i < FILES; i++) {
        int size = snprintf(path, sizeof(path), "%s/%s", lint->session->directory, files[i].file);
        if (size < 0 || (size_t)size >= sizeof(path) || access_check(path, 0, account, 1, files[i].wanted, &obstacle) ||
            obstacle.error == ENOENT)
            continue;
        snprintf(record, sizeof(record), "user %s", account->name);
        snprintf(problem, sizeof(problem), "cannot be %s by %s, so its server has no store",
                 obstacle.is_directory    ? "entered"
                 : obstacle.wanted & W_OK ? "written"
                                          : "read",
                 account->name);
        fix_text(lint, account, &obstacle, fix, sizeof(fix));
        lint_found(lint, LINT_STORE_ACCESS,
                   &(struct lint_finding){.record = record, .path = obstacle.path, .problem = problem, .fix = fix});
        return;
    }
}

void lint_store_access(struct lint *lint)
{
    for (unsigned i = 0; i < lint->server_count; i++)
        account_check(lint, &lint->servers[i]);
}

void lint_state_store(struct lint *lint)
{
    struct netboot_error error;
    int status = netboot_once_check(lint->session->store, &error);

    if (status != 0 && status != -ENOENT)
        lint_found(lint, LINT_STATE_STORE,
                   &(struct lint_finding){.record = "state store",
                                          .problem = "cannot be used, so armed hosts boot their regular target",
                                          .fix = error.text});
}
