/* SPDX-License-Identifier: MPL-2.0 */
/* What every program has that says by itself what it can do. */
#ifndef NETBOOTCTL_FRAME_COMMANDS_H
#define NETBOOTCTL_FRAME_COMMANDS_H

#include "frame/command.h"

extern const struct command help_commands[], completion_commands[], manual_commands[];

#endif
