/* SPDX-License-Identifier: MPL-2.0 */
/* The records tried out: put into a store of their own, in a temporary directory, and served from. */
#ifndef NETBOOTCTL_MIGRATE_TRIAL_H
#define NETBOOTCTL_MIGRATE_TRIAL_H

#include "migrate/scene.h"

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
/* Whether both are the same to the client. */
bool want_equal(const struct row *row, const char *got);
void trial_close(struct trial *trial);

#endif
