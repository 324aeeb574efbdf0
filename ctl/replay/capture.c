/* SPDX-License-Identifier: MPL-2.0 */
#include "capture.h"

#include "common/base/bytes.h"
#include "common/dhcp/codes.h"
#include "reassembly.h"

#include <pcap/dlt.h>
#include <stdlib.h>

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };
enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_UDP = 17,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AH = 51,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140
};

#define SENDER_MAX 8

/* What is left of a frame, and what its headers said. */
struct frame {
    struct netboot_bytes rest;
    bool cut;           /* there was more of it on the wire */
    uint16_t ethertype; /* 0: as the IP version says */
    uint8_t sender[SENDER_MAX];
    uint64_t time;
};

struct link_layer {
    int type;
    size_t header;
    size_t ethertype; /* its place in the header; 0: there is none */
    size_t sender, sender_size;
};

static const struct link_layer link_layers[] = {
    {DLT_EN10MB,     14, 12, 6,  6         },
    {DLT_LINUX_SLL,  16, 14, 6,  SENDER_MAX},
#ifdef DLT_LINUX_SLL2
    {DLT_LINUX_SLL2, 20, 0,  12, SENDER_MAX},
#endif
    {DLT_RAW,        0,  0,  0,  0         },
    {DLT_IPV4,       0,  0,  0,  0         },
    {DLT_IPV6,       0,  0,  0,  0         },
    {DLT_NULL,       4,  0,  0,  0         },
    {DLT_LOOP,       4,  0,  0,  0         },
};

struct capture {
    const struct link_layer *link;
    struct reassembly *reassembly;
};

static const struct link_layer *link_find(int type)
{
    for (size_t i = 0; i < sizeof(link_layers) / sizeof(link_layers[0]); i++)
        if (link_layers[i].type == type)
            return &link_layers[i];
    return NULL;
}

bool capture_knows(int link_type)
{
    return link_find(link_type) != NULL;
}

struct capture *capture_new(int link_type)
{
    struct capture *ret = calloc(1, sizeof(*ret));

    if (!ret)
        return NULL;
    ret->link = link_find(link_type);
    ret->reassembly = reassembly_new();
    if (ret->link && ret->reassembly)
        return ret;
    capture_free(ret);
    return NULL;
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    reassembly_free(capture->reassembly);
    free(capture);
}

unsigned capture_incomplete(const struct capture *capture)
{
    return reassembly_incomplete(capture->reassembly);
}

/* ---- UDP */

static bool is_dhcp_port(enum netboot_family family, uint16_t port)
{
    return family == NETBOOT_V4 ? port == DHCP4_SERVER_PORT || port == DHCP4_CLIENT_PORT
                                : port == DHCP6_CLIENT_PORT || port == DHCP6_SERVER_PORT;
}

static bool is_dhcp(enum netboot_family family, const uint8_t *udp)
{
    return is_dhcp_port(family, be_get16(udp)) || is_dhcp_port(family, be_get16(udp + 2));
}

/* A UDP datagram: IP says that it has `whole` octets, `udp` are there. */
static enum capture_result read_udp(const struct frame *frame, struct netboot_bytes udp, size_t whole,
                                    struct datagram *ret)
{
    enum capture_result short_of = frame->cut ? CAPTURE_CUT_OFF : CAPTURE_MALFORMED;

    if (udp.size < 4)
        return frame->cut ? CAPTURE_CUT_OFF : CAPTURE_OTHER;
    if (!is_dhcp(ret->family, udp.data))
        return CAPTURE_OTHER;
    if (udp.size < 8)
        return short_of;
    size_t size = be_get16(udp.data + 4);
    if (size < 8 || size > whole)
        return CAPTURE_MALFORMED;
    if (size > udp.size)
        return short_of;
    ret->source_port = be_get16(udp.data);
    ret->destination_port = be_get16(udp.data + 2);
    ret->payload = (struct netboot_bytes){udp.data + 8, size - 8};
    return CAPTURE_DATAGRAM;
}

/* ---- IP */

/* Many clients share 0.0.0.0 and the broadcast address, so the sender and the VLANs are part of what tells datagrams
 * apart. */
static void make_key(const struct frame *frame, const struct datagram *datagram, const uint8_t *id, size_t id_size,
                     uint8_t key[REASSEMBLY_KEY_SIZE])
{
    uint8_t *at = key;

    memset(key, 0, REASSEMBLY_KEY_SIZE);
    *at++ = (uint8_t)datagram->family;
    memcpy(at, datagram->source, NETBOOT_ADDRESS_SIZE);
    at += NETBOOT_ADDRESS_SIZE;
    memcpy(at, datagram->destination, NETBOOT_ADDRESS_SIZE);
    at += NETBOOT_ADDRESS_SIZE;
    memcpy(at, id, id_size);
    at += 4;
    memcpy(at, frame->sender, SENDER_MAX);
    at += SENDER_MAX;
    for (unsigned i = 0; i < datagram->vlan_count; i++) {
        *at++ = (uint8_t)(datagram->vlans[i] >> 8);
        *at++ = (uint8_t)datagram->vlans[i];
    }
}

/* The size of an IPv6 extension header; 0: the protocol is none. */
static size_t extension_size(uint8_t protocol, uint8_t length)
{
    static const struct {
        uint8_t protocol, unit;
    } extensions[] = {
        {PROTOCOL_HOP_BY_HOP,  8},
        {PROTOCOL_ROUTING,     8},
        {PROTOCOL_DESTINATION, 8},
        {PROTOCOL_MOBILITY,    8},
        {PROTOCOL_HIP,         8},
        {PROTOCOL_SHIM6,       8},
        {PROTOCOL_AH,          4},
    };

    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
        if (extensions[i].protocol == protocol)
            return 8 + (size_t)extensions[i].unit * length;
    return 0;
}

/* Takes extension headers off: next header and length are their first two octets. False: one is cut off. */
static bool skip_extensions(uint8_t *protocol, struct netboot_bytes *rest)
{
    while (extension_size(*protocol, 0) > 0) {
        if (rest->size < 2)
            return false;
        size_t size = extension_size(*protocol, rest->data[1]);
        if (size > rest->size)
            return false;
        *protocol = rest->data[0];
        *rest = bytes_after(*rest, size);
    }
    return true;
}

/* The datagram of a frame or of reassembled fragments. */
static enum capture_result read_transport(const struct frame *frame, uint8_t protocol, struct netboot_bytes data,
                                          size_t whole, struct datagram *ret)
{
    size_t before = data.size;

    if (!skip_extensions(&protocol, &data) || protocol != PROTOCOL_UDP)
        return CAPTURE_OTHER;
    return read_udp(frame, data, whole - (before - data.size), ret);
}

/* Whether a first fragment begins a DHCP message. */
static bool begins_dhcp(const struct datagram *datagram, uint8_t protocol, struct netboot_bytes data)
{
    return skip_extensions(&protocol, &data) && protocol == PROTOCOL_UDP && data.size >= 4 &&
           is_dhcp(datagram->family, data.data);
}

static enum capture_result read_fragment(struct capture *capture, const struct frame *frame, struct fragment *fragment,
                                         bool is_short, struct datagram *ret)
{
    struct netboot_bytes whole;
    uint8_t protocol;

    fragment->counts = fragment->offset == 0 && begins_dhcp(ret, fragment->protocol, fragment->data);
    if (is_short)
        return !fragment->counts ? CAPTURE_OTHER : frame->cut ? CAPTURE_CUT_OFF : CAPTURE_MALFORMED;
    int status = reassembly_add(capture->reassembly, frame->time, fragment, &whole, &protocol);
    if (status <= 0)
        return status < 0 ? CAPTURE_MALFORMED : CAPTURE_FRAGMENT;
    return read_transport(frame, protocol, whole, whole.size, ret);
}

/* RFC 791, section 3.1. */
static enum capture_result read_ip4(struct capture *capture, const struct frame *frame, struct datagram *ret)
{
    struct netboot_bytes ip = frame->rest;

    if (ip.size < 20)
        return CAPTURE_OTHER;
    size_t header = (size_t)(ip.data[0] & 0x0f) * 4, total = be_get16(ip.data + 2);
    if (ip.data[0] >> 4 != 4 || header < 20 || header > total || header > ip.size || ip.data[9] != PROTOCOL_UDP)
        return CAPTURE_OTHER;
    bool is_short = ip.size < total;
    if (!is_short)
        ip.size = total; /* Ethernet pads short frames */
    ret->family = NETBOOT_V4;
    memcpy(ret->source, ip.data + 12, 4);
    memcpy(ret->destination, ip.data + 16, 4);
    unsigned place = be_get16(ip.data + 6);
    if ((place & 0x3fff) == 0)
        return read_transport(frame, ip.data[9], bytes_after(ip, header), total - header, ret);
    struct fragment fragment = {.offset = (place & 0x1fff) * 8U,
                                .more = place & 0x2000,
                                .protocol = ip.data[9],
                                .data = bytes_after(ip, header)};
    make_key(frame, ret, ip.data + 4, 2, fragment.key);
    return read_fragment(capture, frame, &fragment, is_short, ret);
}

/* RFC 8200, section 4.5: next header, reserved, offset with flags, identification. */
static enum capture_result read_fragment6(struct capture *capture, const struct frame *frame, struct netboot_bytes data,
                                          size_t whole, struct datagram *ret)
{
    if (data.size < 8)
        return CAPTURE_OTHER;
    unsigned place = be_get16(data.data + 2);
    struct fragment fragment = {
        .offset = place & 0xfff8, .more = place & 1, .protocol = data.data[0], .data = bytes_after(data, 8)};
    if (fragment.offset == 0 && !fragment.more) /* RFC 6946: a lone fragment is the whole datagram */
        return read_transport(frame, fragment.protocol, fragment.data, whole - 8, ret);
    make_key(frame, ret, data.data + 4, 4, fragment.key);
    return read_fragment(capture, frame, &fragment, data.size < whole, ret);
}

/* RFC 8200, section 3. */
static enum capture_result read_ip6(struct capture *capture, const struct frame *frame, struct datagram *ret)
{
    struct netboot_bytes ip = frame->rest;

    if (ip.size < 40 || ip.data[0] >> 4 != 6)
        return CAPTURE_OTHER;
    size_t whole = be_get16(ip.data + 4);
    uint8_t protocol = ip.data[6];
    ret->family = NETBOOT_V6;
    memcpy(ret->source, ip.data + 8, 16);
    memcpy(ret->destination, ip.data + 24, 16);
    ip = bytes_after(ip, 40);
    if (ip.size > whole)
        ip.size = whole;
    size_t before = ip.size;
    if (!skip_extensions(&protocol, &ip))
        return CAPTURE_OTHER;
    whole -= before - ip.size;
    if (protocol == PROTOCOL_FRAGMENT)
        return read_fragment6(capture, frame, ip, whole, ret);
    return protocol == PROTOCOL_UDP ? read_udp(frame, ip, whole, ret) : CAPTURE_OTHER;
}

/* ---- Link layer */

static bool read_link(const struct link_layer *link, struct frame *frame)
{
    if (frame->rest.size < link->header)
        return false;
    memcpy(frame->sender, frame->rest.data + link->sender, link->sender_size);
    if (link->header >= 14)
        frame->ethertype = be_get16(frame->rest.data + link->ethertype);
    frame->rest = bytes_after(frame->rest, link->header);
    return true;
}

static bool is_vlan_tag(uint16_t ethertype)
{
    return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

/* IEEE 802.1Q: priority and identifier, then the next type; tags may be stacked. */
static bool read_vlans(struct frame *frame, struct datagram *ret)
{
    while (is_vlan_tag(frame->ethertype)) {
        if (frame->rest.size < 4 || ret->vlan_count == DATAGRAM_VLANS_MAX)
            return false;
        ret->vlans[ret->vlan_count++] = be_get16(frame->rest.data) & 0x0fff;
        frame->ethertype = be_get16(frame->rest.data + 2);
        frame->rest = bytes_after(frame->rest, 4);
    }
    return true;
}

static uint16_t ethertype_of_version(struct netboot_bytes ip)
{
    unsigned version = ip.size > 0 ? ip.data[0] >> 4 : 0;

    return version == 4 ? ETHERTYPE_IPV4 : version == 6 ? ETHERTYPE_IPV6 : 0;
}

enum capture_result capture_read(struct capture *capture, uint64_t time, struct netboot_bytes data, size_t wire_size,
                                 struct datagram *ret)
{
    struct frame frame = {.rest = data, .cut = data.size < wire_size, .time = time};
    struct datagram datagram = {.vlan_count = 0};
    enum capture_result result = CAPTURE_OTHER;

    if (!read_link(capture->link, &frame) || !read_vlans(&frame, &datagram))
        return CAPTURE_OTHER;
    if (frame.ethertype == 0)
        frame.ethertype = ethertype_of_version(frame.rest);
    if (frame.ethertype == ETHERTYPE_IPV4)
        result = read_ip4(capture, &frame, &datagram);
    else if (frame.ethertype == ETHERTYPE_IPV6)
        result = read_ip6(capture, &frame, &datagram);
    if (result == CAPTURE_DATAGRAM)
        *ret = datagram;
    return result;
}
