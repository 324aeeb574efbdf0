/* SPDX-License-Identifier: MPL-2.0 */
/* The packet that a client would send, made of what explain's options say of it. */
#ifndef NETBOOTCTL_EXPLAIN_QUERY_H
#define NETBOOTCTL_EXPLAIN_QUERY_H

#include "session.h"

#define PACKET_SIZE 4096
#define REQUESTED_MAX 255

/* What the options and the host say of the client. */
struct asked {
    enum netboot_family family;
    bool has_mac, has_uuid, has_duid, has_address;
    struct netboot_id mac, uuid, duid;
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    unsigned arch_count;
    uint16_t archs[16];
    char vendor_class[256];
    bool vendor_class_guessed;
    const char *user_class;
    unsigned requested_count;
    uint16_t requested[REQUESTED_MAX];
    uint8_t packet[PACKET_SIZE]; /* what the query points into */
    size_t used;
};

enum client_kind { ORDINARY, PXE, HTTP, IPXE };

/* Each reads options and says what is wrong with them: an exit code. */
int asked_read(struct session *session, struct asked *asked);
/* What the options do not say of identifiers, the host that is named does. After session_view(). */
int asked_host(struct session *session, struct asked *asked);
/* The query points into `asked`. */
void asked_query(struct asked *asked, struct netboot_query *query);
enum client_kind asked_kind(const struct asked *asked);

#endif
