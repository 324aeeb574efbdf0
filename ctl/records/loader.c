/* SPDX-License-Identifier: MPL-2.0 */
#include "commands.h"
#include "edit/edit.h"
#include "list.h"

static const struct column columns[] = {
    {"PLATFORM", "platform"},
    {"FILE",     "file"    },
    {NULL,       NULL      },
};

static int loader_set(struct session *session)
{
    return edit_set_command(session, NETBOOT_RECORD_LOADER, (const char *const[]){"platform", "file"});
}

static int loader_list(struct session *session)
{
    return list_command(session, NETBOOT_RECORD_LOADER, "loaders", columns, (struct list_rows){0});
}

static int loader_delete(struct session *session)
{
    return edit_delete_command(session, NETBOOT_RECORD_LOADER);
}

/* clang-format off */
const struct command loader_commands[] = {
    {.group = "loader", .verb = "set", .run = loader_set, .words = "PLATFORM FILE", .least = 2, .most = 2,
     .options = dry_run_options, .completion = COMPLETE_PLATFORM, .completed = 1,
     .summary = "set the file that firmware of a platform loads first",
     .details = "FILE is a path below the site's TFTP or HTTP server, or a URL. Platforms: netbootctl help platforms."},
    {.group = "loader", .verb = "list", .run = loader_list, .options = json_options, .summary = "list the loaders"},
    {.group = "loader", .verb = "delete", .run = loader_delete, .words = "PLATFORM...", .least = 1,
     .most = ANY_NUMBER, .options = dry_run_options, .completion = COMPLETE_PLATFORM,
     .summary = "delete loaders, all or none"},
    {0},
};
/* clang-format on */
