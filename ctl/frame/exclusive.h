/* SPDX-License-Identifier: MPL-2.0 */
/* Whether a store of root's is root's alone. */
#ifndef NETBOOTCTL_EXCLUSIVE_H
#define NETBOOTCTL_EXCLUSIVE_H

#include "netboot-store.h"

/* -EPERM: somebody else may write a file of the store, or put another one in its place; the text says which, who, and
 * what to do. `at`: a descriptor of the directory. */
int exclusive_check(int at, const char *directory, struct netboot_error *error);
/* Only that nobody else may put something in the place of the directory, or of one above it. */
int exclusive_way(int at, const char *directory, struct netboot_error *error);

#endif
