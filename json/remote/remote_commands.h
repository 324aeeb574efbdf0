/* SPDX-License-Identifier: MPL-2.0 */
/* The commands of remote.c, each with its arguments and its answer. */
#ifndef NETBOOT_REMOTE_COMMANDS_H
#define NETBOOT_REMOTE_COMMANDS_H

#include "netboot-store.h"
#include "json/remote/remote.h"

#include <cjson/cJSON.h>

/* A view of the store, or why there is none. */
int remote_view(const struct remote *remote, struct netboot_view **ret, struct netboot_error *told);

/* What answers from one state of the store. */
typedef int remote_read(struct netboot_view *view, const struct remote *remote, const cJSON *arguments, cJSON **ret,
                        struct netboot_error *told);
int remote_with_view(remote_read *read, const struct remote *remote, const cJSON *arguments, cJSON **ret,
                     struct netboot_error *told);

/* As remote_run(). */
int remote_host_get(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_page(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_add(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_update(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_delete(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_status(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);

#endif
