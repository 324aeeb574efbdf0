/* SPDX-License-Identifier: MPL-2.0 */
/* A record as it is and as it is to be, both as JSON. Nothing here prints. */
#ifndef NETBOOT_REVISION_H
#define NETBOOT_REVISION_H

#include "json/record/json.h"

struct revision {
    struct netboot_record_key key;
    cJSON *before;                       /* whole, without `changed`; NULL: there is no such record */
    cJSON *after;                        /* what the caller makes of a copy of it; once it is put, whole as well */
    bool changed;                        /* once it is put: whether that made any difference */
    char text[NETBOOT_RECORD_TEXT_SIZE]; /* once it is put: "host web1" */
};

/* Reads the record of `key`, whose text must outlive it. -EBADMSG, -ENOMEM. revision_free() where it is 0. */
int revision_begin(struct netboot_view *view, const struct netboot_record_key *key, struct revision *ret,
                   struct netboot_error *error);
/* Puts what `after` has become, if it differs. Values live in `memory` until it returns. -EINVAL, -EEXIST, ... */
int revision_put(struct netboot_change *change, struct revision *revision, struct memory *memory,
                 struct netboot_error *error);
void revision_free(struct revision *revision);

#endif
