/* SPDX-License-Identifier: MPL-2.0 */
/* Boot-once as JSON: keys that arm a host, and keys that show what is armed. Nothing here prints. */
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
/* Moves these keys out of the changes of a host into an object of their own. NULL: out of memory. */
cJSON *once_split(cJSON *changes);
/* Reads these keys; `once` null disarms. `ret` points into `object`. -EINVAL: a reason writes keys with `dashes` in
 * front, "--" or "". */
int once_read(const cJSON *object, const char *dashes, struct once *ret, struct netboot_error *error);
/* Arms or disarms hosts or reports them done, all or none. */
int once_apply(struct netboot_store *store, const struct once *once, const struct netboot_id *ids, size_t count,
               const char *by, unsigned deadline_ms, struct netboot_error *error);

/* Arms or disarms hosts together with a change. */
int once_change(struct netboot_change *change, const struct once *once, const struct netboot_id *ids, size_t count,
                struct netboot_error *error);

/* Adds `once` to a host that is or was armed; where netbootd cannot be asked, with the state "?". */
int once_add(struct netboot_view *view, const struct netboot_id *id, cJSON *host, struct netboot_error *error);
/* Adds the number of hosts in each state, if there are any and netbootd can be asked. */
int once_counts_add(struct netboot_view *view, cJSON *status, struct netboot_error *error);

#endif
