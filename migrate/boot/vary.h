/* SPDX-License-Identifier: MPL-2.0 */
/* From what expressions look at to clients that say it. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_VARY_H
#define NETBOOTCTL_MIGRATE_VARY_H

#include "scene.h"

/* Fills scene->variations. -ENOMEM. */
int vary(struct scene *scene);
/* Why an expression of the inventory that can decide what is booted could not be tried; NULL: it could, or cannot. */
const char *vary_untried(const cJSON *expression);
/* The closest that netboot has. */
const char *vary_closest(const struct variation *variation);

#endif
