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

/* The character at the begin of a text that is not empty (RFC 3629): its octets, 0 where it is none. */
size_t character_read(const char *text, uint32_t *ret);
/* Writes text so that a terminal shows it as it is and does nothing else: controls, what is no UTF-8, and what hides or
 * turns the text around it, as \xNN or \u{NNNN}. */
void print_safe(FILE *file, const char *text);
/* The same for JSON that is made already: what is not ASCII can only be in strings, where it becomes \uNNNN, or U+FFFD
 * where it is no UTF-8. */
void print_json_safe(FILE *file, const char *text);

#endif
