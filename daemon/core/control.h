/* SPDX-License-Identifier: MPL-2.0 */
/* The socket for people and their programs. */
#ifndef NETBOOTD_CONTROL_H
#define NETBOOTD_CONTROL_H

#include "core/state.h"

int control_door_open(struct core *core, struct netboot_error *error);
void control_door_close(struct core *core);
/* Clients that ask nothing. */
void control_expire(void);
/* A child of this process ended. */
void control_child_ended(pid_t child, int status);

#endif
