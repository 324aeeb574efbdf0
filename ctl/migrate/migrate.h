/* SPDX-License-Identifier: MPL-2.0 */
/*
 * netbootctl migrate: from ISC dhcpd to Kea with netboot.
 *
 *   dhcpd.conf ──> statements (where everything is written) ──┐
 *        ├──────> keama ──> mended ──> kea-dhcp4.conf ────────┼──> findings ──> REPORT.md, report.json
 *        └──────> dhcpd -t, which evaluates ──> netboot.jsonl ┤
 *   dhcpd.leases ──────────────────> kea-leases4.csv ─────────┘
 *
 * All is written into a temporary directory, which becomes DIR when everything has worked.
 */
#ifndef NETBOOTCTL_MIGRATE_MIGRATE_H
#define NETBOOTCTL_MIGRATE_MIGRATE_H

#include "findings.h"
#include "session.h"

enum { FAMILY_4, FAMILY_6, FAMILY_COUNT }; /* index of what there is for both */

struct migration {
    const char *config[FAMILY_COUNT]; /* dhcpd.conf, dhcpd6.conf; NULL: none */
    const char *dhcpd, *keama;        /* programs */
    const char *output;               /* DIR */
    char *work;                       /* what becomes DIR */
    bool dry_run, force, json;
    struct findings findings;
};

#endif
