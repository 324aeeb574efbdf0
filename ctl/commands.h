/* SPDX-License-Identifier: MPL-2.0 */
/* All that netbootctl can do. */
#ifndef NETBOOTCTL_COMMANDS_H
#define NETBOOTCTL_COMMANDS_H

#include "frame/command.h"
#include "frame/program.h"

extern const struct command *const netbootctl_commands[];
extern const struct topic netbootctl_topics[];

#endif
