/* SPDX-License-Identifier: MPL-2.0 */
/*
 * dhcpd asked what its configuration gives (dhcpd -t -netboot-dump): what is declared, and what clients would get.
 * No port is opened and no file of its own is written. Nothing here prints.
 */
#ifndef NETBOOTCTL_MIGRATE_DUMP_H
#define NETBOOTCTL_MIGRATE_DUMP_H

#include "netboot.h"

#include <cjson/cJSON.h>
#include <stdio.h>

struct dump {
    const char *dhcpd;  /* the program, with netboot's patches */
    const char *config; /* its configuration */
    const char *leases; /* where hosts may be declared, too; NULL: nowhere */
    enum netboot_family family;
};

/* An array of what is declared. -EINVAL: dhcpd does not accept the configuration; others: it cannot be run. */
int dump_inventory(const struct dump *dump, cJSON **ret, struct netboot_error *error);

/* Calls `each` with the answer to every line of `clients`, in their order; what it returns if it is not 0 is returned.
 * -EPROTO: there is not one answer to each client. */
int dump_answers(const struct dump *dump, FILE *clients, int (*each)(const cJSON *answer, void *user), void *user,
                 struct netboot_error *error);

/* Octets of a text of hexadecimal digits, as answers have it, `size` at most. How many; NULL has none. */
size_t hex_read(const char *hex, uint8_t *ret, size_t size);

#endif
