/* SPDX-License-Identifier: MPL-2.0 */
/* The old configuration. */
#ifndef NETBOOTCTL_MIGRATE_INPUT_H
#define NETBOOTCTL_MIGRATE_INPUT_H

#define BOOT_FAMILIES 2 /* DHCPv4, DHCPv6 */

struct boot_input {
    const char *dhcpd;                 /* the program: ISC dhcpd with netboot's patches */
    const char *config[BOOT_FAMILIES]; /* dhcpd.conf, dhcpd6.conf; NULL: none */
    const char *leases[BOOT_FAMILIES]; /* for the hosts that were declared over OMAPI; NULL: none */
};

#endif
