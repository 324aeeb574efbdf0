/* SPDX-License-Identifier: MPL-2.0 */
/* Files that the command line names: opened as whoever typed it, before the program becomes another user. */
#ifndef NETBOOTCTL_NAMED_H
#define NETBOOTCTL_NAMED_H

#include "frame/options.h"

/* Opens the files to read among the words, which are of one kind, and among the options. What cannot be opened, cannot
 * be opened later either: then that is said. */
void named_open(const struct arguments *arguments, enum completion words);
/* A file of that name for reading; -1, which sets errno. */
int named_take(const char *path);

#endif
