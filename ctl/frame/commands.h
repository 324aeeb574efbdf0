/* SPDX-License-Identifier: MPL-2.0 */
/* The commands that describe a program itself: every program has them. */
#ifndef NETBOOTCTL_FRAME_COMMANDS_H
#define NETBOOTCTL_FRAME_COMMANDS_H

#include "frame/command.h"

extern const struct command help_commands[], completion_commands[], manual_commands[];

#endif
