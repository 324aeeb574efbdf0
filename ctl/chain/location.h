/* SPDX-License-Identifier: MPL-2.0 */
/* Where a file is that a machine loads: its URL, and its path below the data root. Nothing here prints. */
#ifndef NETBOOTCTL_LOCATION_H
#define NETBOOTCTL_LOCATION_H

#include "bootfile/way.h"

#define LOCATION_SIZE (2 * NETBOOT_FILE_SIZE)
struct location {
    char url[LOCATION_SIZE];
    bool below;               /* it is on the site's own server */
    size_t root;              /* if so, where the path begins in the URL */
    char path[LOCATION_SIZE]; /* if so, the path below the data root, without a slash in front and without escapes */
};

/* The location of a decision's boot file. */
void location_of_answer(enum way way, const struct netboot_site *site, const struct netboot_decision *decision,
                        struct location *ret);
/* The location of a file that a script at `base` names (RFC 3986, section 5). -EINVAL: no URL and no path. */
int location_resolve(const struct location *base, const struct netboot_site *site, const char *file,
                     struct location *ret);
/* The location of a path below the data root, at the server of `base` if that is the site's. */
int location_below(const struct location *base, const struct netboot_site *site, const char *path,
                   struct location *ret);

#endif
