/* SPDX-License-Identifier: MPL-2.0 */
/* netboot-migrate: a program of one command. */
#include "frame/main.h"
#include "frame/commands.h"
#include "migrate.h"

static const struct command *const commands[] = {help_commands, completion_commands, manual_commands, NULL};

int main(int count, char **values)
{
    const struct program program = {
        .name = migrate_command.group,
        .summary = migrate_command.summary,
        .commands = commands,
        .itself = &migrate_command,
    };

    return program_main(&program, count, values);
}
