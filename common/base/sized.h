/* SPDX-License-Identifier: MPL-2.0 */
/* A caller's structures begin with their size, so that they can grow: a program may have been built with an earlier or
 * a later version of them. */
#ifndef NETBOOT_SIZED_H
#define NETBOOT_SIZED_H

#include "base/failure.h"

#include <string.h>

/* The size of a structure's first version: up to the member that was its last one. */
#define SIZED_UP_TO(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/*
 * Reads the caller's structure into `ret`, which has this version's `size`. Members that the caller lacks are zero;
 * members that this version does not know are ignored. -EINVAL: it is smaller than the first version, for example
 * because its size was not set.
 */
static inline int sized_read(const void *given, size_t least, const char *what, void *ret, size_t size,
                             struct netboot_error *error)
{
    size_t given_size;

    memcpy(&given_size, given, sizeof(given_size));
    if (given_size < least)
        return failure(error, -EINVAL, "the size of the %s is %zu, but at least %zu is needed: set it to its sizeof",
                       what, given_size, least);
    size_t known = given_size < size ? given_size : size;
    memcpy(ret, given, known);
    memset((char *)ret + known, 0, size - known);
    memcpy(ret, &size, sizeof(size));
    return 0;
}

#endif
