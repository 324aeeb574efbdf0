/* SPDX-License-Identifier: MPL-2.0 */
#include "base/url.h"

#include "base/bytes.h"
#include "base/percent.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <errno.h>

static bool is_scheme_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
           c == '.';
}

/* The length of a scheme (RFC 3986, section 3.1) that "://" follows; 0 where there is none. */
static size_t scheme_size(struct netboot_bytes text)
{
    size_t size = 0;

    while (size < text.size && is_scheme_character(text.data[size]))
        size++;
    return bytes_begin_with(bytes_after(text, size), "://") ? size : 0;
}

bool url_is(struct netboot_bytes text)
{
    return scheme_size(text) > 0;
}

static bool is_port(struct netboot_bytes port)
{
    unsigned number = 0;

    if (port.size == 0 || port.size > 5)
        return false;
    for (size_t i = 0; i < port.size; i++) {
        if (port.data[i] < '0' || port.data[i] > '9')
            return false;
        number = number * 10 + port.data[i] - '0';
    }
    return number <= 65535;
}

static bool is_host_name(struct netboot_bytes name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!is_scheme_character(name.data[i]) && name.data[i] != '_')
            return false;
    return name.size > 0 && name.size <= 253;
}

/* Sets the host's type, and its address if it is one. */
static int parse_host(struct url *url, bool bracketed)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (url->host.size < sizeof(text))
        memcpy(text, url->host.data, url->host.size);
    if (bracketed) {
        url->host_type = URL_IPV6;
        return inet_pton(AF_INET6, text, url->address) == 1 ? 0 : -EINVAL;
    }
    url->host_type = inet_pton(AF_INET, text, url->address) == 1 ? URL_IPV4 : URL_NAME;
    return is_host_name(url->host) ? 0 : -EINVAL;
}

/* host [":" port], the host in brackets where it is an IPv6 address */
static int parse_authority(struct netboot_bytes authority, struct url *url)
{
    const uint8_t *at = memchr(authority.data, '@', authority.size);
    if (at) {
        url->has_user = true;
        authority = bytes_after(authority, (size_t)(at - authority.data) + 1);
    }
    bool bracketed = authority.size > 0 && authority.data[0] == '[';
    const uint8_t *end = memchr(authority.data, bracketed ? ']' : ':', authority.size);
    if (bracketed && !end)
        return -EINVAL;
    size_t host = end ? (size_t)(end - authority.data) : authority.size;
    url->host = (struct netboot_bytes){authority.data + bracketed, host - bracketed};
    struct netboot_bytes rest = bytes_after(authority, host + bracketed);
    if (rest.size > 0) {
        if (rest.data[0] != ':' || !is_port(bytes_after(rest, 1)))
            return -EINVAL;
        url->port = bytes_after(rest, 1);
    }
    return parse_host(url, bracketed);
}

int url_parse(struct netboot_bytes text, struct url *ret)
{
    struct url url = {
        .scheme = {text.data, scheme_size(text)}
    };

    if (url.scheme.size == 0)
        return -EINVAL;
    struct netboot_bytes rest = bytes_after(text, url.scheme.size + strlen("://"));
    const uint8_t *slash = memchr(rest.data, '/', rest.size);
    size_t authority = slash ? (size_t)(slash - rest.data) : rest.size;
    if (parse_authority((struct netboot_bytes){rest.data, authority}, &url) < 0)
        return -EINVAL;
    if (slash)
        url.path = bytes_after(rest, authority + 1);
    *ret = url;
    return 0;
}

int url_tftp_name(const struct url *url, char *name)
{
    int size = percent_decode(url->path, name);

    for (int at = 0; at < size;) {
        uint32_t code;
        size_t read = utf8_read((const uint8_t *)name + at, (size_t)(size - at), &code);
        if (read == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
            return -EILSEQ;
        at += (int)read;
    }
    return size;
}
