/* SPDX-License-Identifier: MPL-2.0 */
#include "before.h"

#include "frame/output.h"
#include "json/text/when.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- What was armed */

static int tell(const struct netboot_id *id, const struct netboot_once *once, void *user)
{
    char text[NETBOOT_ID_TEXT_SIZE], until[TIME_TEXT_SIZE];
    unsigned *count = user;

    if ((*count)++ == 0)
        puts("an earlier version had these hosts armed; when netbootd runs, this arms them anew:");
    printf("  netbootctl host set %s --%s %s", netboot_id_text(id, text), once->until_done ? "until-done" : "once",
           once->target);
    if (once->until_done)
        printf(" --tries %u", once->tries - once->count);
    printf(" --expires %s\n", time_text(once->expires, until));
    return 0;
}

static int tell_all(struct session *session)
{
    struct netboot_error error;
    unsigned count = 0;
    int status = netboot_view_once_before(session->view, tell, &count, &error);

    if (status == -ENOMEM)
        return failed_with(&error);
    if (status != 0 && status != -ENOENT) /* damaged: nothing of it can be known */
        note("what an earlier version had armed cannot be told: %s", error.text);
    return DONE;
}

/* ---- Out of the way */

static bool is_there(const char *directory, const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s/data.mdb", directory, name);
    return access(path, F_OK) == 0;
}

/* An older one that was put aside goes before it. */
static int put_aside(const char *directory, const char *name)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "write.lock"};
    char path[PATH_MAX], aside[PATH_MAX], file[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    snprintf(aside, sizeof(aside), "%s/%s.old", directory, name);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if ((size_t)snprintf(file, sizeof(file), "%s/%s", aside, files[i]) < sizeof(file))
            unlink(file);
    }
    rmdir(aside);
    if (rename(path, aside) != 0)
        return failed("cannot rename %s to %s: %s", path, aside, strerror(errno));
    printf("put aside %s of an earlier version, as %s.old\n", path, name);
    return DONE;
}

int before_put_aside(struct session *session)
{
    int code = DONE;

    if (is_there(session->directory, "state"))
        code = tell_all(session);
    if (code == DONE && is_there(session->directory, "state"))
        code = put_aside(session->directory, "state");
    if (code == DONE && is_there(session->directory, "journal"))
        code = put_aside(session->directory, "journal");
    return code;
}
