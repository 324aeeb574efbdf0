/* SPDX-License-Identifier: MPL-2.0 */
/* netbootctl: the targets store for people and scripts. */
#include "frame/main.h"
#include "commands.h"

static const struct program program = {
    .name = "netbootctl",
    .summary = "set what machines boot from the network",
    .commands = netbootctl_commands,
    .topics = netbootctl_topics,
};

int main(int count, char **values)
{
    return program_main(&program, count, values);
}
