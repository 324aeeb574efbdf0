/* SPDX-License-Identifier: MPL-2.0 */
/* What a server hands in: which options hold facts. */
#include "netboot.h"

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

void netboot_query_add(struct netboot_query *query, uint16_t code, const void *data, size_t size)
{
    const uint16_t *wanted = netboot_query_options(query->family);

    while (*wanted && *wanted != code)
        wanted++;
    if (!*wanted || query->option_count >= NETBOOT_QUERY_OPTIONS_MAX)
        return;
    query->options[query->option_count++] = (struct netboot_option){
        .code = code, .data = {data, size}
    };
}
