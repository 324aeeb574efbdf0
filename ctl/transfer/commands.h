/* SPDX-License-Identifier: MPL-2.0 */
/* Records from files, and into them. */
#ifndef NETBOOTCTL_TRANSFER_COMMANDS_H
#define NETBOOTCTL_TRANSFER_COMMANDS_H

#include "frame/command.h"

extern const struct command import_commands[], export_commands[];

#endif
