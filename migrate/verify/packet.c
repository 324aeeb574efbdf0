/* SPDX-License-Identifier: MPL-2.0 */
/* The packets by which clients ask. */
#include "verify.h"

#include "migrate/dhcpd/option_codes.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- What is asked for ------------------------------------------------------------------------------------------ */

static void requested_add(struct requested *requested, unsigned code)
{
    for (size_t i = 0; i < requested->count; i++)
        if (requested->codes[i] == code)
            return;
    if (requested->count < COUNT(requested->codes))
        requested->codes[requested->count++] = (uint16_t)code;
}

/* Others are of the exchange itself. */
static bool is_requestable(int family, unsigned code)
{
    if (family == FAMILY_6)
        return code > 19 && code != 25 && code != 26 && code < 65536;
    return code > 0 && code < 255 && code != 55 && code != 61 && code != 82;
}

void requested_read(struct requested *ret, int family, const struct statement *top, struct arena *memory)
{
    static const uint8_t usual4[] = {1,  2,  3,  6,  7,  12, 13, 15, 17, 18,  26,  28,  42,  43,  44,  46,
                                     51, 54, 58, 59, 60, 66, 67, 93, 97, 119, 121, 128, 129, 130, 150, 252};
    static const uint8_t usual6[] = {23, 24, 31, 32, 56, 59, 60, 16, 17, 39};
    const uint8_t *usual = family == FAMILY_4 ? usual4 : usual6;
    const struct option_definition *own = option_definitions(top, memory);

    *ret = (struct requested){.count = 0};
    for (size_t i = 0; i < (family == FAMILY_4 ? COUNT(usual4) : COUNT(usual6)); i++)
        requested_add(ret, usual[i]);
    for (; top; top = top->next) {
        const char *codes = option_codes(family, top, own, memory);
        for (char *end; codes && *codes; codes = end + strspn(end, " ")) {
            unsigned code = (unsigned)strtoul(codes, &end, 10);
            if (is_requestable(family, code))
                requested_add(ret, code);
        }
    }
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

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

static void requested4_add(struct buffer *buffer, const struct requested *requested)
{
    uint8_t codes[COUNT(requested->codes)];

    for (size_t i = 0; i < requested->count; i++)
        codes[i] = (uint8_t)requested->codes[i];
    if (requested->count > 0)
        option4(buffer, 55, codes, requested->count);
}

/* What a client says of itself in each message. */
static void platform4_add(struct buffer *buffer, const struct client *client)
{
    static const uint8_t undi[] = {1, 3, 16};
    const struct kind *kind = client->kind;
    uint8_t uuid[17] = {0}, arch[2] = {0, (uint8_t)kind->arch};

    if (kind->arch >= 0) {
        memcpy(uuid + 11, client->mac, 6);
        option4(buffer, 93, arch, 2);
        option4(buffer, 94, undi, sizeof(undi));
        option4(buffer, 97, uuid, sizeof(uuid));
        option4(buffer, 60, kind->vendor_class, strlen(kind->vendor_class));
    }
    if (kind->user_class) {
        option4(buffer, 77, kind->user_class, strlen(kind->user_class));
        option4(buffer, 175, "\xb1\x01\x01\x13\x01\x01", 6);
    }
}

static size_t packet4(const struct client *client, const struct offer *offer, uint8_t *room)
{
    enum { BOOTP_VENDOR_END = 300 };
    uint8_t type = offer ? 3 : 1; /* DHCPREQUEST, DHCPDISCOVER */
    struct buffer buffer = {room, 236};

    memset(room, 0, 236);
    room[0] = room[1] = 1;
    room[2] = 6;
    room[3] = 1;
    memcpy(room + 4, &client->xid, 4);
    room[9] = 4;
    memcpy(room + 24, client->link, 4);
    memcpy(room + 28, client->mac, 6);
    add_number(&buffer, 0x63825363, 4);
    if (client->kind->bootp) {
        add_number(&buffer, 0xff, 1);
        memset(room + buffer.size, 0, BOOTP_VENDOR_END - buffer.size);
        return BOOTP_VENDOR_END;
    }
    option4(&buffer, 53, &type, 1);
    if (client->id.data)
        option4(&buffer, 61, client->id.data, client->id.size);
    if (offer) {
        option4(&buffer, 50, offer->address, 4);
        option4(&buffer, 54, offer->server.data, offer->server.size);
    }
    requested4_add(&buffer, client->requested);
    option4(&buffer, 57, "\x05\xc0", 2);
    platform4_add(&buffer, client);
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

static void platform6_add(struct buffer *buffer, const struct kind *kind)
{
    uint8_t arch[2] = {0, (uint8_t)kind->arch};

    if (kind->arch >= 0) {
        option6(buffer, 61, arch, 2);
        option6(buffer, 62, "\1\3\20", 3);
        option6_class(buffer, 16, 343, kind->vendor_class);
    }
    if (kind->user_class)
        option6_class(buffer, 15, 0, kind->user_class);
}

/* The identity associations: asked for, or as they were offered. */
static void associations_add(struct buffer *buffer, const struct client *client, const struct offer *offer)
{
    uint8_t ia[12] = {0};

    memcpy(ia, client->mac + 2, 4);
    if (offer && offer->address_ia.data)
        option6(buffer, 3, offer->address_ia.data, offer->address_ia.size);
    else
        option6(buffer, 3, ia, sizeof(ia));
    if (offer && offer->prefix_ia.data)
        option6(buffer, 25, offer->prefix_ia.data, offer->prefix_ia.size);
    else if (client->prefixes)
        option6(buffer, 25, ia, sizeof(ia));
}

/* Solicit, or Request of what is offered. */
static size_t message6(const struct client *client, const struct offer *offer, uint8_t *room)
{
    const struct requested *requested = client->requested;
    struct buffer buffer = {room, 0};
    uint8_t duid[10] = {0, 3, 0, 1};

    memcpy(duid + 4, client->mac, 6);
    add_number(&buffer, (offer ? 3U : 1U) << 24 | (client->xid & 0xffffff), 4);
    option6(&buffer, 1, client->id.data ? client->id.data : duid, client->id.data ? client->id.size : sizeof(duid));
    if (offer)
        option6(&buffer, 2, offer->server.data, offer->server.size);
    option6(&buffer, 8, "\0\0", 2);
    if (client->kind->rapid)
        option6(&buffer, 14, NULL, 0);
    associations_add(&buffer, client, offer);
    add_number(&buffer, 6, 2);
    add_number(&buffer, (uint32_t)requested->count * 2, 2);
    for (size_t i = 0; i < requested->count; i++)
        add_number(&buffer, requested->codes[i], 2);
    platform6_add(&buffer, client->kind);
    return buffer.size;
}

static size_t packet6(const struct client *client, const struct offer *offer, uint8_t *room)
{
    uint8_t message[PACKET_ROOM], link_layer[8] = {0, 1};
    uint8_t peer[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe};
    struct buffer buffer = {room, 0};
    size_t size = message6(client, offer, message);

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

size_t client_packet(const struct client *client, const struct offer *offer, uint8_t room[PACKET_ROOM])
{
    return client->family == FAMILY_4 ? packet4(client, offer, room) : packet6(client, offer, room);
}
