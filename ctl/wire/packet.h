/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DHCP messages as they are on the wire: from a client's message, the query that a server would hand to the library;
 * from a server's reply, its boot fields. DHCPv4 with long options joined (RFC 3396) and header fields that hold
 * options (RFC 2132, section 9.3), DHCPv6 inside of any number of relay messages. Nothing here reads past its input or
 * prints.
 */
#ifndef NETBOOTCTL_PACKET_H
#define NETBOOTCTL_PACKET_H

#include "datagram.h"
#include "json/show/fields.h"

struct packet {
    enum netboot_family family;
    bool reply;           /* from a server */
    bool options_end_bad; /* the last option is cut off; those before it count */
    uint8_t message_type; /* as netboot_query.message_type */
    uint32_t xid;
    uint8_t hardware_type;
    struct netboot_bytes client;                    /* chaddr, or the DUID; may be empty */
    uint8_t relay_address[NETBOOT_ADDRESS_SIZE];    /* of the relay nearest the client; all zero: there is none */
    uint8_t peer_address[NETBOOT_ADDRESS_SIZE];     /* DHCPv6: the client's */
    uint8_t assigned_address[NETBOOT_ADDRESS_SIZE]; /* of a reply: yiaddr, or the first address of an IA_NA */
    struct boot_fields fields;                      /* of a reply */
    struct netboot_query query;                     /* of a client's message; without the members about the reply */
};

/*
 * Reads a datagram. `room` has as many octets as the payload; what `ret` points to is in there or in the payload.
 * 0, or -EBADMSG: no DHCP message.
 */
int packet_parse(const struct datagram *datagram, uint8_t *room, struct packet *ret);

/* "DHCPDISCOVER", "Solicit", ...; "BOOTREQUEST" and "BOOTREPLY" where there is no type; NULL for unknown ones. */
const char *packet_type_name(enum netboot_family family, bool reply, uint8_t message_type);

#endif
