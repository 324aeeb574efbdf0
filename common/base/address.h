/* SPDX-License-Identifier: MPL-2.0 */
/* Prefixes, and IP addresses as text; inet_ntop() would call printf on the packet path. */
#ifndef NETBOOT_ADDRESS_H
#define NETBOOT_ADDRESS_H

#include "netboot-store.h"

#define ADDRESS4_TEXT_SIZE 16
#define ADDRESS6_TEXT_SIZE 40

/* "192.0.2.1". Returns the text's length. */
unsigned address4_text(const uint8_t address[4], char text[ADDRESS4_TEXT_SIZE]);
/* "2001:db8::1" (RFC 5952). Returns the text's length. */
unsigned address6_text(const uint8_t address[16], char text[ADDRESS6_TEXT_SIZE]);

/* Sets the bits past the prefix's length in `address` to zero or one. */
void prefix_set_host_bits(struct netboot_bytes prefix, uint8_t *address, bool ones);
/* Whether all bits past its length are clear; `what` begins the reason. -EINVAL. */
int prefix_check(const char *what, struct netboot_bytes prefix, struct netboot_error *error);

#endif
