/* SPDX-License-Identifier: MPL-2.0 */
/* `host set --from-seen`: the identifiers that a machine has shown. */
#ifndef NETBOOTCTL_FROM_SEEN_H
#define NETBOOTCTL_FROM_SEEN_H

#include "frame/session.h"

#include "json/record/arena.h"

/* Adds to the list the identifiers that the machine with one of the host's identifiers, or with `id`, has shown, and no
 * other machine; not those that the host has. Says what is left out. An exit code. */
int from_seen_add(struct session *session, const struct netboot_id *id, const struct netboot_host *host,
                  struct netboot_list *ret, struct arena *memory);

#endif
