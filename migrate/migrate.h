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

#include "findings.h"
#include "frame/command.h"

extern const struct command migrate_command;

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

/* Fills migration->work. An exit code, after saying why: MISUSED for what dhcpd does not take. */
int migrate_convert(struct migration *migration);

/* directory.c: makes migration->work beside DIR, so that it can become DIR. An exit code, after saying why. */
int directory_begin(struct migration *migration);
/* Puts it in place if `code` is DONE and this is no dry run; removes it if not. An exit code. */
int directory_end(struct migration *migration, int code);
/* DIRECTORY/NAME; free(). NULL: out of memory. */
char *directory_file(const char *directory, const char *name);
/* Removes a directory and all in it. 0 or a negative errno value. */
int directory_remove(const char *path);

#endif
