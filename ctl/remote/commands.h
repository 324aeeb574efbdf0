/* SPDX-License-Identifier: MPL-2.0 */
/* Commands of a DHCP server's control channel, which netbootd has this program carry out. */
#ifndef NETBOOTCTL_REMOTE_COMMANDS_H
#define NETBOOTCTL_REMOTE_COMMANDS_H

#include "frame/command.h"

extern const struct command remote_commands[];

#endif
