/* SPDX-License-Identifier: MPL-2.0 */
/* Clocks and chance, of this machine; tests have others. */
#ifndef NETBOOTD_ONCE_CLOCK_H
#define NETBOOTD_ONCE_CLOCK_H

#include "once/boot.h"

/* Fills wall, ms and clock. */
void once_clock(struct once_time *ret);
/* The clock of deadlines: CLOCK_MONOTONIC. */
uint64_t once_clock_ns(void);
void once_random(uint8_t *ret, size_t size);

#endif
