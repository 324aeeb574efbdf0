/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once as JSON: what arms it, and what is shown of it. Nothing here prints. */
#ifndef NETBOOT_BOOT_ONCE_H
#define NETBOOT_BOOT_ONCE_H

#include "netboot-store.h"

#include <cjson/cJSON.h>

enum once_action { ONCE_NOTHING, ONCE_ARM, ONCE_DISARM, ONCE_REPORT };

struct once {
    enum once_action action;
    struct netboot_once_request request;
};

/* once, until-done, expires, tries, window; ended by NULL. */
extern const char *const once_keys[];
/* Moves these out of what a host is to become, into an object of their own. NULL: out of memory. */
cJSON *once_split(cJSON *changes);
/* Reads them: `once` null disarms. `ret` points into `object`. Where they do not go together, the reason writes them
 * with `dashes` in front, "--" or "". -EINVAL. */
int once_read(const cJSON *object, const char *dashes, struct once *ret, struct netboot_error *error);
/* Arms, disarms or reports done, all or none. */
int once_apply(struct netboot_store *store, const struct once *once, const struct netboot_id *ids, size_t count,
               unsigned deadline_ms, struct netboot_error *error);

/* Arms or disarms together with a change. */
int once_change(struct netboot_change *change, const struct once *once, const struct netboot_id *ids, size_t count,
                struct netboot_error *error);

/* Adds `once` to a host that has one. */
int once_add(struct netboot_view *view, const struct netboot_id *id, cJSON *host, struct netboot_error *error);
/* Adds how many hosts are in which state, if any is. */
int once_counts_add(struct netboot_view *view, cJSON *status, struct netboot_error *error);

#endif
