/* SPDX-License-Identifier: MPL-2.0 */
#include "netbootd.h"

#include "core/core.h"
#include "frame/error.h"
#include "frame/identity.h"
#include "frame/session.h"

#define OPERATORS "netboot-operator"

/* clang-format off */
static const struct option_row options[] = {
    {.name = "directory", .letter = 'd', .value = "DIR", .help = "the directory of the store (default: "
     NETBOOT_DEFAULT_DIRECTORY ")", .completion = COMPLETE_DIRECTORY},
    {.name = "operators", .value = "GROUP", .help = "whose members may change hosts and what is armed (default: "
     OPERATORS ")"},
    {.name = "tool", .value = "FILE", .help = "the netbootctl that is run for them (default: " TOOL ")",
     .completion = COMPLETE_FILE},
    {0},
};
/* clang-format on */

static int run(struct session *session)
{
    const char *operators = option_value(session->arguments, "operators");
    const char *tool = option_value(session->arguments, "tool");
    struct core_options options_of = {
        .directory = session->directory, .operators = operators ? operators : OPERATORS, .tool = tool ? tool : TOOL};
    struct netboot_error error;

    if (identity_take(&options_of.directory, &error) != 0 || core_run(&options_of, &error) != 0)
        return failed_with(&error);
    return DONE;
}

/* clang-format off */
const struct command netbootd_command = {
     .group = "netbootd", .run = run, .options = options,
     .summary = "boot once and the journal, for the DHCP servers of this machine",
     .details =
         "Runs in the foreground until a signal ends it; a service manager starts it.\n",
};
/* clang-format on */
