/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The records that an import has read, and their lines: 16 octets each. They are kept one after the other, and sorted
 * into a hash table only when one is looked up. So an import without repeats, into a store without its records, never
 * touches memory at random. Nothing here prints.
 */
#ifndef NETBOOTCTL_REPEATS_H
#define NETBOOTCTL_REPEATS_H

#include "json/record/json.h"

struct repeats {
    struct repeats_item *items;
    size_t count, room;
    struct repeats_item *slots; /* a power of two of them; they have the items up to `sorted` */
    size_t size, sorted;
};

/* The line of the record of that key, 0 if there was none, or -ENOMEM. */
int64_t repeats_find(struct repeats *repeats, const struct netboot_record_key *key);
/* -ENOMEM. */
int repeats_add(struct repeats *repeats, const struct netboot_record_key *key, uint64_t line);
void repeats_free(struct repeats *repeats);

#endif
