/* SPDX-License-Identifier: MPL-2.0 */
/* Waiting for what other threads and processes do. */
#ifndef EVENTUALLY_H
#define EVENTUALLY_H

#include "unit.h"

#include <time.h>

#define DEADLINE_MS 60000 /* after which what a test waits for does not happen any more */

static inline uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#define EVENTUALLY(condition)                                                                                          \
    do {                                                                                                               \
        uint64_t deadline_ = now_ms() + DEADLINE_MS;                                                                   \
        while (!(condition)) {                                                                                         \
            if (now_ms() > deadline_)                                                                                  \
                fail_msg("never: %s", #condition);                                                                     \
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);                                                   \
        }                                                                                                              \
    } while (0)

#endif
