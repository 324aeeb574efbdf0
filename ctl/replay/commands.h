/* SPDX-License-Identifier: MPL-2.0 */
/* What captured packets would get. */
#ifndef NETBOOTCTL_REPLAY_COMMANDS_H
#define NETBOOTCTL_REPLAY_COMMANDS_H

#include "frame/command.h"

extern const struct command replay_commands[];

#endif
