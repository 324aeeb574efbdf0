/* SPDX-License-Identifier: MPL-2.0 */
/* A server's answer, taken apart. */
#ifndef NETBOOTCTL_MIGRATE_VERIFY_READING_H
#define NETBOOTCTL_MIGRATE_VERIFY_READING_H

#include "verify.h"

#include "wire/packet.h"

enum { OPTIONS_MAX = 128, TEXT_SIZE = 1200 };

struct option {
    unsigned code;
    struct netboot_bytes data;
};

/* What it points to is in `room`, or in the answer. */
struct reading {
    struct packet packet;
    uint8_t room[PACKET_ROOM * 2];
    struct option options[OPTIONS_MAX];
    unsigned option_count;
    bool there;
};

void answer_read(const struct client *client, const struct answer *answer, struct reading *ret);
/* NULL: it has none. */
const struct option *option_find_code(const struct reading *reading, unsigned code);
/* What a client would request after such an offer; false: nothing was offered. */
bool offer_read(const struct client *client, const struct reading *reading, struct offer *ret);

/* A delegated prefix (RFC 8415, section 21.22), as it is in its association. */
struct prefix {
    uint8_t octets[16];
    unsigned length;
    uint32_t preferred, valid; /* seconds */
};
/* The first prefix of an answer; false: there is none. */
bool delegated_read(const struct reading *reading, struct prefix *ret);

/* ---- Texts of it, "-" for what is not there */

void option_text(const struct reading *reading, unsigned code, char text[TEXT_SIZE]);
/* Addresses of `each` octets. */
void addresses_text(const struct reading *reading, unsigned code, size_t each, char text[TEXT_SIZE]);
void address_text(const struct client *client, const struct reading *reading, char text[TEXT_SIZE]);
/* Seconds; of DHCPv6 preferred/valid. */
void lease_time_text(const struct client *client, const struct reading *reading, char text[TEXT_SIZE]);
void delegated_text(const struct reading *reading, char text[TEXT_SIZE]);
void delegated_time_text(const struct reading *reading, char text[TEXT_SIZE]);

/* ---- place.c: where in the old configuration an address is */

/* One address, or two of one pool. */
bool same_address(const struct client *client, const struct reading readings[SIDES], const struct statement *top);
/* One prefix or none, or two of one pool. */
bool same_prefix(const struct reading readings[SIDES], const struct statement *top);
/* Whether the addresses are of two subnets of a shared network. */
bool is_elsewhere(const struct client *client, const struct reading readings[SIDES], const struct statement *top);

#endif
