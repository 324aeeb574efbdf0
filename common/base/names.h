/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers and their names: an array of texts, indexed by number. */
#ifndef NETBOOT_NAMES_H
#define NETBOOT_NAMES_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* NULL: a number without a name. */
#define NAME_OF(number, names) name_of((unsigned)(number), names, COUNT_OF(names))
/* The number, or -ENOENT. */
#define NAME_FIND(name, names) name_find(name, names, COUNT_OF(names))

static inline const char *name_of(unsigned number, const char *const *names, size_t count)
{
    return number < count ? names[number] : NULL;
}

static inline int name_find(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return (int)i;
    return -ENOENT;
}

#endif
