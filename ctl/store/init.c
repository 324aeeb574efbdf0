/* SPDX-License-Identifier: MPL-2.0 */
#include "before.h"
#include "commands.h"

#include "common/base/bytes.h"
#include "frame/command.h"
#include "frame/identity.h"
#include "frame/output.h"
#include "frame/who.h"
#include "give.h"
#include "json/record/json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define FIRST_GENERATION 1 /* of a store that was made and not changed since */

static const struct {
    const char *platform, *file;
} loaders[] = {
    {"x86-bios", "undionly.kpxe"},
    {"x86-uefi", "ipxe32.efi"   },
    {"x64-uefi", "ipxe.efi"     },
};

static int fill(struct netboot_change *change, struct netboot_error *error)
{
    struct netboot_record record;

    netboot_record_clear(NETBOOT_RECORD_SITE, &record);
    record.site.name = bytes_of_text(NETBOOT_NAME_DEFAULT);
    int status = netboot_change_put(change, NULL, &record, error);
    netboot_record_clear(NETBOOT_RECORD_TARGET, &record);
    record.target.name = bytes_of_text(NETBOOT_NAME_DEFAULT);
    record.target.script = bytes_of_text("script.ipxe");
    if (status == 0)
        status = netboot_change_put(change, NULL, &record, error);
    netboot_record_clear(NETBOOT_RECORD_LOADER, &record);
    for (size_t i = 0; status == 0 && i < sizeof(loaders) / sizeof(loaders[0]); i++) {
        record.loader.platform = (uint16_t)netboot_platform_find(loaders[i].platform);
        record.loader.file = bytes_of_text(loaders[i].file);
        status = netboot_change_put(change, NULL, &record, error);
    }
    return status;
}

/* A store that nothing has been changed in gets its first records: also one whose init was killed before it came to
 * that. Ends the change. */
static int complete(struct netboot_change *change, bool *ret_created, struct netboot_error *error)
{
    struct netboot_status store;
    int status = netboot_view_status(netboot_change_view(change), &store, error);

    if (status != 0 || store.generation > FIRST_GENERATION) {
        netboot_change_abort(change);
        return status;
    }
    if ((status = fill(change, error)) != 0)
        netboot_change_abort(change);
    else
        status = netboot_change_commit(change, error);
    *ret_created = status == 0;
    return status;
}

static int tell_there(const struct session *session)
{
    printf("a store already exists in %s: it stays as it is\n", session->directory);
    return DONE;
}

/* What is missing is made by the one whose it will be. */
static int make_missing(struct session *session)
{
    struct netboot_error error;
    char by[NETBOOT_ONCE_BY_SIZE];

    who_name(by); /* who it is now */
    int status = give_store(session->directory, &error);
    if (status > 0)
        printf("gave %s and the store in it to user netboot\n", session->directory);
    if (status >= 0 && (status = identity_take(&session->directory, &error)) == -ENOENT)
        status = 0; /* a store of root's own */
    if (status == 0)
        status = netboot_store_create(session->directory, &error);
    return status == 0 || status == -EEXIST ? DONE : failed("%s%s", error.text, identity_note(status));
}

static int init_run(struct session *session)
{
    struct netboot_error error;
    struct netboot_change *change;
    struct netboot_status store;
    bool created = false;
    int code = make_missing(session);

    if (code == DONE)
        code = session_view(session);
    if (code == DONE)
        code = before_put_aside(session);
    if (code != DONE)
        return code;
    if (netboot_view_status(session->view, &store, &error) != 0)
        return failed_with(&error);
    if (store.generation > FIRST_GENERATION)
        return tell_there(session);
    session_view_close(session);
    if ((code = session_change(session, &change)) != DONE)
        return code;
    if (complete(change, &created, &error) != 0)
        return failed("%s", error.text);
    if (!created) /* another init was faster */
        return tell_there(session);
    printf("created a store in %s\n"
           "next: set the servers of boot files: netbootctl site set default --tftp4 ADDRESS --http4 URL\n",
           session->directory);
    return output_after_change();
}

/* clang-format off */
const struct command init_commands[] = {
    {.group = "init", .run = init_run, .summary = "create the store",
     .details = "Creates the directory and a store with a site `default` (without addresses), the loaders x86-bios\n"
                "undionly.kpxe, x86-uefi ipxe32.efi and x64-uefi ipxe.efi, and a target `default` with script.ipxe.\n"
                "Until the site has addresses, no DHCP reply changes. The records of an existing store stay as they are.\n"
                "Run by root where there is a user netboot (adduser --system --group netboot), init gives the directory and\n"
                "the files of the store in it to that user, also those of an existing store of root's.\n"
                "What DHCP servers wrote before there was netbootd, DIR/state and DIR/journal, is put aside as state.old and\n"
                "journal.old; the commands that arm anew what was armed are printed."},
    {0},
};
/* clang-format on */
