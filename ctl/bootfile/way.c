/* SPDX-License-Identifier: MPL-2.0 */
#include "way.h"

#include "common/dhcp/codes.h"
#include "common/dhcp/messages.h"

const struct way_row ways[WAYS] = {
    [WAY_PXE4] = {NETBOOT_V4, NETBOOT_STAGE_PXE,  "IPv4 PXE",  "tftp4 ADDRESS", "IPv4 TFTP server"  },
    [WAY_PXE6] = {NETBOOT_V6, NETBOOT_STAGE_PXE,  "IPv6 PXE",  "tftp6 ADDRESS", "IPv6 TFTP server"  },
    [WAY_HTTP4] = {NETBOOT_V4, NETBOOT_STAGE_HTTP, "IPv4 HTTP", "http4 URL",     "IPv4 HTTP base URL"},
    [WAY_HTTP6] = {NETBOOT_V6, NETBOOT_STAGE_HTTP, "IPv6 HTTP", "http6 URL",     "IPv6 HTTP base URL"},
    [WAY_IPXE4] = {NETBOOT_V4, NETBOOT_STAGE_IPXE, "IPv4 iPXE", "http4 URL",     "IPv4 HTTP base URL"},
    [WAY_IPXE6] = {NETBOOT_V6, NETBOOT_STAGE_IPXE, "IPv6 iPXE", "http6 URL",     "IPv6 HTTP base URL"},
};

struct netboot_bytes way_base(enum way way, const struct netboot_site *site)
{
    bool v4 = ways[way].family == NETBOOT_V4;
    struct netboot_bytes tftp = v4 ? site->tftp4 : site->tftp6, http = v4 ? site->http4 : site->http6;

    if (ways[way].stage == NETBOOT_STAGE_PXE)
        return tftp;
    return ways[way].stage == NETBOOT_STAGE_HTTP || http.size > 0 ? http : tftp;
}

/* Decides with `value` as the only boot file: iPXE's script, firmware's loader. */
enum netboot_finding way_resolve(enum way way, const struct netboot_client *who, const struct netboot_site *site,
                                 struct netboot_bytes target, struct netboot_bytes value, struct netboot_decision *ret)
{
    bool ipxe = ways[way].stage == NETBOOT_STAGE_IPXE;
    const struct netboot_query query = {
        .size = sizeof(query), .family = ways[way].family, .message_type = MESSAGE_FIRST, .reply_type = MESSAGE_OFFER};
    const struct netboot_target only = {
        .name = target, .script = ipxe ? value : (struct netboot_bytes){NULL, 0}
    };
    struct netboot_policy policy = {.target = &only, .site = site};
    struct netboot_client client = *who;

    client.family = ways[way].family;
    client.stage = ways[way].stage;
    if (!ipxe)
        policy.loader = value;
    netboot_decide(&query, &client, &policy, ret);
    for (unsigned i = 0; i < ret->reason_count; i++)
        if (ret->reasons[i].source == (ipxe ? NETBOOT_SOURCE_TARGET_SCRIPT : NETBOOT_SOURCE_LOADER))
            return (enum netboot_finding)ret->reasons[i].finding;
    return NETBOOT_FINDING_NOTHING;
}
