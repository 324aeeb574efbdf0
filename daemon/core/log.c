/* SPDX-License-Identifier: MPL-2.0 */
#include "core/log.h"

#include "base/clock.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define SECOND_US 1000000
#define LINES 20 /* in each second */
#define LINE_SIZE 1024

static uint64_t second;
static unsigned lines;
static uint64_t left_out; /* which has not been told */

/* Whoever reads the log may have stopped, or be gone: nobody waits for that. */
static bool put(const char *line, size_t size)
{
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&log, 1, 0) == 1 && (log.revents & POLLOUT) && write(STDERR_FILENO, line, size) == (ssize_t)size;
}

static bool tell_left_out(void)
{
    char line[LINE_SIZE];
    int size = snprintf(line, sizeof(line), "netbootd: %llu lines were not logged\n", (unsigned long long)left_out);

    if (left_out > 0 && !put(line, (size_t)size))
        return false;
    left_out = 0;
    return true;
}

static bool may_log(void)
{
    uint64_t now = clock_us() / SECOND_US;

    if (now != second)
        lines = 0;
    second = now;
    return lines < LINES;
}

void core_log_tick(void)
{
    if (may_log())
        tell_left_out();
}

void core_log(const char *format, ...)
{
    char line[LINE_SIZE] = "netbootd: ";
    const size_t begun = sizeof("netbootd: ") - 1;
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(line + begun, sizeof(line) - begun - 1, format, arguments);
    va_end(arguments);
    if (size < 0)
        return;
    size_t length = begun + (size_t)size < sizeof(line) - 1 ? begun + (size_t)size : sizeof(line) - 2;
    line[length++] = '\n';
    if (!may_log() || !tell_left_out() || !put(line, length))
        left_out++;
    lines++;
}
