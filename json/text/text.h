/* SPDX-License-Identifier: MPL-2.0 */
/* Values of records as people write them: platforms, prefixes, addresses, times. Nothing here prints. */
#ifndef NETBOOT_TEXT_H
#define NETBOOT_TEXT_H

#include "netboot-store.h"

/* A platform by its name or by any of its architecture codes. -EINVAL. */
int platform_parse(const char *text, uint16_t *ret, struct netboot_error *error);
#define PLATFORM_TEXT_SIZE 32
/* Its name, else its number. Returns `text`. */
const char *platform_text(uint16_t platform, char text[PLATFORM_TEXT_SIZE]);

/* One identifier of any type, with the reason if it is none. -EINVAL. */
int id_parse(const char *text, struct netboot_id *ret, struct netboot_error *error);
/* Only of that type; `what` begins the reason. -EINVAL. */
int id_parse_as(enum netboot_id_type type, const char *what, const char *text, struct netboot_id *ret,
                struct netboot_error *error);

/* IPv4 (size 4) or IPv6 (size 16), not the unspecified one. -EINVAL. */
int address_parse(const char *what, const char *text, size_t size, uint8_t *ret, struct netboot_error *error);

#define PREFIX_SIZE 17
/* "192.0.2.0/24" as in netboot_site.prefixes. The size, or -EINVAL. */
int prefix_parse(const char *text, uint8_t ret[PREFIX_SIZE], struct netboot_error *error);
#define PREFIX_TEXT_SIZE 64
const char *prefix_text(struct netboot_bytes prefix, char text[PREFIX_TEXT_SIZE]);

#define TIME_TEXT_SIZE 32
/* RFC 3339, UTC; "" for 0. Returns `text`. */
const char *time_text(uint64_t seconds, char text[TIME_TEXT_SIZE]);

#endif
