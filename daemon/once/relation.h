/* SPDX-License-Identifier: MPL-2.0 */
/* What a packet is to the boot that was served, between the files of the state machine only. */
#ifndef NETBOOT_ONCE_RELATION_H
#define NETBOOT_ONCE_RELATION_H

#include "once/boot.h"

/* iPXE tries one family for 15 seconds (transmissions after 0, 1, 3 and 7 s, then 8 s more), and no machine is back at
 * the same place so soon after that. */
#define ONCE_EXCHANGE_MS 16000

struct once_case {
    const struct once_record *record;
    const struct once_event *event;
    const struct once_time *now;
};

static inline bool once_is_ipxe(enum once_method method)
{
    return method >= ONCE_IPXE4;
}

const struct once_exchange *once_own_exchange(const struct once_case *packet);
/* Whether less than `ms` have gone by. A clock that went back tells nothing. */
bool once_within(const struct once_case *packet, uint64_t since, uint64_t ms);
bool once_same_port(const struct once_case *packet, const struct once_exchange *exchange);
/* Transaction ids can only refute: chained iPXE repeats them across boots. */
bool once_same_transaction(const struct once_case *packet, const struct once_exchange *exchange);
/* The last one that had its final reply: of firmware, or of iPXE. */
const struct once_exchange *once_final_exchange(const struct once_case *packet, enum once_method from,
                                                enum once_method to);

enum once_relation {
    RELATION_FIRST,
    RELATION_REPEATED,
    RELATION_OTHER_FAMILY,
    RELATION_NEXT_STAGE,
    RELATION_NEXT_ATTEMPT,
    RELATION_NEW_BOOT,
    RELATIONS
};

enum once_relation once_relation(const struct once_case *packet);

#endif
