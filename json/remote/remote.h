/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The commands that a DHCP server offers over its control channel: JSON in, JSON out, over the server's own store.
 * They never wait long, as packets may wait for them: a list comes in pages, and a change gives up on a busy store.
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
 * Carries out a command. `arguments` is an object, NULL for none. 0, or: -ENODATA: it was done and there is nothing, no
 * such host; -ENOSYS: not offered; anything else: it was not done. `told` gets a line for people in any case.
 * *ret_answer: an object for cJSON_Delete(), or NULL.
 */
int remote_run(const struct remote *remote, const char *name, const cJSON *arguments, cJSON **ret_answer,
               struct netboot_error *told);

#ifdef __cplusplus
}
#endif
#endif
