/* SPDX-License-Identifier: MPL-2.0 */
/* Frames, made and read, from octets that end at an inaccessible page. */
#ifndef FRAMES_H
#define FRAMES_H

#include "unit.h"

#include "guarded.h"
#include "octets.h"
#include "replay/capture.h"

#include <pcap/dlt.h>
#include <stdbool.h>

#define PAYLOAD "what a client asks"
#define SECOND UINT64_C(1000000)

static inline void add16(struct octets *octets, unsigned value)
{
    add(octets, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

/* ---- What frames are made of */

static inline struct octets udp(unsigned source, unsigned destination, const char *payload)
{
    struct octets ret = {.size = 0};
    size_t size = strlen(payload);

    add16(&ret, source);
    add16(&ret, destination);
    add16(&ret, 8 + (unsigned)size);
    add16(&ret, 0);
    add(&ret, payload, size);
    return ret;
}

static inline struct octets ip4(unsigned protocol, unsigned place, const struct octets *data, size_t from, size_t size)
{
    struct octets ret = {.size = 0};

    ADD(&ret, "\x45\0");
    add16(&ret, 20 + (unsigned)size);
    ADD(&ret, "\x12\x34");
    add16(&ret, place);
    add(&ret, (uint8_t[]){64, (uint8_t)protocol, 0, 0}, 4);
    ADD(&ret, "\0\0\0\0\xff\xff\xff\xff");
    add(&ret, data->data + from, size);
    return ret;
}

static inline struct octets whole4(const struct octets *data)
{
    return ip4(17, 0, data, 0, data->size);
}

#define LINK_LOCAL "\xfe\x80\0\0\0\0\0\0\x50\x54\0\xff\xfe\x77\0\2"
#define SERVERS "\xff\2\0\0\0\0\0\0\0\0\0\0\0\1\0\2"

static inline struct octets ip6(unsigned protocol, const void *extensions, size_t extensions_size,
                                const struct octets *data, size_t from, size_t size)
{
    struct octets ret = {.size = 0};

    ADD(&ret, "\x60\0\0\0");
    add16(&ret, (unsigned)(extensions_size + size));
    add(&ret, (uint8_t[]){(uint8_t)protocol, 64}, 2);
    ADD(&ret, LINK_LOCAL SERVERS);
    add(&ret, extensions, extensions_size);
    add(&ret, data->data + from, size);
    return ret;
}

/* Fragment header: next header UDP, the given place with the flag. */
static inline struct octets fragment6(const struct octets *data, size_t from, size_t size, bool more)
{
    uint8_t header[8] = {17, 0, (uint8_t)(from >> 8), (uint8_t)(from | more), 1, 2, 3, 4};

    return ip6(44, header, 8, data, from, size);
}

#define MACS "\xff\xff\xff\xff\xff\xff\x52\x54\0\x77\0\2"

static inline struct octets ethernet(const char *tags, size_t tags_size, unsigned type, const struct octets *ip)
{
    struct octets ret = {.size = 0};

    ADD(&ret, MACS);
    add(&ret, tags, tags_size);
    add16(&ret, type);
    add(&ret, ip->data, ip->size);
    return ret;
}

static inline struct octets behind(const void *header, size_t size, const struct octets *ip)
{
    struct octets ret = {.size = 0};

    add(&ret, header, size);
    add(&ret, ip->data, ip->size);
    return ret;
}

/* Reads a copy whose end is the page's. */
static inline enum capture_result read_part(struct capture *capture, uint64_t time, const struct octets *frame,
                                            size_t size, size_t wire_size, struct datagram *ret)
{
    struct netboot_bytes data = {guarded_copy(&guarded_page, frame->data, size), size};

    return capture_read(capture, time, data, wire_size, ret);
}

static inline enum capture_result read_frame(struct capture *capture, const struct octets *frame, struct datagram *ret)
{
    return read_part(capture, SECOND, frame, frame->size, frame->size, ret);
}

static inline void assert_payload(const struct datagram *datagram, const char *payload)
{
    assert_int_equal(datagram->payload.size, strlen(payload));
    assert_memory_equal(datagram->payload.data, payload, strlen(payload));
}

#endif
