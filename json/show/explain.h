/* SPDX-License-Identifier: MPL-2.0 */
/* What a machine would get, and why, as JSON, for netbootctl and for servers alike. Nothing here prints. */
#ifndef NETBOOT_EXPLAIN_H
#define NETBOOT_EXPLAIN_H

#include "netboot-store.h"

#include <cjson/cJSON.h>

/*
 * Makes the packet that a client would send, and decides as servers do. Nothing is sent, and nothing changes.
 *
 *   family (4 or 6), id (of a host), mac, uuid, duid, arch (number, platform, or a list), vendor-class, user-class,
 *   address, requested (a list of numbers), join-identifiers (true or false; absent: as the view does)
 *
 * gives the client's facts, sent_vendor_class, sent_user_class, requested; join_identifiers; the decision with its
 * reasons; the edits. -EINVAL; -ENOENT: no host has that name; -EBADMSG. cJSON_Delete() the result.
 */
int explain_to_json(struct netboot_view *view, const cJSON *arguments, cJSON **ret, struct netboot_error *error);

#endif
