/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The commands that a DHCP server offers over its control channel: JSON in, JSON out, over the server's own store. They
 * never wait long, as packets may wait meanwhile: a list comes in pages, and a change gives up if the store is busy.
 */
#ifndef NETBOOT_REMOTE_H
#define NETBOOT_REMOTE_H

#include "json/remote/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The names of the commands, NULL past the last. */
const char *remote_name(unsigned index);

/*
 * Carries out a command. `arguments` is an object, NULL for none. 0, or: -ENODATA: done, but there is no such host;
 * -ENOSYS: there is no such command; any other: not done. `told` always gets a line for people. *ret_answer: an object
 * for cJSON_Delete(), or NULL.
 */
int remote_run(const struct remote *remote, const char *name, const cJSON *arguments, cJSON **ret_answer,
               struct netboot_error *told);

#ifdef __cplusplus
}
#endif
#endif
