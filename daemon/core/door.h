/* SPDX-License-Identifier: MPL-2.0 */
/* A socket at which others come in. */
#ifndef NETBOOTD_DOOR_H
#define NETBOOTD_DOOR_H

#include "core/loop.h"
#include "netboot.h"

#include <sys/types.h>

struct core;

/* Its user fills `core` and `take_in`. */
struct door {
    struct watch watch; /* first */
    struct core *core;
    void (*take_in)(struct core *core, int fd); /* the connection is its own then */
};

/* Listens at a name below the run directory of `directory`. Whoever comes may pass no files,
 * until it is let. */
int door_open(struct door *door, struct loop *loop, const char *directory, const char *name, mode_t mode,
              struct netboot_error *error);

#endif
