/* SPDX-License-Identifier: MPL-2.0 */
#include "json/text/text.h"

#include "common/base/failure.h"
#include "json/text/suggest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A whole text of decimal digits up to `most`, or -1. */
static long number_parse(const char *text, long most)
{
    char *end;
    size_t size = strlen(text);

    if (size == 0 || size > 6 || strspn(text, "0123456789") != size)
        return -1;
    long ret = strtol(text, &end, 10);
    return ret <= most ? ret : -1;
}

int platform_parse(const char *text, uint16_t *ret, struct netboot_error *error)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE];
    const struct netboot_arch *arch;
    int platform = netboot_platform_find(text);
    long code = number_parse(text, UINT16_MAX);

    if (platform < 0 && code >= 0 && (arch = netboot_arch_find((unsigned)code)))
        platform = arch->platform;
    if (platform >= 0) {
        *ret = (uint16_t)platform;
        return 0;
    }
    suggest_begin(&nearest, text);
    for (code = 0; (arch = netboot_arch_find((unsigned)code)); code++)
        if (netboot_platform_name(arch->platform))
            suggest_offer(&nearest, netboot_platform_name(arch->platform));
    return failure(error, -EINVAL, "there is no platform `%.100s`%s (netbootctl help platforms lists them)", text,
                   suggest_text(&nearest, hint));
}

const char *platform_text(uint16_t platform, char text[PLATFORM_TEXT_SIZE])
{
    const char *name = netboot_platform_name(platform);

    if (name)
        snprintf(text, PLATFORM_TEXT_SIZE, "%s", name);
    else
        snprintf(text, PLATFORM_TEXT_SIZE, "%u", platform);
    return text;
}

#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

int id_parse(const char *text, struct netboot_id *ret, struct netboot_error *error)
{
    if (netboot_id_parse(text, ret) == 0)
        return 0;
    return failure(error, -EINVAL,
                   "`%.150s` is no host: type a MAC (52:54:00:12:34:56), a UUID, a DUID (00:04:...) or a name of "
                   "letters, digits and ._-, a letter or digit first, at most %d",
                   text, NETBOOT_NAME_MAX);
}

int id_parse_as(enum netboot_id_type type, const char *what, const char *text, struct netboot_id *ret,
                struct netboot_error *error)
{
    const char *wanted = "a name: letters, digits and ._-, a letter or digit first, at most " TEXT_OF(
        NETBOOT_NAME_MAX) ", and no "
                          "MAC, UUID or DUID";

    if (netboot_id_parse_as(type, text, ret) == 0)
        return 0;
    if (type == NETBOOT_ID_MAC)
        wanted = "a MAC address: type it like 52:54:00:12:34:56";
    else if (type == NETBOOT_ID_UUID)
        wanted = "a UUID: type it like 11223344-5566-7788-99aa-bbccddeeff00";
    else if (type == NETBOOT_ID_DUID)
        wanted = "a DUID: type its octets like 00:03:00:01:52:54:00:12:34:56";
    return failure(error, -EINVAL, "%s: `%.150s` is not %s", what, text, wanted);
}

int address_parse(const char *what, const char *text, size_t size, uint8_t *ret, struct netboot_error *error)
{
    static const uint8_t zero[NETBOOT_ADDRESS_SIZE];
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    bool v4 = size == 4;

    if (inet_pton(v4 ? AF_INET : AF_INET6, text, address) != 1)
        return failure(error, -EINVAL, "%s: `%.100s` is not an %s address: type it like %s", what, text,
                       v4 ? "IPv4" : "IPv6", v4 ? "192.0.2.1" : "2001:db8::1");
    if (memcmp(address, zero, size) == 0)
        return failure(error, -EINVAL, "%s: `%.100s` is the address of no machine", what, text);
    memcpy(ret, address, size);
    return 0;
}

/* Clears the bits past the first `length`; whether any was set. */
static bool clear_host_bits(uint8_t *address, size_t size, unsigned length)
{
    bool any = false;

    for (size_t i = 0; i < size; i++) {
        unsigned kept = length > 8 * i ? length - 8 * (unsigned)i : 0;
        uint8_t mask = kept >= 8 ? 0xff : (uint8_t)(0xff00 >> kept);
        any = any || (address[i] & ~mask);
        address[i] &= mask;
    }
    return any;
}

int prefix_parse(const char *text, uint8_t ret[PREFIX_SIZE], struct netboot_error *error)
{
    const char *slash = strchr(text, '/');
    size_t size = strchr(text, ':') ? 16 : 4;
    long length = slash ? number_parse(slash + 1, 8 * (long)size) : 8 * (long)size;
    char address[INET6_ADDRSTRLEN] = "";
    uint8_t prefix[PREFIX_SIZE];
    struct netboot_bytes masked = {prefix, 1 + size};
    char right[PREFIX_TEXT_SIZE];

    if (slash && (size_t)(slash - text) < sizeof(address))
        memcpy(address, text, (size_t)(slash - text));
    else if (!slash && strlen(text) < sizeof(address))
        memcpy(address, text, strlen(text));
    if (length < 0 || inet_pton(size == 4 ? AF_INET : AF_INET6, address, prefix + 1) != 1)
        return failure(error, -EINVAL,
                       "prefixes: `%.100s` is not a prefix: type it like 192.0.2.0/24 or "
                       "2001:db8::/64",
                       text);
    prefix[0] = (uint8_t)length;
    if (clear_host_bits(prefix + 1, size, (unsigned)length))
        return failure(error, -EINVAL, "prefixes: `%.100s` has bits set past its length: did you mean %s?", text,
                       prefix_text(masked, right));
    memcpy(ret, prefix, 1 + size);
    return 1 + (int)size;
}

const char *prefix_text(struct netboot_bytes prefix, char text[PREFIX_TEXT_SIZE])
{
    char address[INET6_ADDRSTRLEN] = "?";

    if (prefix.size == 5 || prefix.size == PREFIX_SIZE)
        inet_ntop(prefix.size == 5 ? AF_INET : AF_INET6, prefix.data + 1, address, sizeof(address));
    snprintf(text, PREFIX_TEXT_SIZE, "%s/%u", address, prefix.size ? prefix.data[0] : 0);
    return text;
}

const char *time_text(uint64_t seconds, char text[TIME_TEXT_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm utc;

    text[0] = '\0';
    if (seconds != 0 && gmtime_r(&when, &utc))
        strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}
