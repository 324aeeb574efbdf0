/* SPDX-License-Identifier: MPL-2.0 */
/* What a server asks about a client. */
#ifndef ASKING_H
#define ASKING_H

#include "netboot.h"

/* About the OFFER to a DISCOVER from that MAC, which has to stay; options come on top. */
static inline struct netboot_query query_from(const uint8_t mac[NETBOOT_MAC_SIZE])
{
    return (struct netboot_query){
        .size = sizeof(struct netboot_query),
        .family = NETBOOT_V4,
        .message_type = 1,
        .reply_type = 2,
        .hardware_type = 1,
        .hardware_address = {mac, NETBOOT_MAC_SIZE}
    };
}

#endif
