/* SPDX-License-Identifier: MPL-2.0 */
/* Memory that is given back all at once: where the values of a record live while the record is made. */
#ifndef NETBOOT_MEMORY_H
#define NETBOOT_MEMORY_H

#include "netboot.h"

struct arena {
    struct arena_block *block; /* the one in use; the others are linked to it */
};

/* Zero-initialised is empty. NULL: out of memory. */
void *arena_take(struct arena *memory, size_t size);
/* A copy that lives as long as the arena; empty bytes with data NULL when out of memory. */
struct netboot_bytes arena_copy(struct arena *memory, const void *data, size_t size);
/* Forgets what was taken and keeps the room for the next record. */
void arena_reset(struct arena *memory);
void arena_free(struct arena *memory);

#endif
