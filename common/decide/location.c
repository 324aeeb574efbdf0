/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From a path or URL of the store to what a client can load.
 *
 * A path is appended to a base of the site: the first that it has, of those for the client's transport. A URL must have
 * a scheme that the client can load. Firmware loads over the family of its DHCP exchange, and from TFTP's own port
 * only.
 */
#include "decide/location.h"

#include "base/address.h"
#include "base/bytes.h"
#include "base/percent.h"
#include "base/template.h"
#include "base/url.h"
#include "dhcp/codes.h"

#include <errno.h>
#include <stdio.h>

#define FILE_OPTION4_MAX 255 /* one DHCPv4 option */

/* ---- Placeholders */

struct placeholder_texts {
    char mac[NETBOOT_ID_TEXT_SIZE];
    char mac_hyphen[NETBOOT_ID_TEXT_SIZE];
    char uuid[NETBOOT_ID_TEXT_SIZE];
    char site[NETBOOT_NAME_MAX + 1];
};

#define PLACEHOLDERS 7

static const char *id_text(enum netboot_id_type type, const uint8_t *value, uint8_t size, char *text)
{
    struct netboot_id id = {.type = type, .size = size};

    memcpy(id.value, value, size);
    return netboot_id_text(&id, text);
}

static const char *mac_hyphen(const char *mac, char *text)
{
    char *end = text;

    while (*mac) {
        *end++ = *mac == ':' ? '-' : *mac;
        mac++;
    }
    *end = '\0';
    return text;
}

static const char *site_text(const struct netboot_site *site, char *text)
{
    if (site->name.size == 0 || site->name.size > NETBOOT_NAME_MAX)
        return NULL;
    memcpy(text, site->name.data, site->name.size);
    text[site->name.size] = '\0';
    return text;
}

/* Every text consists of letters, digits and ".:_-": safe in a path, a URL and a script. */
static void fill_placeholders(const struct netboot_client *client, const struct netboot_site *site, const char *target,
                              struct placeholder_texts *texts, struct template_value values[PLACEHOLDERS])
{
    bool has_mac = client->has_mac;

    if (has_mac)
        mac_hyphen(id_text(NETBOOT_ID_MAC, client->mac, NETBOOT_MAC_SIZE, texts->mac), texts->mac_hyphen);
    values[0] = (struct template_value){"mac", has_mac ? texts->mac : NULL};
    values[1] = (struct template_value){"mac-hyphen", has_mac ? texts->mac_hyphen : NULL};
    values[2] = (struct template_value){
        "uuid", client->has_uuid ? id_text(NETBOOT_ID_UUID, client->uuid, NETBOOT_UUID_SIZE, texts->uuid) : NULL};
    values[3] = (struct template_value){"platform", netboot_platform_name(client->platform)};
    values[4] = (struct template_value){"site", site_text(site, texts->site)};
    values[5] = (struct template_value){"target", target[0] ? target : NULL};
    values[6] = (struct template_value){NULL, NULL};
}

/* The value with its placeholders filled in, in `buffer` if it had any. NETBOOT_FINDING_TAKEN if all went well. */
static enum netboot_finding expand(const struct netboot_client *client, const struct netboot_site *site,
                                   const char *target, struct netboot_bytes *value, char buffer[NETBOOT_FILE_SIZE])
{
    struct placeholder_texts texts;
    struct template_value values[PLACEHOLDERS];

    if (!memchr(value->data, '{', value->size))
        return NETBOOT_FINDING_TAKEN;
    fill_placeholders(client, site, target, &texts, values);
    int size = template_expand(*value, values, buffer, NETBOOT_FILE_SIZE);
    if (size < 0)
        return size == -ENAMETOOLONG ? NETBOOT_FINDING_TOO_LONG : NETBOOT_FINDING_NO_VALUE;
    *value = (struct netboot_bytes){(const uint8_t *)buffer, (size_t)size};
    return NETBOOT_FINDING_TAKEN;
}

/* ---- Bases and URLs */

/* A boot file and its TFTP server, before it is known whether they fit. */
struct boot_location {
    struct netboot_bytes parts[4]; /* the boot file, to be joined */
    bool has_server;
    uint8_t server[4];                /* 0.0.0.0 where only its name is known */
    struct netboot_bytes server_name; /* empty: the address is its name */
    char address[ADDRESS6_TEXT_SIZE]; /* a part points here */
    char name[3 * NETBOOT_FILE_SIZE]; /* another part points here: text with escapes added or decoded */
};

static void add_part(struct boot_location *location, struct netboot_bytes part)
{
    for (unsigned i = 0; i < 4; i++) {
        if (location->parts[i].size > 0)
            continue;
        location->parts[i] = part;
        return;
    }
}

/* The path below a base. A # is escaped: it is part of the file's name, and would begin a fragment. A % and a ? stay: a
 * path may have escapes and a query. */
static void add_below(struct boot_location *location, struct netboot_bytes path)
{
    if (path.size > 0 && path.data[0] == '/')
        path = bytes_after(path, 1);
    if (path.size > 0 && memchr(path.data, '#', path.size)) {
        int size = percent_encode(path, "#", location->name, sizeof(location->name));
        path = (struct netboot_bytes){(const uint8_t *)location->name, size < 0 ? 0 : (size_t)size};
    }
    add_part(location, path);
}

static bool join_http(const struct netboot_client *client, const struct netboot_site *site, struct netboot_bytes path,
                      struct boot_location *location)
{
    struct netboot_bytes base = client->family == NETBOOT_V4 ? site->http4 : site->http6;

    if (base.size == 0)
        return false;
    add_part(location, base);
    if (base.data[base.size - 1] != '/')
        add_part(location, bytes_of_text("/"));
    add_below(location, path);
    return true;
}

static bool join_tftp_url(const struct netboot_client *client, const struct netboot_site *site,
                          struct netboot_bytes path, struct boot_location *location)
{
    bool v4 = client->family == NETBOOT_V4;
    struct netboot_bytes server = v4 ? site->tftp4 : site->tftp6;

    if (server.size != (v4 ? 4 : 16))
        return false;
    if (v4)
        address4_text(server.data, location->address);
    else
        address6_text(server.data, location->address);
    add_part(location, bytes_of_text(v4 ? "tftp://" : "tftp://["));
    add_part(location, bytes_of_text(location->address));
    add_part(location, bytes_of_text(v4 ? "/" : "]/"));
    add_below(location, path);
    return true;
}

/* DHCPv4 gets the path alone: siaddr has the server. */
static bool join_tftp(const struct netboot_client *client, const struct netboot_site *site, struct netboot_bytes path,
                      struct boot_location *location)
{
    if (client->family == NETBOOT_V6)
        return join_tftp_url(client, site, path, location);
    if (site->tftp4.size != 4)
        return false;
    add_part(location, path);
    return true;
}

typedef bool join_function(const struct netboot_client *client, const struct netboot_site *site,
                           struct netboot_bytes path, struct boot_location *location);

/* How each stage loads: the bases of the site in order, and the schemes of URLs that it loads (NULL: any). */
static const struct transport {
    join_function *joins[2];
    const char *schemes[2];
    bool one_family; /* and, for TFTP, one port */
    enum netboot_finding no_base;
} transports[] = {
    [NETBOOT_STAGE_PXE] = {{join_tftp, NULL},          {"tftp", NULL},    true,  NETBOOT_FINDING_NO_TFTP},
    [NETBOOT_STAGE_HTTP] = {{join_http, NULL},          {"http", "https"}, true,  NETBOOT_FINDING_NO_HTTP},
    [NETBOOT_STAGE_IPXE] = {{join_http, join_tftp_url}, {NULL, NULL},      false, NETBOOT_FINDING_NO_BASE},
};

static bool has_scheme(const struct transport *transport, struct netboot_bytes scheme)
{
    if (!transport->schemes[0])
        return true;
    for (unsigned i = 0; i < 2; i++)
        if (transport->schemes[i] && bytes_equal_any_case(scheme, transport->schemes[i]))
            return true;
    return false;
}

static void set_server(struct boot_location *location, const uint8_t address[4])
{
    location->has_server = true;
    memcpy(location->server, address, 4);
}

/* A DHCPv4 PXE client gets server and name in two fields; BOOTP has no field for a server's name. */
static enum netboot_finding split_tftp_url(const struct netboot_client *client, const struct url *url,
                                           struct boot_location *location)
{
    static const uint8_t unknown[4];
    int size = url_tftp_name(url, location->name);

    if (size <= 0 || (client->bootp && url->host_type == URL_NAME))
        return NETBOOT_FINDING_URL;
    add_part(location, (struct netboot_bytes){(const uint8_t *)location->name, (size_t)size});
    set_server(location, url->host_type == URL_IPV4 ? url->address : unknown);
    if (url->host_type == URL_NAME)
        location->server_name = url->host;
    return NETBOOT_FINDING_TAKEN;
}

static enum netboot_finding locate_url(const struct netboot_client *client, const struct transport *transport,
                                       struct netboot_bytes text, struct boot_location *location)
{
    struct url url;
    bool v4 = client->family == NETBOOT_V4;

    if (url_parse(text, &url) < 0)
        return transport->one_family ? NETBOOT_FINDING_URL : (add_part(location, text), NETBOOT_FINDING_TAKEN);
    if (!has_scheme(transport, url.scheme))
        return NETBOOT_FINDING_SCHEME;
    if (transport->one_family && url.host_type == (v4 ? URL_IPV6 : URL_IPV4))
        return NETBOOT_FINDING_FAMILY;
    if (client->stage == NETBOOT_STAGE_PXE && (url.port.size > 0 || url.has_user || url.path.size == 0))
        return NETBOOT_FINDING_URL;
    if (client->stage == NETBOOT_STAGE_PXE && v4)
        return split_tftp_url(client, &url, location);
    add_part(location, text);
    /* iPXE scripts use ${next-server}: it is the server of the URL. */
    if (client->stage == NETBOOT_STAGE_IPXE && v4 && url.host_type == URL_IPV4 &&
        bytes_equal_any_case(url.scheme, "tftp"))
        set_server(location, url.address);
    return NETBOOT_FINDING_TAKEN;
}

/* Whether firmware can reach a base over the client's family. */
static bool is_of_family(const struct netboot_client *client, struct netboot_bytes base)
{
    struct url url;

    return url_parse(base, &url) < 0 || url.host_type != (client->family == NETBOOT_V4 ? URL_IPV6 : URL_IPV4);
}

static enum netboot_finding locate_path(const struct netboot_client *client, const struct netboot_site *site,
                                        const struct transport *transport, struct netboot_bytes path,
                                        struct boot_location *location)
{
    for (unsigned i = 0; i < 2; i++) {
        if (!transport->joins[i] || !transport->joins[i](client, site, path, location))
            continue;
        if (client->stage == NETBOOT_STAGE_HTTP && !is_of_family(client, location->parts[0]))
            return NETBOOT_FINDING_FAMILY;
        return NETBOOT_FINDING_TAKEN;
    }
    return transport->no_base;
}

/* Scripts use ${next-server}: beside a URL that names no TFTP server, iPXE gets the site's. */
static void add_site_server(const struct netboot_client *client, const struct netboot_site *site,
                            struct boot_location *location)
{
    if (client->family == NETBOOT_V4 && client->stage != NETBOOT_STAGE_HTTP && !location->has_server &&
        site->tftp4.size == 4)
        set_server(location, site->tftp4.data);
}

/* ---- Into the decision */

static enum netboot_finding write_boot_file(const struct netboot_client *client, const struct boot_location *location,
                                            struct netboot_decision *decision)
{
    size_t max = client->family == NETBOOT_V6 ? NETBOOT_FILE_SIZE - 1
                 : client->bootp              ? FILE_FIELD_MAX
                                              : FILE_OPTION4_MAX;
    size_t size = 0;

    for (unsigned i = 0; i < 4; i++) {
        struct netboot_bytes part = location->parts[i];
        if (part.size == 0)
            continue;
        if (part.size > max - size)
            return NETBOOT_FINDING_TOO_LONG;
        memcpy(decision->boot_file + size, part.data, part.size);
        size += part.size;
    }
    decision->boot_file[size] = '\0';
    decision->boot_file_size = (uint16_t)size;
    return NETBOOT_FINDING_TAKEN;
}

static void write_server(const struct boot_location *location, struct netboot_decision *decision)
{
    if (!location->has_server)
        return;
    decision->has_next_server = true;
    memcpy(decision->next_server, location->server, 4);
    if (location->server_name.size == 0) {
        address4_text(location->server, decision->tftp_server_name);
        return;
    }
    memcpy(decision->tftp_server_name, location->server_name.data, location->server_name.size);
    decision->tftp_server_name[location->server_name.size] = '\0';
}

enum netboot_finding file_resolve(const struct netboot_client *client, const struct netboot_site *site,
                                  struct netboot_bytes value, struct netboot_decision *decision)
{
    const struct transport *transport = &transports[client->stage];
    char buffer[NETBOOT_FILE_SIZE];
    struct boot_location location = {.has_server = false};

    enum netboot_finding finding = expand(client, site, decision->target, &value, buffer);
    if (finding != NETBOOT_FINDING_TAKEN)
        return finding;
    finding = url_is(value) ? locate_url(client, transport, value, &location)
                            : locate_path(client, site, transport, value, &location);
    if (finding != NETBOOT_FINDING_TAKEN)
        return finding;
    add_site_server(client, site, &location);
    finding = write_boot_file(client, &location, decision);
    if (finding == NETBOOT_FINDING_TAKEN)
        write_server(&location, decision);
    return finding;
}
