/* SPDX-License-Identifier: MPL-2.0 */
/* dhcpd.leases and dhcpd6.leases: what was given to whom, the server's DUID, hosts that were made over OMAPI. Nothing
 * here prints. */
#ifndef NETBOOTCTL_MIGRATE_LEASES_H
#define NETBOOTCTL_MIGRATE_LEASES_H

#include "migrate/base/findings.h"
#include "migrate/dhcpd/statement.h"

#include <netboot.h>
#include <stdint.h>

enum lease_state { LEASE_FREE, LEASE_ACTIVE, LEASE_DECLINED };
#define LEASE_FOREVER UINT32_MAX

struct lease {
    uint8_t address[16];   /* IPv4: the first four */
    uint8_t prefix_length; /* of a prefix; 128 */
    bool is_prefix;
    enum lease_state state;
    uint32_t valid, preferred; /* seconds */
    uint64_t ends;             /* seconds since 1970, UTC */
    uint32_t iaid;
    struct netboot_bytes hardware, client; /* without its type; client identifier or DUID */
    const char *hostname;                  /* NULL */
    size_t order;
};

struct leases {
    int family;
    const char *file;
    struct lease *rows; /* one for each address, in their order */
    size_t count, room;
    struct netboot_bytes server_duid; /* data NULL: none */
    struct statement *hosts;          /* a list, of those that are there still */
    size_t temporary;                 /* IA_TA, which are left out */
};

/* Values live in `memory`. *ret is zeroed but for what is found; leases_free() in any case. */
int leases_read(const char *file, struct arena *memory, struct leases *ret, struct findings *findings,
                struct netboot_error *error);
void leases_free(struct leases *leases);

/* Writes Kea's CSV to `path`, with the subnet of each lease by `dhcp` ("Dhcp4" or "Dhcp6"). Counts what moved. */
int leases_write(const struct leases *leases, const cJSON *dhcp, const char *path, struct findings *findings,
                 struct netboot_error *error);
/* Puts "server-id" into `dhcp`; types that have no place there go to `path` as Kea's serverid file. */
int leases_server_duid(const struct leases *leases, cJSON *dhcp, const char *path, struct findings *findings,
                       struct netboot_error *error);

#endif
