/* SPDX-License-Identifier: MPL-2.0 */
/* What is asked of a migration, and what it has come to so far. */
#ifndef NETBOOTCTL_MIGRATE_MIGRATION_H
#define NETBOOTCTL_MIGRATE_MIGRATION_H

#include "findings.h"

enum { FAMILY_4, FAMILY_6, FAMILY_COUNT }; /* index of what there is for both */

#define LEASES_MAX 8

struct migration {
    const char *config[FAMILY_COUNT]; /* dhcpd.conf, dhcpd6.conf; NULL: none */
    const char *leases[LEASES_MAX];   /* of either family */
    unsigned lease_count;
    const char *dhcpd, *keama; /* programs: with netboot's patches, and beside it */
    const char *hook;          /* libdhcp_netboot.so, as Kea is to load it */
    const char *database;      /* as the hook is to open it */
    const char *output;        /* DIR */
    char *work;                /* what becomes DIR */
    bool dry_run, force, json;
    enum { CHECK_NOT_RUN, CHECK_TAKEN, CHECK_REFUSED } check[FAMILY_COUNT]; /* by Kea itself */
    bool has_boot;                                                          /* there is a netboot.jsonl */
    struct findings findings;
};

/* What DIR holds. */
#define FILE_KEA4 "kea-dhcp4.conf"
#define FILE_KEA6 "kea-dhcp6.conf"
#define FILE_LEASES4 "kea-leases4.csv"
#define FILE_LEASES6 "kea-leases6.csv"
#define FILE_SERVERID "kea-dhcp6-serverid"
#define FILE_BOOT "netboot.jsonl"
#define FILE_REPORT "REPORT.md"
#define FILE_REPORT_JSON "report.json"

#endif
