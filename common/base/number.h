/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers as people write them. */
#ifndef NETBOOT_NUMBER_H
#define NETBOOT_NUMBER_H

#include <stdlib.h>
#include <string.h>

/* Reads a text of decimal digits only, at most `most`. The number, or -1. */
static inline long number_read(const char *text, long most)
{
    size_t size = strlen(text);

    if (size == 0 || size > 6 || strspn(text, "0123456789") != size)
        return -1;
    long ret = strtol(text, NULL, 10);
    return ret <= most ? ret : -1;
}

#endif
