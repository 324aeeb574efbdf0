/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which records an import has had, and at which line: 16 octets a record. They are written down one after the other;
 * only when one is asked for are they sorted into a hash table, so that an import without a record twice, into a store
 * without any of its records, never touches memory at random. Nothing here prints.
 */
#ifndef NETBOOTCTL_REPEATS_H
#define NETBOOTCTL_REPEATS_H

#include "json/record/json.h"

struct repeats {
    struct repeats_item *items;
    size_t count, room;
    struct repeats_item *slots; /* a power of two of them: the items up to `sorted` */
    size_t size, sorted;
};

/* The line at which the record of that key came, 0 if it did not, or -ENOMEM. */
int64_t repeats_find(struct repeats *repeats, const struct netboot_record_key *key);
/* -ENOMEM. */
int repeats_add(struct repeats *repeats, const struct netboot_record_key *key, uint64_t line);
void repeats_free(struct repeats *repeats);

#endif
