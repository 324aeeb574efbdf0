/* SPDX-License-Identifier: MPL-2.0 */
/* `host set --from-seen`: the identifiers that a machine has shown. */
#ifndef NETBOOTCTL_FROM_SEEN_H
#define NETBOOTCTL_FROM_SEEN_H

#include "frame/session.h"

#include <cjson/cJSON.h>

/* Adds to a host's record what the machine with one of the record's identifiers, or with `id`, has shown and no other
 * machine has. Says what is left out. An exit code. */
int from_seen_add(struct session *session, const struct netboot_id *id, cJSON *record);

#endif
