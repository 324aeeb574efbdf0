/* SPDX-License-Identifier: MPL-2.0 */
/* The records tried out: put into a store of their own, in a temporary directory, and served from. */
#ifndef NETBOOTCTL_MIGRATE_TRIAL_H
#define NETBOOTCTL_MIGRATE_TRIAL_H

#include "scene.h"

struct trial {
    char directory[256];
    struct netboot_store *store;
};

int trial_open(struct trial *trial, struct netboot_error *error);
/* Puts the records from `first` on, in one change. -EINVAL: one is wrong, with its name. */
int trial_put(struct trial *trial, const cJSON *first, struct netboot_error *error);
/* What netboot would have the client of that row load; NULL: it cannot be told. A server that only a person knows is
 * left out, as dhcpd leaves it out. */
const char *trial_want(struct trial *trial, struct scene *scene, const struct row *row);
/* All that a client would be told where Kea's own configuration says `own`. -ENOMEM, and others: it cannot be told. */
struct told {
    const char *texts[MEANING_COUNT]; /* of the file what it loads, as in a row */
    bool own[MEANING_COUNT];          /* netboot leaves it to the server */
    bool lacks_server;                /* which only a person knows */
};
int trial_told(struct trial *trial, struct scene *scene, const struct row *row, const struct reply *own,
               struct told *ret);
void trial_close(struct trial *trial);

#endif
