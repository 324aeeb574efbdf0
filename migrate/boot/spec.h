/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What one machine, or every machine without an entry, wants, as fields of netboot's records.
 *
 * A view is what it wants in one place. Several views, of several places, become one specification: values that are the
 * same in all, or relative to what the site of each place knows. What does not fit is left out here and found by the
 * check. Nothing here prints.
 */
#ifndef NETBOOTCTL_MIGRATE_SPEC_H
#define NETBOOTCTL_MIGRATE_SPEC_H

#include "scene.h"

#define STAGE_COUNT 4

struct view {
    const struct scene_place *place;
    const char *wants[ARCH_COUNT + 1][STAGE_COUNT]; /* NULL: not asked */
};

struct spec {
    const char *script;              /* NULL: none */
    const char *files[ARCH_COUNT];   /* of the target, by platform */
    const char *loaders[ARCH_COUNT]; /* of the platform, or the host's */
    bool silent;                     /* it gets nothing, where others get something */
    bool lacks_script;               /* iPXE would get its own loader again */
};

/* Reads rows into views, one a place. Their number; at most `max`. */
size_t views_read(const struct scene *scene, size_t first, size_t count, struct view *ret, size_t max);
/* What a client of the platform wants at the stage there; NULL: no such client. */
const char *view_want(const struct scene *scene, const struct view *view, unsigned platform, enum netboot_stage stage);
/* The architecture that stands for its platform at the stage. */
unsigned canonical_arch(const struct scene *scene, unsigned platform, enum netboot_stage stage);
/* Puts {mac} and {mac-hyphen} where the address stands. Whether it does anywhere. -ENOMEM. */
int view_template(struct scene *scene, struct view *view, const uint8_t mac[NETBOOT_MAC_SIZE]);

/* Finds out the servers of the places, from these views of each and then from others. -ENOMEM. */
int places_learn(struct scene *scene, const struct view *views, size_t count);

/* For every machine without an entry: `ret->loaders` are the platforms' loaders. -ENOMEM. */
int spec_default(struct scene *scene, const struct view *views, size_t count, struct spec *ret);
/* For one machine, given what all get. */
int spec_machine(struct scene *scene, const struct view *views, size_t count, const struct spec *all, struct spec *ret);

#endif
