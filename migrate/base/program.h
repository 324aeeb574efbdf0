/* SPDX-License-Identifier: MPL-2.0 */
/* Programs that a migration calls: dhcpd, keama, Kea. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_PROGRAM_H
#define NETBOOTCTL_MIGRATE_PROGRAM_H

#include <netboot.h>

#include <stddef.h>

struct program_result {
    int status; /* exit status; -1: ended by a signal, or by us for taking too long */
    char *out;  /* what it wrote to standard output and standard error, with a NUL */
    size_t size;
};

/* Runs `words` (words[0] a path or a name in PATH or /usr/sbin) and waits for its end, at most `seconds`. -ENOENT:
 * there is no such program. free() ret->out. */
int program_run(const char *const *words, unsigned seconds, struct program_result *ret, struct netboot_error *error);

/* Where a program is: `name` itself if it has a slash, else in PATH, /usr/local/sbin, /usr/sbin. free(); NULL: nowhere.
 */
char *program_find(const char *name);

#endif
