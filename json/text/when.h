/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers and times as people write them. */
#ifndef NETBOOT_WHEN_H
#define NETBOOT_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* Digits only, to the end or to `*end`. False: none, or more than `max`. */
bool number_parse(const char *text, unsigned long max, unsigned long *ret, const char **end);

/* "30m", "2h", "7d" from `now` on, or back from it where `back`; or a time as 2027-01-31T12:00:00Z. Seconds since 1970;
 * 0: neither; a time before 1970 is 1. */
uint64_t when_parse(const char *text, uint64_t now, bool back);

#define TIME_TEXT_SIZE 32
/* RFC 3339, UTC; "" for 0. Returns `text`. */
const char *time_text(uint64_t seconds, char text[TIME_TEXT_SIZE]);

#endif
