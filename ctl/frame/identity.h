/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Root maps no file that anybody else may write: a program started by root becomes the owner of the store, for good,
 * before it opens that. What the command line names is opened before then.
 */
#ifndef NETBOOTCTL_IDENTITY_H
#define NETBOOTCTL_IDENTITY_H

#include "netboot-store.h"

/* Where this is root's process: becomes the owner of the store in that directory (of the directory, where there is no
 * store yet), with the store's group and the owner's other groups, and without capabilities. A store of root's own is
 * used as root, if nobody else may write any of its files, by the path without links that was checked: it is put into
 * `directory`. 0, or a negative errno value with a text: -ENOENT, -EPERM.
 */
int identity_take(const char **directory, struct netboot_error *error);
/* " (as user NAME, whose the store is)" where `code` says that a user may not do something, and this process became
 * another user; else "". */
const char *identity_note(int code);

#endif
