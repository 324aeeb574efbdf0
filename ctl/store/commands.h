/* SPDX-License-Identifier: MPL-2.0 */
/* The store as a whole. */
#ifndef NETBOOTCTL_STORE_COMMANDS_H
#define NETBOOTCTL_STORE_COMMANDS_H

#include "frame/command.h"

extern const struct command init_commands[], history_commands[], backup_commands[], status_commands[];

#endif
