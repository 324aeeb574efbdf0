/* SPDX-License-Identifier: MPL-2.0 */
/* What goes to standard error: one line, saying what was wrong and what to type instead. */
#ifndef NETBOOTCTL_ERROR_H
#define NETBOOTCTL_ERROR_H

#include "netboot.h"

#include <stdarg.h>
#include <stdio.h>

enum exit_code { DONE = 0, FAILED = 1, MISUSED = 2 };

/* Each prints and returns the exit code of its name. */
int failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for an error of the library: a wrong value (-EINVAL) is a misuse, all else a failure. */
int failed_with(const struct netboot_error *error);
/* Prints a remark. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fills `error` (NULL is fine) and returns `code`. */
int error_set(struct netboot_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Writes text so that a terminal shows it and does nothing else: control characters as \xNN. */
void print_safe(FILE *file, const char *text);

#endif
