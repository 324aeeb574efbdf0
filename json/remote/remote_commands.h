/* SPDX-License-Identifier: MPL-2.0 */
/* The commands of remote.c, each with its arguments and its answer. */
#ifndef NETBOOT_REMOTE_COMMANDS_H
#define NETBOOT_REMOTE_COMMANDS_H

#include "json/remote/server.h"

enum {
    REMOTE_PAGE_MAX = 500, /* hosts in a page */
    REMOTE_WAIT_MS = 100   /* for another writer */
};

/* As remote_run(). */
int remote_host_get(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_page(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_add(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_update(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_done(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_host_delete(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);
int remote_status(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told);

#endif
