/* SPDX-License-Identifier: MPL-2.0 */
#ifndef NETBOOTD_NETBOOTD_H
#define NETBOOTD_NETBOOTD_H

#include "frame/command.h"

extern const struct command netbootd_command;

#endif
