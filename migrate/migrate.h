/* SPDX-License-Identifier: MPL-2.0 */
/*
 * netboot-migrate: from ISC dhcpd to Kea with netboot.
 *
 *   dhcpd.conf ──> dhcpd/: statements, and where they are ──────────┐
 *        ├──────> kea/: keama, mended ───> kea-dhcp4.conf ──────────┼──> findings ──> REPORT.md, report.json
 *        └──────> boot/: dhcpd -t, which evaluates ─> netboot.jsonl ┤
 *   dhcpd.leases ────────────────────────> kea-leases4.csv ─────────┘
 *
 * All is written into a temporary directory, which becomes DIR when everything has worked. verify/ asks dhcpd with the
 * old configuration and Kea with the new one the same, and compares.
 */
#ifndef NETBOOTCTL_MIGRATE_MIGRATE_H
#define NETBOOTCTL_MIGRATE_MIGRATE_H

#include "frame/command.h"
#include "migrate/base/migration.h"

extern const struct command migrate_command;

/* Fills migration->work. An exit code, after saying why: MISUSED for what dhcpd does not take. */
int migrate_convert(struct migration *migration);

#endif
