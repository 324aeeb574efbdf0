/* SPDX-License-Identifier: MPL-2.0 */
/* What a machine would get, and why. */
#ifndef NETBOOTCTL_EXPLAIN_COMMANDS_H
#define NETBOOTCTL_EXPLAIN_COMMANDS_H

#include "frame/command.h"

extern const struct command explain_commands[];

#endif
