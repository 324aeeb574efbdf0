/* SPDX-License-Identifier: MPL-2.0 */
/* Messages as they are on the wire, put together octet by octet. */
#ifndef OCTETS_H
#define OCTETS_H

#include "unit.h"

#include <stdint.h>
#include <string.h>

struct octets {
    uint8_t data[2048];
    size_t size;
};

static inline void add(struct octets *octets, const void *data, size_t size)
{
    assert_true(size <= sizeof(octets->data) - octets->size);
    if (size > 0)
        memcpy(octets->data + octets->size, data, size);
    octets->size += size;
}

#define ADD(octets, literal) add(octets, literal, sizeof(literal) - 1)

#define MAC "\x52\x54\0\x77\0\2"

/* ---- DHCPv4 */

enum { SNAME = 44, FILE_FIELD = 108, OPTIONS = 240 };

static inline struct octets message4(uint8_t op, const void *options, size_t size)
{
    struct octets ret = {.size = 236};

    memcpy(ret.data, (uint8_t[]){op, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef}, 8);
    memcpy(ret.data + 12, (uint8_t[]){10, 0, 0, 1}, 4); /* ciaddr */
    memcpy(ret.data + 16, (uint8_t[]){10, 0, 0, 2}, 4); /* yiaddr */
    memcpy(ret.data + 20, (uint8_t[]){10, 0, 0, 3}, 4); /* siaddr */
    memcpy(ret.data + 24, (uint8_t[]){10, 0, 0, 4}, 4); /* giaddr */
    memcpy(ret.data + 28, MAC, 6);
    ADD(&ret, "\x63\x82\x53\x63");
    add(&ret, options, size);
    return ret;
}

#define MESSAGE4(op, options) message4(op, options, sizeof(options) - 1)

#endif
