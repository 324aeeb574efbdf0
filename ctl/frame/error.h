/* SPDX-License-Identifier: MPL-2.0 */
/* What goes to standard error: one line, saying what was wrong and what to type instead. */
#ifndef NETBOOTCTL_ERROR_H
#define NETBOOTCTL_ERROR_H

#include "common/base/failure.h"

#include <stdio.h>

enum exit_code { DONE = 0, FAILED = 1, MISUSED = 2 };

/* Each prints and returns the exit code of its name. */
int failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for an error that failure() filled: a wrong value (-EINVAL) is a misuse, all else a failure. */
int failed_with(const struct netboot_error *error);
/* Prints a remark. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes text so that a terminal shows it as it is and does nothing else: controls, invalid UTF-8, and characters that
 * hide or turn the text around them become \xNN or \u{NNNN}. */
void print_safe(FILE *file, const char *text);
/* The same for finished JSON: characters that are not ASCII can only be in strings, and become \uNNNN there; invalid
 * UTF-8 becomes U+FFFD. */
void print_json_safe(FILE *file, const char *text);

#endif
