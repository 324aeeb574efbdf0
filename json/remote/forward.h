/* SPDX-License-Identifier: MPL-2.0 */
/* A command that changes, for a server that may only read: netbootd has it carried out. */
#ifndef NETBOOT_REMOTE_FORWARD_H
#define NETBOOT_REMOTE_FORWARD_H

#include "json/remote/server.h"

/* As remote_run(). */
int remote_forward(const struct remote *remote, const char *name, const cJSON *arguments, cJSON **ret,
                   struct netboot_error *told);

#endif
