/* SPDX-License-Identifier: MPL-2.0 */
/* Octets and text. Reading octets: check the length, then read. Numbers on the wire and in the store are big-endian. */
#ifndef NETBOOT_BYTES_H
#define NETBOOT_BYTES_H

#include "netboot.h"

#include <string.h>
#include <strings.h>

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A number of up to eight octets. */
static inline uint64_t be_get(const uint8_t *data, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | data[i];
    return number;
}

static inline uint16_t be_get16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t be_get32(const uint8_t *data)
{
    return (uint32_t)be_get16(data) << 16 | be_get16(data + 2);
}

static inline uint64_t be_get64(const uint8_t *data)
{
    return (uint64_t)be_get32(data) << 32 | be_get32(data + 4);
}

static inline void be_put(uint8_t *ret, uint64_t number, size_t size)
{
    for (; size > 0; number >>= 8)
        ret[--size] = (uint8_t)number;
}

static inline void be_put16(uint8_t *ret, uint16_t number)
{
    ret[0] = (uint8_t)(number >> 8);
    ret[1] = (uint8_t)number;
}

static inline void be_put32(uint8_t *ret, uint32_t number)
{
    be_put16(ret, (uint16_t)(number >> 16));
    be_put16(ret + 2, (uint16_t)number);
}

static inline void be_put64(uint8_t *ret, uint64_t number)
{
    be_put32(ret, (uint32_t)(number >> 32));
    be_put32(ret + 4, (uint32_t)number);
}

/* NULL is empty. */
static inline struct netboot_bytes bytes_of_text(const char *text)
{
    return (struct netboot_bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

/* Cut to fit into `room` with its NUL. */
static inline void bytes_to_text(struct netboot_bytes bytes, char *ret, size_t room)
{
    size_t size = bytes.size < room ? bytes.size : room - 1;

    if (size > 0)
        memcpy(ret, bytes.data, size);
    ret[size] = '\0';
}

static inline bool bytes_begin_with(struct netboot_bytes bytes, const char *text)
{
    size_t size = strlen(text);

    return bytes.size >= size && memcmp(bytes.data, text, size) == 0;
}

static inline bool bytes_same(struct netboot_bytes a, struct netboot_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool bytes_equal(struct netboot_bytes bytes, const char *text)
{
    return bytes.size == strlen(text) && bytes_begin_with(bytes, text);
}

/* The same for text in either case, such as a URL's scheme (RFC 3986, section 3.1). */
static inline bool bytes_equal_any_case(struct netboot_bytes bytes, const char *text)
{
    return bytes.size == strlen(text) && strncasecmp((const char *)bytes.data, text, bytes.size) == 0;
}

/* What is left of `bytes` after its first `count` octets; it must have that many. */
static inline struct netboot_bytes bytes_after(struct netboot_bytes bytes, size_t count)
{
    return (struct netboot_bytes){bytes.data + count, bytes.size - count};
}

static inline bool is_zero(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i])
            return false;
    return true;
}

/* The value of a hexadecimal digit, or -1. */
static inline int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 'a' - 'A';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Converts a UUID from either form to the other: SMBIOS has the first three fields little-endian, RFC 9562
 * big-endian. */
static inline void swap_uuid(uint8_t ret[NETBOOT_UUID_SIZE], const uint8_t uuid[NETBOOT_UUID_SIZE])
{
    static const uint8_t order[8] = {3, 2, 1, 0, 5, 4, 7, 6};

    for (unsigned i = 0; i < sizeof(order); i++)
        ret[i] = uuid[order[i]];
    memcpy(ret + sizeof(order), uuid + sizeof(order), NETBOOT_UUID_SIZE - sizeof(order));
}

/* Takes one item off `rest`: a length of `width` octets (1 or 2), then that many octets. False: there is none, or it is
 * cut off. */
static inline bool bytes_take_item(struct netboot_bytes *rest, unsigned width, struct netboot_bytes *ret)
{
    if (rest->size < width)
        return false;
    size_t size = width == 1 ? rest->data[0] : be_get16(rest->data);
    if (size > rest->size - width)
        return false;
    *ret = (struct netboot_bytes){rest->data + width, size};
    *rest = bytes_after(*rest, width + size);
    return true;
}

#endif
