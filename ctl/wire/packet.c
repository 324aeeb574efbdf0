/* SPDX-License-Identifier: MPL-2.0 */
#include "packet.h"

#include "common/base/bytes.h"
#include "common/dhcp/codes.h"
#include "common/dhcp/messages.h"

#include <errno.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- DHCPv4: RFC 2131, section 2 */

enum {
    HEADER_SIZE = 236,
    SNAME = 44,
    SNAME_SIZE = 64,
    FILE_FIELD = 108,
    FILE_SIZE = 128,
    CHADDR = 28,
    CHADDR_SIZE = 16
};

/* The places that hold options, in the order in which their parts are joined (RFC 3396, section 5). */
struct areas4 {
    unsigned count;
    struct netboot_bytes areas[3];
};

/* Takes one option off. False: the end, or an option that is cut off. */
static bool take_option4(struct netboot_bytes *rest, uint8_t *code, struct netboot_bytes *data, bool *is_bad)
{
    while (rest->size > 0 && rest->data[0] == DHCP4_PAD)
        *rest = bytes_after(*rest, 1);
    if (rest->size == 0 || rest->data[0] == DHCP4_END)
        return false;
    *code = rest->data[0];
    *rest = bytes_after(*rest, 1);
    if (bytes_take_item(rest, 1, data))
        return true;
    *is_bad = true;
    return false;
}

/* Appends a part to those before it, which are where they were sent, or already at the end of `room`. */
static struct netboot_bytes join(struct netboot_bytes parts, struct netboot_bytes part, uint8_t *room)
{
    if (!parts.data)
        return part;
    if (parts.data != room && parts.size > 0)
        memcpy(room, parts.data, parts.size);
    if (part.size > 0)
        memcpy(room + parts.size, part.data, part.size);
    return (struct netboot_bytes){room, parts.size + part.size};
}

/* A whole option: where it is, or joined in *room if it comes in parts. NULL data: it is absent. No octet is copied
 * twice, so all options of a message fit into as many octets as it has. */
static struct netboot_bytes option4(const struct areas4 *areas, uint8_t wanted, uint8_t **room, bool *is_bad)
{
    struct netboot_bytes ret = {NULL, 0}, part;
    uint8_t code;

    for (unsigned i = 0; i < areas->count; i++) {
        struct netboot_bytes rest = areas->areas[i];
        while (take_option4(&rest, &code, &part, is_bad))
            if (code == wanted)
                ret = join(ret, part, *room);
    }
    if (ret.data == *room)
        *room += ret.size;
    return ret;
}

/* Options need the magic cookie of RFC 1497 in front; BOOTP may do without. */
static void find_areas(struct netboot_bytes message, struct areas4 *ret)
{
    static const uint8_t cookie[] = {99, 130, 83, 99};
    struct netboot_bytes overload;
    uint8_t code;
    bool is_bad = false;

    *ret = (struct areas4){.count = 0};
    if (message.size < HEADER_SIZE + sizeof(cookie) || memcmp(message.data + HEADER_SIZE, cookie, sizeof(cookie)) != 0)
        return;
    ret->areas[ret->count++] = bytes_after(message, HEADER_SIZE + sizeof(cookie));
    struct netboot_bytes rest = ret->areas[0];
    while (take_option4(&rest, &code, &overload, &is_bad)) {
        if (code != DHCP4_OVERLOAD || overload.size != 1)
            continue;
        if (overload.data[0] & 1)
            ret->areas[ret->count++] = (struct netboot_bytes){message.data + FILE_FIELD, FILE_SIZE};
        if (overload.data[0] & 2)
            ret->areas[ret->count++] = (struct netboot_bytes){message.data + SNAME, SNAME_SIZE};
        return;
    }
}

static bool is_area(const struct areas4 *areas, const uint8_t *data)
{
    for (unsigned i = 0; i < areas->count; i++)
        if (areas->areas[i].data == data)
            return true;
    return false;
}

/* A header field that holds text, unless it holds options. */
static void set_text_field(const struct areas4 *areas, const uint8_t *data, size_t size, uint32_t field,
                           struct boot_fields *fields)
{
    if (!is_area(areas, data) && data[0] != '\0')
        fields_set(fields, field, (struct netboot_bytes){data, strnlen((const char *)data, size)});
}

static void read_fields4(const uint8_t *header, const struct areas4 *areas, uint8_t **room, struct packet *ret)
{
    static const uint8_t options[] = {DHCP4_TFTP_SERVER_NAME, DHCP4_BOOT_FILE_NAME, DHCP4_VENDOR_CLASS};

    memcpy(ret->assigned_address, header + 16, 4);
    if (!is_zero(header + 20, 4))
        fields_set(&ret->fields, NETBOOT_FIELD_SIADDR, (struct netboot_bytes){header + 20, 4});
    set_text_field(areas, header + SNAME, SNAME_SIZE, NETBOOT_FIELD_SNAME, &ret->fields);
    set_text_field(areas, header + FILE_FIELD, FILE_SIZE, NETBOOT_FIELD_FILE, &ret->fields);
    for (size_t i = 0; i < COUNT(options); i++) {
        struct netboot_bytes data = option4(areas, options[i], room, &ret->options_end_bad);
        if (data.data)
            fields_set(&ret->fields, options[i], data);
    }
}

static void read_query4(const uint8_t *header, const struct areas4 *areas, uint8_t **room, struct packet *ret)
{
    struct netboot_query *query = &ret->query;

    query->hardware_type = ret->hardware_type;
    query->hardware_address = ret->client;
    memcpy(query->client_address, header + 12, 4);
    memcpy(query->relay_address, ret->relay_address, NETBOOT_ADDRESS_SIZE);
    for (const uint16_t *code = netboot_query_options(NETBOOT_V4); *code; code++) {
        struct netboot_bytes data = option4(areas, (uint8_t)*code, room, &ret->options_end_bad);
        if (data.data)
            netboot_query_add(query, *code, data.data, data.size);
    }
}

static int parse4(struct netboot_bytes message, uint8_t *room, struct packet *ret)
{
    const uint8_t *header = message.data;
    struct areas4 areas;

    if (message.size < HEADER_SIZE || header[2] > CHADDR_SIZE || (header[0] != BOOTREQUEST && header[0] != BOOTREPLY))
        return -EBADMSG;
    ret->reply = header[0] == BOOTREPLY;
    ret->hardware_type = header[1];
    ret->client = (struct netboot_bytes){header + CHADDR, header[2]};
    ret->xid = be_get32(header + 4);
    memcpy(ret->relay_address, header + 24, 4);
    find_areas(message, &areas);
    struct netboot_bytes type = option4(&areas, DHCP4_MESSAGE_TYPE, &room, &ret->options_end_bad);
    if (type.data && (type.size != 1 || type.data[0] == BOOTP))
        return -EBADMSG;
    ret->message_type = type.data ? type.data[0] : BOOTP;
    if (ret->reply)
        read_fields4(header, &areas, &room, ret);
    else
        read_query4(header, &areas, &room, ret);
    return 0;
}

/* ---- DHCPv6: RFC 8415 / RFC 9915, sections 8 and 9 */

enum { RELAY_HEADER = 34, CLIENT_HEADER = 4, IA_NA_HEADER = 12, IAADDR_SIZE = 24 };
#define RELAYS_MAX 32 /* HOP_COUNT_LIMIT of RFC 3315, section 5.5 */

static bool take_option6(struct netboot_bytes *rest, uint16_t *code, struct netboot_bytes *data, bool *is_bad)
{
    struct netboot_bytes after;

    if (rest->size == 0)
        return false;
    if (rest->size < 4) {
        *is_bad = true;
        return false;
    }
    *code = be_get16(rest->data);
    after = bytes_after(*rest, 2);
    *is_bad = !bytes_take_item(&after, 2, data);
    *rest = after;
    return !*is_bad;
}

/* The first option of that code; NULL data: it is absent. */
static struct netboot_bytes option6(struct netboot_bytes options, uint16_t wanted)
{
    struct netboot_bytes data;
    uint16_t code;
    bool is_bad = false;

    while (take_option6(&options, &code, &data, &is_bad))
        if (code == wanted)
            return data;
    return (struct netboot_bytes){NULL, 0};
}

static bool is_relay_message(struct netboot_bytes message)
{
    return message.size > 0 && (message.data[0] == RELAY_FORWARD || message.data[0] == RELAY_REPLY);
}

/* Takes the relays' envelopes off; the last one is of the relay nearest the client, which may name no link. */
static int open_envelopes(struct netboot_bytes *message, struct packet *ret)
{
    for (unsigned i = 0; is_relay_message(*message); i++) {
        if (i == RELAYS_MAX || message->size < RELAY_HEADER)
            return -EBADMSG;
        struct netboot_bytes options = bytes_after(*message, RELAY_HEADER);
        struct netboot_bytes inner = option6(options, DHCP6_RELAY_MESSAGE);
        if (!inner.data)
            return -EBADMSG;
        if (!is_zero(message->data + 2, NETBOOT_ADDRESS_SIZE)) /* RFC 8415, section 13.1 */
            memcpy(ret->relay_address, message->data + 2, NETBOOT_ADDRESS_SIZE);
        memcpy(ret->peer_address, message->data + 18, NETBOOT_ADDRESS_SIZE);
        ret->query.link_layer_address = option6(options, DHCP6_CLIENT_LINK_LAYER_ADDRESS);
        *message = inner;
    }
    return 0;
}

/* RFC 8415, sections 21.4 and 21.6. */
static void read_assigned_address(struct netboot_bytes ia, struct packet *ret)
{
    if (ia.size < IA_NA_HEADER || !is_zero(ret->assigned_address, NETBOOT_ADDRESS_SIZE))
        return;
    struct netboot_bytes address = option6(bytes_after(ia, IA_NA_HEADER), DHCP6_IAADDR);
    if (address.size >= IAADDR_SIZE)
        memcpy(ret->assigned_address, address.data, NETBOOT_ADDRESS_SIZE);
}

static void read_option6(uint16_t code, struct netboot_bytes data, struct packet *ret)
{
    if (code == DHCP6_CLIENT_IDENTIFIER && !ret->client.data)
        ret->client = data;
    if (!ret->reply)
        netboot_query_add(&ret->query, code, data.data, data.size);
    else if (code == DHCP6_IA_NA)
        read_assigned_address(data, ret);
    else if (!fields_get(&ret->fields, code))
        fields_set(&ret->fields, code, data);
}

static bool is_from_server6(uint8_t message_type)
{
    return message_type == RECONFIGURE || message_is_reply(NETBOOT_V6, message_type);
}

static int parse6(const struct datagram *datagram, struct packet *ret)
{
    struct netboot_bytes message = datagram->payload, data;
    uint16_t code;

    if (message.size == 0)
        return -EBADMSG;
    ret->reply = message.data[0] == RELAY_REPLY || is_from_server6(message.data[0]);
    memcpy(ret->peer_address, ret->reply ? datagram->destination : datagram->source, NETBOOT_ADDRESS_SIZE);
    int status = open_envelopes(&message, ret);
    if (status)
        return status;
    if (message.size < CLIENT_HEADER || ret->reply != is_from_server6(message.data[0]))
        return -EBADMSG;
    ret->message_type = message.data[0];
    ret->xid = (uint32_t)message.data[1] << 16 | be_get16(message.data + 2);
    memcpy(ret->query.relay_address, ret->relay_address, NETBOOT_ADDRESS_SIZE);
    memcpy(ret->query.peer_address, ret->peer_address, NETBOOT_ADDRESS_SIZE);
    struct netboot_bytes rest = bytes_after(message, CLIENT_HEADER);
    while (take_option6(&rest, &code, &data, &ret->options_end_bad))
        read_option6(code, data, ret);
    return 0;
}

int packet_parse(const struct datagram *datagram, uint8_t *room, struct packet *ret)
{
    struct packet packet = {
        .family = datagram->family, .query = {.size = sizeof(packet.query), .family = datagram->family}
    };

    fields_clear(packet.family, &packet.fields);
    int status = packet.family == NETBOOT_V4 ? parse4(datagram->payload, room, &packet) : parse6(datagram, &packet);
    if (status)
        return status;
    packet.query.message_type = packet.message_type;
    *ret = packet;
    return 0;
}

const char *packet_type_name(enum netboot_family family, bool reply, uint8_t message_type)
{
    if (family == NETBOOT_V4 && message_type == BOOTP)
        return reply ? "BOOTREPLY" : "BOOTREQUEST";
    return message_name(family, message_type);
}
