/* SPDX-License-Identifier: MPL-2.0 */
/* Brings input that may come slowly to a file first: whoever holds the store's lock must not wait for a pipe. */
#ifndef NETBOOTCTL_SPOOL_H
#define NETBOOTCTL_SPOOL_H

#include <stddef.h>

/* Opens a file, "-": standard input. Input that is no regular file is read to its end into a file without a name in
 * TMPDIR or /tmp. A file descriptor at its beginning, or a negative errno value. */
int spool_open(const char *path);
/* Writes the whole of it. 0 or a negative errno value, which errno has as well. */
int spool_write(int file, const char *data, size_t size);

#endif
