/* SPDX-License-Identifier: MPL-2.0 */
/* Sites, loaders, targets and hosts. */
#ifndef NETBOOTCTL_RECORDS_COMMANDS_H
#define NETBOOTCTL_RECORDS_COMMANDS_H

#include "frame/command.h"

extern const struct command site_commands[], loader_commands[], target_commands[], host_commands[];

#endif
