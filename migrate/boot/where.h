/* SPDX-License-Identifier: MPL-2.0 */
/* Where a configuration says something: file and line, by the names that dhcpd has for it. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_WHERE_H
#define NETBOOTCTL_MIGRATE_WHERE_H

#include "input.h"
#include "migrate/dhcpd/statement.h"
#include "texts.h"

struct where {
    struct arena memory;
    struct texts names; /* "4 host web1": the number is the statement's below, counted from 1 */
    const struct statement **statements;
    size_t count, room;
    struct statement *trees[BOOT_FAMILIES];
};

/* Reads the configurations and, for its hosts, the leases file. -ENOMEM; what cannot be read is left out. */
int where_read(struct where *where, const struct boot_input *input);
/* The declaration "host web1", "subnet 192.0.2.0/24", "class pxe", "shared-network lab"; NULL: not found. */
const struct statement *where_find(struct where *where, unsigned family, const char *name);
/* The first statement in that scope ("global", or as above, or "pool of NAME", "group of host NAME") with the text in
 * it; the scope's own if there is none, NULL if that is not found either. */
const struct statement *where_in(struct where *where, unsigned family, const char *scope, const char *text);
void where_free(struct where *where);

#endif
