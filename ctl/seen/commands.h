/* SPDX-License-Identifier: MPL-2.0 */
/* What machines got, and which there are. */
#ifndef NETBOOTCTL_SEEN_COMMANDS_H
#define NETBOOTCTL_SEEN_COMMANDS_H

#include "frame/command.h"

extern const struct command log_commands[], seen_commands[];

#endif
