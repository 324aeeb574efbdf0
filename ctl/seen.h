/* SPDX-License-Identifier: MPL-2.0 */
/* Which records an import has had, and at which line: 16 octets a record. Nothing here prints. */
#ifndef NETBOOTCTL_SEEN_H
#define NETBOOTCTL_SEEN_H

#include "table.h"

struct seen {
    struct seen_slot *slots; /* a power of two of them */
    size_t size, used;
};

/* The line at which the record of that key came, or 0. */
uint64_t seen_find(const struct seen *seen, const struct key *key);
/* -ENOMEM. */
int seen_add(struct seen *seen, const struct key *key, uint64_t line);
void seen_free(struct seen *seen);

#endif
