/* SPDX-License-Identifier: MPL-2.0 */
#include "base/address.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "base/number.h"

#include <arpa/inet.h>

unsigned address4_text(const uint8_t address[4], char text[ADDRESS4_TEXT_SIZE])
{
    char *end = text;

    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            *end++ = '.';
        if (address[i] >= 100)
            *end++ = (char)('0' + address[i] / 100);
        if (address[i] >= 10)
            *end++ = (char)('0' + address[i] / 10 % 10);
        *end++ = (char)('0' + address[i] % 10);
    }
    *end = '\0';
    return (unsigned)(end - text);
}

static char *group_text(unsigned group, char *end)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 12; shift >= 0; shift -= 4)
        if (group >> shift || shift == 0)
            *end++ = digits[group >> shift & 15];
    return end;
}

/* The longest run of two or more zero groups, the first of equal ones (RFC 5952, section 4.2). */
static void longest_zero_run(const unsigned groups[8], unsigned *start, unsigned *size)
{
    *start = 8;
    *size = 1;
    for (unsigned i = 0, run = 0; i < 8; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > *size) {
            *size = run;
            *start = i + 1 - run;
        }
    }
}

unsigned address6_text(const uint8_t address[16], char text[ADDRESS6_TEXT_SIZE])
{
    unsigned groups[8], zeros, zero_count;
    char *end = text;

    for (unsigned i = 0; i < 8; i++)
        groups[i] = be_get16(address + 2 * i);
    longest_zero_run(groups, &zeros, &zero_count);
    for (unsigned i = 0; i < 8; i++) {
        if (i == zeros) {
            *end++ = ':';
            *end++ = ':';
            i += zero_count - 1;
            continue;
        }
        if (i > 0 && end[-1] != ':')
            *end++ = ':';
        end = group_text(groups[i], end);
    }
    *end = '\0';
    return (unsigned)(end - text);
}

int netboot_address_parse(const char *what, const char *text, enum netboot_family family, uint8_t *ret,
                          struct netboot_error *error)
{
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    bool v4 = family == NETBOOT_V4;
    size_t size = v4 ? 4 : 16;

    if (inet_pton(v4 ? AF_INET : AF_INET6, text, address) != 1)
        return failure(error, -EINVAL, "%s: `%.100s` is not an %s address: write it like %s", what, text,
                       v4 ? "IPv4" : "IPv6", v4 ? "192.0.2.1" : "2001:db8::1");
    if (is_zero(address, size))
        return failure(error, -EINVAL, "%s: `%.100s` cannot be the address of a machine", what, text);
    memcpy(ret, address, size);
    return 0;
}

/* ---- Prefixes */

void prefix_set_host_bits(struct netboot_bytes prefix, uint8_t *address, bool ones)
{
    for (size_t bit = prefix.data[0]; bit < 8 * (prefix.size - 1); bit++) {
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        address[bit / 8] = (uint8_t)(ones ? address[bit / 8] | mask : address[bit / 8] & ~mask);
    }
}

int prefix_check(const char *what, struct netboot_bytes prefix, struct netboot_error *error)
{
    char text[NETBOOT_PREFIX_TEXT_SIZE], right_text[NETBOOT_PREFIX_TEXT_SIZE];
    uint8_t octets[NETBOOT_PREFIX_SIZE];
    struct netboot_bytes right = {octets, prefix.size};

    memcpy(octets, prefix.data, prefix.size);
    prefix_set_host_bits(right, octets + 1, false);
    if (bytes_same(right, prefix))
        return 0;
    return failure(error, -EINVAL, "%s: `%s` has bits set past its length: did you mean %s?", what,
                   netboot_prefix_text(prefix, text), netboot_prefix_text(right, right_text));
}

/* Length and address as they are typed. The size, or -EINVAL. */
static int prefix_read(const char *text, uint8_t ret[NETBOOT_PREFIX_SIZE])
{
    const char *slash = strchr(text, '/');
    size_t size = strchr(text, ':') ? 16 : 4, address_size = slash ? (size_t)(slash - text) : strlen(text);
    long length = slash ? number_read(slash + 1, 8 * (long)size) : 8 * (long)size;
    char address[INET6_ADDRSTRLEN] = "";

    if (address_size >= sizeof(address) || length < 0)
        return -EINVAL;
    memcpy(address, text, address_size);
    ret[0] = (uint8_t)length;
    return inet_pton(size == 4 ? AF_INET : AF_INET6, address, ret + 1) == 1 ? 1 + (int)size : -EINVAL;
}

int netboot_prefix_parse(const char *what, const char *text, uint8_t ret[NETBOOT_PREFIX_SIZE],
                         struct netboot_error *error)
{
    uint8_t prefix[NETBOOT_PREFIX_SIZE];
    int size = prefix_read(text, prefix);

    if (size < 0)
        return failure(error, -EINVAL, "%s: `%.100s` is not a prefix: write it like 192.0.2.0/24 or 2001:db8::/64",
                       what, text);
    if (prefix_check(what, (struct netboot_bytes){prefix, (size_t)size}, error) != 0)
        return -EINVAL;
    memcpy(ret, prefix, (size_t)size);
    return size;
}

const char *netboot_prefix_text(struct netboot_bytes prefix, char text[NETBOOT_PREFIX_TEXT_SIZE])
{
    char address[ADDRESS6_TEXT_SIZE] = "?";

    if (prefix.size == 1 + 4)
        address4_text(prefix.data + 1, address);
    else if (prefix.size == NETBOOT_PREFIX_SIZE)
        address6_text(prefix.data + 1, address);
    snprintf(text, NETBOOT_PREFIX_TEXT_SIZE, "%s/%u", address, prefix.size ? prefix.data[0] : 0);
    return text;
}
