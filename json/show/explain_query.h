/* SPDX-License-Identifier: MPL-2.0 */
/* The packet that a client would send, made from explain's arguments. Nothing here prints. */
#ifndef NETBOOT_EXPLAIN_QUERY_H
#define NETBOOT_EXPLAIN_QUERY_H

#include "netboot-store.h"

#include <cjson/cJSON.h>

#define PACKET_SIZE 4096
#define REQUESTED_MAX 255

/* The client, as the arguments and the host describe it. */
struct asked {
    enum netboot_family family;
    bool has_id, has_mac, has_uuid, has_duid;
    struct netboot_id id; /* the host that is named */
    struct netboot_id mac, uuid, duid;
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    unsigned arch_count;
    uint16_t archs[16];
    char vendor_class[256];
    const char *user_class;
    enum netboot_stage stage; /* as the arguments say */
    unsigned requested_count;
    uint16_t requested[REQUESTED_MAX];
    uint8_t packet[PACKET_SIZE]; /* what the query points into */
    size_t used;
};

/* Reads the arguments; `ret` points into them. -EINVAL. */
int asked_read(const cJSON *arguments, struct asked *ret, struct netboot_error *error);
/* Takes identifiers that the arguments do not name from the host that they name. -ENOENT: no host has that name. */
int asked_host(struct netboot_view *view, struct asked *asked, struct netboot_error *error);
/* The query points into `asked`. */
void asked_query(struct asked *asked, struct netboot_query *query);

#endif
