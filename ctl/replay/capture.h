/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From a captured frame to the DHCP datagram in it: link layer, VLAN tags, IP, fragments, UDP.
 *
 * Link types are libpcap's DLT_ values: Ethernet, Linux "cooked" (both versions), raw IP and BSD loopback. Nothing
 * here reads past a frame, prints, or needs libpcap to run.
 */
#ifndef NETBOOTCTL_CAPTURE_H
#define NETBOOTCTL_CAPTURE_H

#include "wire/datagram.h"

enum capture_result {
    CAPTURE_OTHER,    /* no DHCP */
    CAPTURE_DATAGRAM, /* *ret is filled */
    CAPTURE_FRAGMENT, /* kept until the others have come */
    CAPTURE_CUT_OFF,  /* DHCP, but the snapshot length was too small for it */
    CAPTURE_MALFORMED /* DHCP by its port, with impossible lengths, or fragments that overlap */
};

struct capture;

/* Whether frames of that link type can be read. */
bool capture_knows(int link_type);
/* NULL: out of memory. */
struct capture *capture_new(int link_type);
void capture_free(struct capture *capture);

/* Reads one frame, of which there were `wire_size` octets on the wire. `time` is in microseconds and must only grow:
 * fragments wait for half a minute. */
enum capture_result capture_read(struct capture *capture, uint64_t time, struct netboot_bytes frame, size_t wire_size,
                                 struct datagram *ret);

/* How many DHCP datagrams had a first fragment and not all of the others, those that still wait included. */
unsigned capture_incomplete(const struct capture *capture);

#endif
