/* SPDX-License-Identifier: MPL-2.0 */
#include "netbootd.h"

#include "core/core.h"
#include "frame/error.h"
#include "frame/identity.h"
#include "frame/session.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPERATORS "netboot-operator"

/* clang-format off */
static const struct option_row options[] = {
    {.name = "operators", .value = "GROUP", .help = "whose members may change hosts and what is armed (default: "
     OPERATORS ")"},
    {.name = "journal-size", .value = "MEBIBYTES", .help = "that the journal takes on disk at most, 1 to 1048576 "
     "(default: 256)"},
    {.name = "tool", .value = "FILE", .help = "the netbootctl that is run for them (default: " TOOL ")",
     .completion = COMPLETE_FILE},
    {0},
};
/* clang-format on */

/* Octets; 0: not given, -1: no such number. */
static int64_t journal_size(const struct session *session)
{
    const char *text = option_value(session->arguments, "journal-size");
    char *end;

    if (!text)
        return 0;
    errno = 0;
    long mebibytes = strtol(text, &end, 10);
    return *end || end == text || errno != 0 || mebibytes < 1 || mebibytes > 1 << 20 ? -1 : (int64_t)mebibytes << 20;
}

static int run(struct session *session)
{
    int64_t size = journal_size(session);
    const char *operators = option_value(session->arguments, "operators");
    const char *tool = option_value(session->arguments, "tool");
    struct core_options options_of = {.directory = session->directory,
                                      .operators = operators ? operators : OPERATORS,
                                      .tool = tool ? tool : TOOL,
                                      .journal_size = (uint64_t)size};
    struct netboot_error error;

    if (size < 0)
        return misused("--journal-size: give mebibytes, 1 to 1048576");
    if (operators && !getgrnam(operators))
        return failed("--operators: there is no group %s", operators);
    if (tool && access(tool, X_OK) != 0)
        return failed("--tool: %s cannot be run: %s", tool, strerror(errno));
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
