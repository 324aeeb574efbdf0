/* SPDX-License-Identifier: MPL-2.0 */
/* Texts with {names} in them. */
#ifndef NETBOOT_TEMPLATE_H
#define NETBOOT_TEMPLATE_H

#include "netboot.h"

struct template_value {
    const char *name;
    const char *text; /* NULL: it has no value now */
};

/*
 * Writes `template` with every {name} replaced by its text, and a NUL, to `ret`. The length without the NUL;
 * -ENOENT: a name that is not in `values` (ended by a NULL name), or braces that do not close; -ENODATA: a name
 * without a value; -ENAMETOOLONG.
 */
int template_expand(struct netboot_bytes template, const struct template_value *values, char *ret, size_t size);

#endif
