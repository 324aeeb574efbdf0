/* SPDX-License-Identifier: MPL-2.0 */
/* The directory that a migration makes: whole, or not at all. */
#ifndef NETBOOTCTL_MIGRATE_DIRECTORY_H
#define NETBOOTCTL_MIGRATE_DIRECTORY_H

#include "migration.h"

/* Makes migration->work beside DIR, so that it can become DIR. An exit code, after saying why. */
int directory_begin(struct migration *migration);
/* Puts it in place if `code` is DONE and this is no dry run; removes it if not. An exit code. */
int directory_end(struct migration *migration, int code);
/* DIRECTORY/NAME; free(). NULL: out of memory. */
char *directory_file(const char *directory, const char *name);
/* Removes a directory and all in it. 0 or a negative errno value. */
int directory_remove(const char *path);

#endif
