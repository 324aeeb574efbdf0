/* SPDX-License-Identifier: MPL-2.0 */
/* Packets of an x64 UEFI machine and of iPXE on it. */
#ifndef JOURNAL_PACKETS_H
#define JOURNAL_PACKETS_H

#include "base/bytes.h"
#include "dhcp/codes.h"
#include "netboot-store.h"

#include <arpa/inet.h>
#include <stdlib.h>

static inline struct netboot_id id_of(const char *text)
{
    struct netboot_id id;

    if (netboot_id_parse(text, &id, NULL) != 0)
        abort();
    return id;
}

struct packet {
    int family;
    uint8_t message, reply;
    const char *mac;  /* chaddr; in DHCPv6 of the relay's option */
    const char *uuid; /* option 97, in DHCPv6 a DUID of type 4 as EDK2 sends it */
    const char *duid; /* in DHCPv6, in place of the UUID's */
    bool ipxe;
    const char *address;
};

#define DISCOVER(...) (&(struct packet){4, DHCPDISCOVER, DHCPOFFER, __VA_ARGS__})
#define REQUESTED(...) (&(struct packet){4, DHCPREQUEST, DHCPACK, __VA_ARGS__})
#define SOLICITED(...) (&(struct packet){6, SOLICIT, ADVERTISE, __VA_ARGS__})
#define REQUESTED6(...) (&(struct packet){6, REQUEST, REPLY, __VA_ARGS__})

struct packet_octets {
    uint8_t mac[6], link_layer[8], machine[17], duid[NETBOOT_DUID_MAX];
};

static inline void add_ids4(struct netboot_query *query, const struct packet *packet, struct packet_octets *octets)
{
    if (packet->mac) {
        memcpy(octets->mac, id_of(packet->mac).value, 6);
        query->hardware_type = HARDWARE_ETHERNET;
        query->hardware_address = (struct netboot_bytes){octets->mac, 6};
    }
    if (packet->uuid) {
        swap_uuid(octets->machine + 1, id_of(packet->uuid).value);
        netboot_query_add(query, DHCP4_CLIENT_MACHINE_IDENTIFIER, octets->machine, sizeof(octets->machine));
    }
}

static inline void add_ids6(struct netboot_query *query, const struct packet *packet, struct packet_octets *octets)
{
    size_t size = 2 + NETBOOT_UUID_SIZE;

    if (packet->mac) {
        octets->link_layer[1] = HARDWARE_ETHERNET;
        memcpy(octets->link_layer + 2, id_of(packet->mac).value, 6);
        query->link_layer_address = (struct netboot_bytes){octets->link_layer, sizeof(octets->link_layer)};
    }
    if (packet->duid) {
        struct netboot_id duid = id_of(packet->duid);
        memcpy(octets->duid, duid.value, size = duid.size);
    } else if (packet->uuid) {
        octets->duid[1] = DUID_UUID;
        if (packet->ipxe)
            memcpy(octets->duid + 2, id_of(packet->uuid).value, NETBOOT_UUID_SIZE);
        else
            swap_uuid(octets->duid + 2, id_of(packet->uuid).value);
    }
    if (packet->duid || packet->uuid)
        netboot_query_add(query, DHCP6_CLIENT_IDENTIFIER, octets->duid, size);
}

/* An x64 UEFI machine, or iPXE on it. */
static inline void make_query(const struct packet *packet, struct packet_octets *octets, struct netboot_query *query)
{
    static const uint8_t arch[2] = {0, 7}, requested4[] = {66, 67}, requested6[] = {0, 59};
    static const uint8_t class6[] = {0, 4, 'i', 'P', 'X', 'E'};

    *query = (struct netboot_query){.size = sizeof(struct netboot_query),
                                    .family = (enum netboot_family)packet->family,
                                    .message_type = packet->message,
                                    .reply_type = packet->reply};
    inet_pton(packet->family == 4 ? AF_INET : AF_INET6,
              packet->address       ? packet->address
              : packet->family == 4 ? "192.0.2.10"
                                    : "2001:db8::10",
              query->assigned_address);
    if (packet->family == 4) {
        add_ids4(query, packet, octets);
        netboot_query_add(query, DHCP4_CLIENT_ARCH, arch, sizeof(arch));
        netboot_query_add(query, DHCP4_PARAMETER_REQUEST_LIST, requested4, sizeof(requested4));
        if (packet->ipxe)
            netboot_query_add(query, DHCP4_USER_CLASS, "iPXE", 4);
    } else {
        add_ids6(query, packet, octets);
        netboot_query_add(query, DHCP6_CLIENT_ARCH, arch, sizeof(arch));
        netboot_query_add(query, DHCP6_OPTION_REQUEST, requested6, sizeof(requested6));
        if (packet->ipxe)
            netboot_query_add(query, DHCP6_USER_CLASS, class6, sizeof(class6));
    }
}

#endif
