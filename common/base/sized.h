/* SPDX-License-Identifier: MPL-2.0 */
/* Structures of a caller's that begin with their size, so that they can grow: a program may have been built with an
 * earlier version of them, or with a later one. */
#ifndef NETBOOT_SIZED_H
#define NETBOOT_SIZED_H

#include "base/failure.h"

#include <string.h>

/* The size of a structure up to a member: that of the first version, whose last one it was. */
#define SIZED_UP_TO(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/*
 * Reads what the caller has into `ret`, which is of this version's `size`: what it does not have is zero, what it has
 * more is passed over. -EINVAL: it has less than the first version, as where the size was not set.
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
