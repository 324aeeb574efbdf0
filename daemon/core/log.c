/* SPDX-License-Identifier: MPL-2.0 */
#include "core/core.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

#define SECOND_US 1000000
#define LINES 20 /* in each second */

void core_log(const char *format, ...)
{
    static uint64_t second;
    static unsigned lines;
    va_list arguments;

    if (clock_us() / SECOND_US != second)
        lines = 0;
    second = clock_us() / SECOND_US;
    if (lines++ >= LINES)
        return;
    va_start(arguments, format);
    fputs("netbootd: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}
