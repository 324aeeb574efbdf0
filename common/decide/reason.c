/* SPDX-License-Identifier: MPL-2.0 */
/* The findings of the decision as text. */

#include "netboot.h"

#include "base/bytes.h"
#include "base/template.h"

#include <stdio.h>

_Static_assert(NETBOOT_FINDING_STAGE == 2 && NETBOOT_FINDING_SITE == 22 && NETBOOT_FINDING_REMOVED == 38,
               "the journal keeps the numbers");

static const char *const texts[] = {
    [NETBOOT_FINDING_NO_BOOT_MESSAGE] = "this message and its reply carry no boot fields",
    [NETBOOT_FINDING_NO_BOOT_CLIENT] = "the client does not boot from the network: it sends neither iPXE's user class, "
                                       "nor the vendor class PXEClient or HTTPClient, nor an architecture type",
    [NETBOOT_FINDING_STAGE] = "stage {stage}, {family}, platform {platform}",
    [NETBOOT_FINDING_HOST] = "host {host} has one of the client's identifiers",
    [NETBOOT_FINDING_NO_HOST] = "no host has any of the client's identifiers",
    [NETBOOT_FINDING_KEPT] = "the server's own boot file stays: existing-boot-file is keep, and the client has no host "
                             "with a target or loader",
    [NETBOOT_FINDING_REPLACED] = "the server's own boot file gives way: the host has a target or loader or is armed to "
                                 "boot once, or existing-boot-file is replace or remove",
    [NETBOOT_FINDING_TARGET_ONCE] = "target {target}: the host is armed to boot it once",
    [NETBOOT_FINDING_ONCE_MISSING] =
        "the host is armed to boot a target once, but the store has no such target: the host stays armed",
    [NETBOOT_FINDING_ONCE_KIND] =
        "the host is armed to boot a target once, but its kind is neither boot nor local: the host stays armed",
    [NETBOOT_FINDING_ONCE_UNABLE] =
        "the host is armed to boot a target once, but this client can load nothing of it: the host stays armed",
    [NETBOOT_FINDING_ONCE_EXPIRED] = "the host was armed to boot once, but the arming has expired",
    [NETBOOT_FINDING_ONCE_USED] = "the host has used its boot-once: this is a later boot",
    [NETBOOT_FINDING_ONCE_RENEWAL] = "the host is armed to boot once, but this message only extends its lease",
    [NETBOOT_FINDING_ONCE_UNMARKED] = "the host is armed to boot once, but this could not be recorded, so it gets its "
                                      "regular target: see whether netbootd runs, and what it logs",
    [NETBOOT_FINDING_TARGET_OF_HOST] = "target {target}: the host names it",
    [NETBOOT_FINDING_TARGET_DEFAULT] = "target {target}: it is for all clients without another target",
    [NETBOOT_FINDING_TARGET_MISSING] = "the host names a target that the store does not have: the default applies",
    [NETBOOT_FINDING_NO_TARGET] = "there is no target 'default'",
    [NETBOOT_FINDING_IGNORE] = "target {target} is of kind ignore: the reply stays as the server made it",
    [NETBOOT_FINDING_SILENT] = "target {target} is of kind silent: no boot fields are sent",
    [NETBOOT_FINDING_LOCAL] = "target {target} is of kind local: the machine boots its own disk",
    [NETBOOT_FINDING_SITE] = "site {site}: it has the longest prefix that contains the client's address",
    [NETBOOT_FINDING_SITE_DEFAULT] = "site {site}: no other site contains the client's address",
    [NETBOOT_FINDING_NO_SITE] = "no site contains the client's address, and there is no site 'default'",
    [NETBOOT_FINDING_NO_PLATFORM] = "the client's architecture type ({arch}) belongs to no known platform",
    [NETBOOT_FINDING_ABSENT] = "{source}: there is none for {platform}",
    [NETBOOT_FINDING_NO_TFTP] = "{source}: a relative path, and site '{site}' has no {family} TFTP server",
    [NETBOOT_FINDING_NO_HTTP] = "{source}: a relative path, and site '{site}' has no {family} HTTP base URL",
    [NETBOOT_FINDING_NO_BASE] =
        "{source}: a relative path, and site '{site}' has no {family} HTTP base URL and no {family} TFTP server",
    [NETBOOT_FINDING_SCHEME] = "{source}: a client at stage {stage} cannot load a URL of this scheme",
    [NETBOOT_FINDING_URL] = "{source}: firmware cannot use this URL: it is malformed, or a tftp URL with a port, a "
                            "user name or no path, or "
                            "with a name of a server for a BOOTP client",
    [NETBOOT_FINDING_FAMILY] = "{source}: the address in its URL is not of the client's family ({family})",
    [NETBOOT_FINDING_NO_VALUE] = "{source}: this client has no value for one of its placeholders",
    [NETBOOT_FINDING_TOO_LONG] =
        "{source}: too long for the reply (at most 255 octets in DHCPv4, 127 in BOOTP, 1023 in DHCPv6)",
    [NETBOOT_FINDING_TAKEN] = "{source}: taken",
    [NETBOOT_FINDING_JOINED] =
        "host {host} has the MAC that was seen with the client's UUID over DHCPv4: the server joins identifiers",
    [NETBOOT_FINDING_NOTHING] = "no boot file that this client can load: the reply stays as the server made it",
    [NETBOOT_FINDING_REMOVED] = "no boot file that this client can load: the server's own boot file is removed, since "
                                "existing-boot-file is remove",
};

static const char *const sources[] = {
    [NETBOOT_SOURCE_NONE] = "",
    [NETBOOT_SOURCE_TARGET_SCRIPT] = "the target's script",
    [NETBOOT_SOURCE_TARGET_FILE] = "the target's file",
    [NETBOOT_SOURCE_HOST_LOADER] = "the host's loader",
    [NETBOOT_SOURCE_LOADER] = "the platform's loader",
};

static struct netboot_bytes text_of(const struct netboot_reason *reason)
{
    const char *text = reason->finding < sizeof(texts) / sizeof(texts[0])
                           ? texts[reason->finding]
                           : "unknown reason: a newer version of netboot recorded it";

    /* Only targets have scripts, and these are for all platforms. */
    if (reason->finding == NETBOOT_FINDING_ABSENT && reason->source == NETBOOT_SOURCE_TARGET_SCRIPT)
        text = "{source}: there is none";
    return bytes_of_text(text);
}

const char *netboot_reason_text(const struct netboot_client *client, const struct netboot_decision *decision,
                                unsigned index, char text[NETBOOT_REASON_SIZE])
{
    if (index >= decision->reason_count)
        return NULL;
    const struct netboot_reason *reason = &decision->reasons[index];
    const char *platform = netboot_platform_name(client->platform);
    char arch[8] = "none";
    if (client->arch != NETBOOT_ARCH_NONE)
        snprintf(arch, sizeof(arch), "%u", client->arch);
    const struct template_value values[] = {
        {"stage",    netboot_stage_name(client->stage)                                                   },
        {"family",   client->family == NETBOOT_V4 ? "IPv4" : "IPv6"                                      },
        {"platform", platform ? platform : "unknown"                                                     },
        {"arch",     arch                                                                                },
        {"host",     decision->host                                                                      },
        {"target",   decision->target                                                                    },
        {"site",     decision->site[0] ? decision->site : "(none)"                                       },
        {"source",   reason->source < sizeof(sources) / sizeof(sources[0]) ? sources[reason->source] : ""},
        {NULL,       NULL                                                                                },
    };
    if (template_expand(text_of(reason), values, text, NETBOOT_REASON_SIZE) < 0)
        text[0] = '\0';
    return text;
}
