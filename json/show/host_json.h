/* SPDX-License-Identifier: MPL-2.0 */
/* Hosts as JSON: what one is, and what changes make of one. Nothing here prints. */
#ifndef NETBOOT_HOST_JSON_H
#define NETBOOT_HOST_JSON_H

#include "json/record/json.h"

/* A host with all keys of its record, and `once` where it has been armed. -ENOENT, -EBADMSG, -ENOMEM. */
int host_to_json(struct netboot_view *view, const struct netboot_id *id, cJSON **ret, struct netboot_error *error);

/* Takes `changes` into the record of the host that is called by `id`, which it has afterwards unless it is a name.
 * -ENOMEM. */
int host_change(cJSON *record, const struct netboot_id *id, const cJSON *changes, struct netboot_error *error);
/* Whether it has a MAC, UUID or DUID, as a host needs. */
bool host_has_ids(const cJSON *record);
/* Whether the target that `changes` names is there. -EINVAL, -ENOENT. */
int host_target_check(struct netboot_view *view, const cJSON *changes, struct netboot_error *error);

#endif
