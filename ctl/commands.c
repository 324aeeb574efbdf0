/* SPDX-License-Identifier: MPL-2.0 */
#include "commands.h"

#include "explain/commands.h"
#include "frame/commands.h"
#include "lint/commands.h"
#include "menu/commands.h"
#include "records/commands.h"
#include "remote/commands.h"
#include "replay/commands.h"
#include "seen/commands.h"
#include "store/commands.h"
#include "transfer/commands.h"

/* clang-format off */
static const struct command migrate_commands[] = {
    {.group = "migrate", .program = "netboot-migrate", .words = "[ARGUMENT]...", .most = ANY_NUMBER,
     .remedy = "it is a separate program, which the build installs unless -DNETBOOT_MIGRATE=OFF is given",
     .summary = "move from ISC dhcpd to Kea with netboot",
     .details = "Runs netboot-migrate with these arguments; see netboot-migrate --help."},
    {0},
};
/* clang-format on */

/* As help shows them. */
const struct command *const netbootctl_commands[] = {
    init_commands,       site_commands,
    loader_commands,     target_commands,
    host_commands,       explain_commands,
    log_commands,        seen_commands,
    replay_commands,     import_commands,
    export_commands,     history_commands,
    backup_commands,     menu_commands,
    lint_commands,       migrate_commands,
    status_commands,     help_commands,
    completion_commands, manual_commands,
    remote_commands,     NULL,
};
