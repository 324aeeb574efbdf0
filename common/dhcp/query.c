/* SPDX-License-Identifier: MPL-2.0 */
/* What a server hands in: which options hold facts. */
#include "dhcp/query.h"

#include "dhcp/codes.h"

static const uint16_t options4[] = {
    DHCP4_PARAMETER_REQUEST_LIST,
    DHCP4_VENDOR_CLASS,
    DHCP4_CLIENT_IDENTIFIER,
    DHCP4_USER_CLASS,
    DHCP4_CLIENT_ARCH,
    DHCP4_CLIENT_MACHINE_IDENTIFIER,
    DHCP4_IPXE_ENCAPSULATED,
    0,
};

static const uint16_t options6[] = {
    DHCP6_CLIENT_IDENTIFIER, DHCP6_OPTION_REQUEST, DHCP6_USER_CLASS, DHCP6_VENDOR_CLASS, DHCP6_CLIENT_ARCH, 0,
};

const uint16_t *netboot_query_options(enum netboot_family family)
{
    return family == NETBOOT_V4 ? options4 : options6;
}

static bool has_among(const struct netboot_query *query, unsigned count, uint16_t code)
{
    unsigned i = 0;

    while (i < count && query->options[i].code != code)
        i++;
    return i < count;
}

/* The place that a new option takes in a full query: the last one whose code comes several times. NULL: the query
 * already has an option of this code. There are more places than wanted codes. */
static struct netboot_option *place_that_gives_way(struct netboot_query *query, uint16_t code)
{
    unsigned i = NETBOOT_QUERY_OPTIONS_MAX;

    if (has_among(query, i, code))
        return NULL;
    while (--i > 0)
        if (has_among(query, i, query->options[i].code))
            return &query->options[i];
    return NULL;
}

void netboot_query_add(struct netboot_query *query, uint16_t code, const void *data, size_t size)
{
    const uint16_t *wanted = netboot_query_options(query->family);
    struct netboot_option *place;

    while (*wanted && *wanted != code)
        wanted++;
    if (!*wanted)
        return;
    if (query->option_count < NETBOOT_QUERY_OPTIONS_MAX)
        place = &query->options[query->option_count++];
    else if (!(place = place_that_gives_way(query, code)))
        return;
    *place = (struct netboot_option){
        .code = code, .data = {data, size}
    };
}

const struct netboot_query *query_as_known(const struct netboot_query *query, struct netboot_query *room)
{
    static const struct netboot_query nothing = {.size = sizeof(nothing), .family = NETBOOT_V4};

    return sized_read(query, QUERY_LEAST, "query", room, sizeof(*room), NULL) == 0 ? room : &nothing;
}
