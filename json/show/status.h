/* SPDX-License-Identifier: MPL-2.0 */
/* The store at a glance, as JSON. Nothing here prints. */
#ifndef NETBOOT_STATUS_H
#define NETBOOT_STATUS_H

#include "netboot-store.h"

#include <cjson/cJSON.h>

/* store, format, generation, changed, hosts, sites, targets, loaders, size, map_size, readers. cJSON_Delete() the
 * result. -EBADMSG, -ENOMEM. */
int status_to_json(struct netboot_view *view, const char *directory, cJSON **ret, struct netboot_error *error);

#endif
