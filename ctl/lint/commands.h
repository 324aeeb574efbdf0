/* SPDX-License-Identifier: MPL-2.0 */
/* What will not work. */
#ifndef NETBOOTCTL_LINT_COMMANDS_H
#define NETBOOTCTL_LINT_COMMANDS_H

#include "frame/command.h"

extern const struct command lint_commands[];

#endif
