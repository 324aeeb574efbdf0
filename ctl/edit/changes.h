/* SPDX-License-Identifier: MPL-2.0 */
/* What the options of a `set` command make of a record. */
#ifndef NETBOOTCTL_CHANGES_H
#define NETBOOTCTL_CHANGES_H

#include "frame/session.h"
#include "json/record/json.h"

struct changes {
    struct netboot_record values, drop;
    struct netboot_record_patch patch; /* from the options */
    struct arena memory;               /* where their values live */
};

/* `named` is what options_to_changes() made, without keys that are no part of the record. An exit code. changes_free()
 * in either case. */
int changes_read(const struct session *session, enum netboot_record_kind kind, const cJSON *named, struct changes *ret);
void changes_free(struct changes *changes);

#endif
