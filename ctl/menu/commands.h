/* SPDX-License-Identifier: MPL-2.0 */
/* The boot menu. */
#ifndef NETBOOTCTL_MENU_COMMANDS_H
#define NETBOOTCTL_MENU_COMMANDS_H

#include "frame/command.h"

extern const struct command menu_commands[];

#endif
