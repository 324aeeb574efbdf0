/* SPDX-License-Identifier: MPL-2.0 */
/* The ways of booting, and what a machine would be sent for a value of the store. */
#ifndef NETBOOTCTL_WAY_H
#define NETBOOTCTL_WAY_H

#include "netboot-store.h"

/* Firmware first. */
enum way { WAY_PXE4, WAY_PXE6, WAY_HTTP4, WAY_HTTP6, WAY_IPXE4, WAY_IPXE6, WAYS };
#define WAYS_OF_FIRMWARE 4

struct way_row {
    enum netboot_family family;
    enum netboot_stage stage;
    const char *name;   /* "IPv4 PXE" */
    const char *option; /* of site set, which gives it a server: "tftp4 ADDRESS" */
    const char *server; /* "IPv4 TFTP server" */
};
extern const struct way_row ways[WAYS];

/* The site's base for relative paths of that way: octets of an address, or a URL. Empty: none. */
struct netboot_bytes way_base(enum way way, const struct netboot_site *site);

/*
 * What `who` would be sent at `site` for a path or URL of the target of that name; its MAC, UUID and platform count.
 * NETBOOT_FINDING_TAKEN, with the boot file and its server in `ret`, or why there would be none.
 */
enum netboot_finding way_resolve(enum way way, const struct netboot_client *who, const struct netboot_site *site,
                                 struct netboot_bytes target, struct netboot_bytes value, struct netboot_decision *ret);

#endif
