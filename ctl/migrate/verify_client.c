/* SPDX-License-Identifier: MPL-2.0 */
/* Clients of all platforms and all hosts, and the packets by which they ask. */
#include "verify.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct kind kinds4[] = {
    {"ordinary",      -1, NULL,                                NULL  },
    {"x86-bios",      0,  "PXEClient:Arch:00000:UNDI:002001",  NULL  },
    {"x86-uefi",      6,  "PXEClient:Arch:00006:UNDI:003016",  NULL  },
    {"x64-uefi",      7,  "PXEClient:Arch:00007:UNDI:003016",  NULL  },
    {"x64-uefi (9)",  9,  "PXEClient:Arch:00009:UNDI:003016",  NULL  },
    {"arm64-uefi",    11, "PXEClient:Arch:00011:UNDI:003016",  NULL  },
    {"x64-uefi HTTP", 16, "HTTPClient:Arch:00016:UNDI:003001", NULL  },
    {"iPXE x86-bios", 0,  "PXEClient:Arch:00000:UNDI:002001",  "iPXE"},
    {"iPXE x64-uefi", 7,  "PXEClient:Arch:00007:UNDI:003016",  "iPXE"},
};

static const struct kind kinds6[] = {
    {"ordinary",      -1, NULL,                                NULL  },
    {"x64-uefi",      7,  "PXEClient:Arch:00007:UNDI:003016",  NULL  },
    {"arm64-uefi",    11, "PXEClient:Arch:00011:UNDI:003016",  NULL  },
    {"x64-uefi HTTP", 16, "HTTPClient:Arch:00016:UNDI:003001", NULL  },
    {"iPXE x64-uefi", 7,  "PXEClient:Arch:00007:UNDI:003016",  "iPXE"},
};

/* ---- Who there is ----------------------------------------------------------------------------------------------- */

struct making {
    struct clients *clients;
    struct memory *memory;
    const struct statement *top;
    int family;
    size_t sample, hosts, host_count;
    uint32_t unknown;
};

static struct client *client_new(struct making *making)
{
    struct clients *clients = making->clients;

    if (clients->count == clients->room) {
        size_t room = clients->room ? clients->room * 2 : 256;
        struct client *rows = reallocarray(clients->rows, room, sizeof(*rows));
        if (!rows) {
            clients->no_memory = true;
            return NULL;
        }
        clients->rows = rows;
        clients->room = room;
    }
    struct client *client = &clients->rows[clients->count];
    *client = (struct client){.family = making->family, .xid = (uint32_t)++clients->count};
    return client;
}

static bool is_subnet(int family, const struct statement *statement)
{
    return statement->block && statement_is(statement, family == FAMILY_4 ? "subnet" : "subnet6");
}

/* The address of a relay in a subnet: the first after the network's own. */
static bool relay_of(int family, const struct statement *subnet, uint8_t ret[16])
{
    char text[64];

    memset(ret, 0, 16);
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(statement_word(subnet, 1), "/"), statement_word(subnet, 1));
    if (inet_pton(family == FAMILY_4 ? AF_INET : AF_INET6, text, ret) != 1)
        return false;
    ret[family == FAMILY_4 ? 3 : 15] |= 1;
    return true;
}

static bool holds(int family, const struct statement *subnet, const char *address)
{
    uint8_t network[16] = {0}, octets[16] = {0}, mask[16] = {0};
    const char *slash = strchr(statement_word(subnet, 1), '/');

    if (!relay_of(family, subnet, network))
        return false;
    if (inet_pton(family == FAMILY_4 ? AF_INET : AF_INET6, address, octets) != 1)
        return false;
    if (family == FAMILY_4)
        inet_pton(AF_INET, statement_word(subnet, 3), mask);
    for (unsigned bit = 0; slash && bit < strtoul(slash + 1, NULL, 10) && bit < 128; bit++)
        mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    for (int i = 0; i < 16; i++)
        if ((network[i] ^ octets[i]) & mask[i])
            return false;
    return true;
}

/* The subnet that holds an address; the first of all for NULL. */
static const struct statement *subnet_find(int family, const struct statement *list, const char *address)
{
    const struct statement *found = NULL;

    for (; list && !found; list = list->next)
        found = is_subnet(family, list) && (!address || holds(family, list, address))
                    ? list
                    : subnet_find(family, list->child, address);
    return found;
}

static void unknown_add(struct making *making, const struct statement *subnet)
{
    const struct kind *kinds = making->family == FAMILY_4 ? kinds4 : kinds6;
    size_t count = making->family == FAMILY_4 ? COUNT(kinds4) : COUNT(kinds6);

    uint32_t number = ++making->unknown; /* one machine for all kinds: small pools last */

    for (size_t i = 0; i < count; i++) {
        struct client *client = client_new(making);
        if (!client || !relay_of(making->family, subnet, client->link))
            continue;
        client->kind = &kinds[i];
        client->subnet = statement_word(subnet, 1);
        const uint8_t mac[6] = {
            0x02, 0xee, (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
        memcpy(client->mac, mac, 6);
    }
}

static struct netboot_bytes octets_of(struct making *making, const char *word)
{
    struct netboot_bytes ret = {NULL, 0};

    if (word[0] == '"')
        ret = word_octets(word, making->memory);
    else
        word_hex(word, making->memory, &ret);
    return ret;
}

static void host_client_add(struct making *making, const struct statement *host, const struct kind *kind,
                            const char *address)
{
    const struct statement *hardware = statement_child(host, "hardware ethernet"), *id = NULL;
    const struct statement *subnet = subnet_find(making->family, making->top, address);
    struct netboot_bytes mac = hardware ? octets_of(making, statement_word(hardware, 2)) : (struct netboot_bytes){0};
    struct client *client = subnet ? client_new(making) : NULL;

    if (!client || !relay_of(making->family, subnet, client->link))
        return;
    client->kind = kind;
    client->host = statement_word(host, 1);
    client->subnet = statement_word(subnet, 1);
    if (mac.size == 6)
        memcpy(client->mac, mac.data, 6);
    else
        memcpy(client->mac, "\x02\xef\0\0\0\1", 6);
    if (making->family == FAMILY_4 && (id = statement_child(host, "option dhcp-client-identifier")))
        client->id = octets_of(making, statement_word(id, 2));
    if (making->family == FAMILY_6 && (id = statement_child(host, "host-identifier option dhcp6.client-id")))
        client->id = octets_of(making, statement_word(id, 3));
}

static void host_add(struct making *making, const struct statement *host)
{
    const struct kind *kinds = making->family == FAMILY_4 ? kinds4 : kinds6;
    size_t count = making->family == FAMILY_4 ? COUNT(kinds4) : COUNT(kinds6), number = making->hosts++;
    const struct statement *fixed =
        statement_child(host, making->family == FAMILY_4 ? "fixed-address" : "fixed-address6");

    /* A sample is spread over all. */
    if (making->sample && making->sample < making->host_count &&
        number * making->sample / making->host_count == (number + 1) * making->sample / making->host_count)
        return;
    for (size_t i = 0; i < count; i++)
        host_client_add(making, host, &kinds[i], fixed ? statement_word(fixed, 1) : NULL);
}

static size_t hosts_count(const struct statement *list)
{
    size_t count = 0;

    for (; list; list = list->next)
        count += (statement_is(list, "host") && list->block) + hosts_count(list->child);
    return count;
}

static void all_add(struct making *making, const struct statement *list)
{
    for (; list; list = list->next) {
        if (is_subnet(making->family, list))
            unknown_add(making, list);
        if (statement_is(list, "host") && list->block)
            host_add(making, list);
        all_add(making, list->child);
    }
}

void clients_make(struct clients *clients, int family, const struct statement *top, size_t sample,
                  struct memory *memory)
{
    struct making making = {.clients = clients,
                            .memory = memory,
                            .top = top,
                            .family = family,
                            .sample = sample,
                            .host_count = hosts_count(top)};

    all_add(&making, top);
}

/* ---- Packets ---------------------------------------------------------------------------------------------------- */

struct buffer {
    uint8_t *data;
    size_t size;
};

static void add(struct buffer *buffer, const void *data, size_t size)
{
    if (size > PACKET_ROOM - buffer->size)
        return; /* no value of ours is that long, but a host's identifier may be */
    if (size > 0)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

static void add_number(struct buffer *buffer, uint32_t number, unsigned size)
{
    uint8_t octets[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};

    add(buffer, octets + 4 - size, size);
}

static void option4(struct buffer *buffer, uint8_t code, const void *data, size_t size)
{
    if (size > 255)
        return;
    add_number(buffer, code, 1);
    add_number(buffer, (uint32_t)size, 1);
    add(buffer, data, size);
}

static size_t packet4(const struct client *client, uint8_t *room)
{
    static const uint8_t requested[] = {1,  2,  3,  6,  7,  12, 13, 15, 17, 18,  26,  28,  42,  43,  44,  46,
                                        51, 54, 58, 59, 60, 66, 67, 93, 97, 119, 121, 128, 129, 130, 150, 252};
    static const uint8_t discover = 1, undi[] = {1, 3, 16};
    const struct kind *kind = client->kind;
    struct buffer buffer = {room, 236};
    uint8_t uuid[17] = {0};

    memset(room, 0, 236);
    room[0] = room[1] = 1;
    room[2] = 6;
    room[3] = 1;
    memcpy(room + 4, &client->xid, 4);
    room[9] = 4;
    memcpy(room + 24, client->link, 4);
    memcpy(room + 28, client->mac, 6);
    add_number(&buffer, 0x63825363, 4);
    option4(&buffer, 53, &discover, 1);
    if (client->id.data)
        option4(&buffer, 61, client->id.data, client->id.size);
    option4(&buffer, 55, requested, sizeof(requested));
    option4(&buffer, 57, "\x05\xc0", 2);
    if (kind->arch >= 0) {
        uint8_t arch[2] = {0, (uint8_t)kind->arch};
        memcpy(uuid + 11, client->mac, 6);
        option4(&buffer, 93, arch, 2);
        option4(&buffer, 94, undi, sizeof(undi));
        option4(&buffer, 97, uuid, sizeof(uuid));
        option4(&buffer, 60, kind->vendor_class, strlen(kind->vendor_class));
    }
    if (kind->user_class) {
        option4(&buffer, 77, kind->user_class, strlen(kind->user_class));
        option4(&buffer, 175, "\xb1\x01\x01\x13\x01\x01", 6);
    }
    add_number(&buffer, 0xff, 1);
    return buffer.size;
}

static void option6(struct buffer *buffer, uint16_t code, const void *data, size_t size)
{
    add_number(buffer, code, 2);
    add_number(buffer, (uint32_t)size, 2);
    add(buffer, data, size);
}

/* A class with one item: its length before it. */
static void option6_class(struct buffer *buffer, uint16_t code, uint32_t enterprise, const char *text)
{
    size_t size = strlen(text);

    add_number(buffer, code, 2);
    add_number(buffer, (uint32_t)(size + 2 + (enterprise ? 4 : 0)), 2);
    if (enterprise)
        add_number(buffer, enterprise, 4);
    add_number(buffer, (uint32_t)size, 2);
    add(buffer, text, size);
}

static size_t solicit(const struct client *client, uint8_t *room)
{
    static const uint8_t requested[] = {0, 23, 0, 24, 0, 31, 0, 32, 0, 56, 0, 59, 0, 60, 0, 16, 0, 17, 0, 39};
    const struct kind *kind = client->kind;
    struct buffer buffer = {room, 0};
    uint8_t duid[10] = {0, 3, 0, 1}, ia[12] = {0};

    memcpy(duid + 4, client->mac, 6);
    memcpy(ia, client->mac + 2, 4);
    add_number(&buffer, 1U << 24 | (client->xid & 0xffffff), 4);
    option6(&buffer, 1, client->id.data ? client->id.data : duid, client->id.data ? client->id.size : sizeof(duid));
    option6(&buffer, 8, "\0\0", 2);
    option6(&buffer, 3, ia, sizeof(ia));
    option6(&buffer, 6, requested, sizeof(requested));
    if (kind->arch >= 0) {
        uint8_t arch[2] = {0, (uint8_t)kind->arch};
        option6(&buffer, 61, arch, 2);
        option6(&buffer, 62, "\1\3\20", 3);
        option6_class(&buffer, 16, 343, kind->vendor_class);
    }
    if (kind->user_class)
        option6_class(&buffer, 15, 0, kind->user_class);
    return buffer.size;
}

static size_t packet6(const struct client *client, uint8_t *room)
{
    uint8_t message[PACKET_ROOM], link_layer[8] = {0, 1};
    uint8_t peer[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe};
    struct buffer buffer = {room, 0};
    size_t size = solicit(client, message);

    memcpy(link_layer + 2, client->mac, 6);
    memcpy(peer + 8, client->mac, 3);
    peer[8] ^= 2;
    memcpy(peer + 13, client->mac + 3, 3);
    add_number(&buffer, 12U << 8, 2); /* relay-forward, no hops */
    add(&buffer, client->link, 16);
    add(&buffer, peer, 16);
    option6(&buffer, 79, link_layer, sizeof(link_layer));
    option6(&buffer, 9, message, size);
    return buffer.size;
}

size_t client_packet(const struct client *client, uint8_t room[PACKET_ROOM])
{
    return client->family == FAMILY_4 ? packet4(client, room) : packet6(client, room);
}
