/* SPDX-License-Identifier: MPL-2.0 */
/* netbootd: a program of one command. */
#include "frame/main.h"
#include "frame/commands.h"
#include "netbootd.h"

static const struct command *const commands[] = {help_commands, completion_commands, manual_commands, NULL};

int main(int count, char **values)
{
    const struct program program = {
        .name = netbootd_command.group,
        .summary = netbootd_command.summary,
        .commands = commands,
        .itself = &netbootd_command,
    };

    return program_main(&program, count, values);
}
