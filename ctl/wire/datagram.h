/* SPDX-License-Identifier: MPL-2.0 */
#ifndef NETBOOTCTL_DATAGRAM_H
#define NETBOOTCTL_DATAGRAM_H

#include "netboot.h"

#define DATAGRAM_VLANS_MAX 4

struct datagram {
    enum netboot_family family;
    unsigned vlan_count;
    uint16_t vlans[DATAGRAM_VLANS_MAX]; /* identifiers, outermost first */
    uint8_t source[NETBOOT_ADDRESS_SIZE];
    uint8_t destination[NETBOOT_ADDRESS_SIZE];
    uint16_t source_port, destination_port;
    struct netboot_bytes payload; /* of a captured frame: in the frame, or in the capture, until its next call */
};

#endif
