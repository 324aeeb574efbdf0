/* SPDX-License-Identifier: MPL-2.0 */
/*
 * IP datagrams from their fragments, in whatever order they come (RFC 791, RFC 8200).
 *
 * Bounds: so many datagrams at once (the one that waits longest gives way), for so long, of 65535 octets each. A
 * repeated fragment is ignored; fragments that overlap otherwise drop the whole datagram (RFC 5722), in both families.
 */
#ifndef NETBOOTCTL_REASSEMBLY_H
#define NETBOOTCTL_REASSEMBLY_H

#include "netboot.h"

#define REASSEMBLY_DATAGRAMS 64
#define REASSEMBLY_SECONDS 30

#define REASSEMBLY_KEY_SIZE 56
struct fragment {
    uint8_t key[REASSEMBLY_KEY_SIZE]; /* what all fragments of one datagram have in common */
    size_t offset;
    bool more;        /* others come after it */
    bool counts;      /* its datagram is reported if it stays incomplete */
    uint8_t protocol; /* of the whole datagram: the first fragment's counts */
    struct netboot_bytes data;
};

struct reassembly;

struct reassembly *reassembly_new(void);
void reassembly_free(struct reassembly *reassembly);

/* 1: the datagram is complete, in *ret and *protocol until the next call; 0: others are missing; -EBADMSG: fragments
 * contradict each other, the datagram is dropped; -ENOMEM. `time` in microseconds. */
int reassembly_add(struct reassembly *reassembly, uint64_t time, const struct fragment *fragment,
                   struct netboot_bytes *ret, uint8_t *protocol);

/* Datagrams that count and were given up or still wait. */
unsigned reassembly_incomplete(const struct reassembly *reassembly);

#endif
