/* SPDX-License-Identifier: MPL-2.0 */
/* The text of a failure, for people: what, where, what to do. */
#ifndef NETBOOT_FAILURE_H
#define NETBOOT_FAILURE_H

#include "netboot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Fills `error`, which may be NULL, and returns `code`. */
__attribute__((format(printf, 3, 4))) static inline int failure(struct netboot_error *error, int code,
                                                                const char *format, ...)
{
    va_list arguments;

    if (error) {
        error->code = code;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof(error->text), format, arguments);
        va_end(arguments);
    }
    return code;
}

/* Around a call whose failure changes nothing that follows. */
static inline void may_fail(long result)
{
    (void)result;
}

/* -ENOMEM, without details. */
static inline int failure_no_memory(struct netboot_error *error)
{
    return failure(error, -ENOMEM, "out of memory");
}

#endif
