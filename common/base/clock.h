/* SPDX-License-Identifier: MPL-2.0 */
/* The monotonic clock, and a short sleep. */
#ifndef NETBOOT_CLOCK_H
#define NETBOOT_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Sleeps for less than a second. */
static inline void sleep_us(long us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

#endif
