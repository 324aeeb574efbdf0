/* SPDX-License-Identifier: MPL-2.0 */
/* Hosts as JSON. Nothing here prints. */
#ifndef NETBOOT_HOST_JSON_H
#define NETBOOT_HOST_JSON_H

#include "json/record/json.h"

/* A host with all keys of its record, and `once` where it has been armed. -ENOENT, -EBADMSG, -ENOMEM. */
int host_to_json(struct netboot_view *view, const struct netboot_id *id, cJSON **ret, struct netboot_error *error);

/* Checks that the store has the target that the host names. -ENOENT. */
int host_target_check(struct netboot_view *view, const struct netboot_host *host, struct netboot_error *error);

#endif
