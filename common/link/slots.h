/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A table of entries in memory that one process writes and DHCP servers read.
 *
 * A memfd of fixed size: a page with a header, then slots. The writer seals it, so that it can be neither cut short nor
 * written by anybody else, and hands it to servers. A server checks the seals before it maps it: then no access to it
 * can end the server, and nothing that it reads there is believed without a look.
 *
 * A slot has a sequence number that is odd while it is written, and a check over the rest. The slot of an entry is
 * found from a hash of what it is about: the first free slot behind the place that the hash names ends the search.
 * Whoever reads waits for nobody: a slot that does not hold still has no entry.
 */
#ifndef NETBOOT_LINK_SLOTS_H
#define NETBOOT_LINK_SLOTS_H

#include "netboot.h"

struct store_key;

/* What a table is of. Its slots and the words of an entry are in the layout of the memory. */
struct slots_type {
    const char *name; /* of the memfd */
    const char *what; /* as messages call it */
    uint64_t magic;
    size_t slots; /* a power of two */
    size_t words; /* of eight octets, an entry's; at most SLOTS_WORDS_MOST */
};

#define SLOTS_WORDS_MOST 18
#define SLOTS_MOST(slots) ((slots) / 4 * 3) /* entries: fuller, searches become long */

/* By which an entry is found. Never 0. */
uint64_t slots_hash(const struct store_key *key);

/* ---- The writer, who keeps the number of entries */

/* Makes an empty table, sealed. Negative errno value with a text. */
int slots_create(const struct slots_type *type, void **ret, int *ret_fd, struct netboot_error *error);
/* Adds an entry, or replaces it. -ENOSPC: there are SLOTS_MOST. */
int slots_put(const struct slots_type *type, void *slots, size_t *count, uint64_t hash, const uint64_t *entry);
/* Whether it was there. */
bool slots_remove(const struct slots_type *type, void *slots, size_t *count, uint64_t hash);

/* ---- A server */

/* Maps the table behind a file descriptor, which may be closed then. -EPERM: it is not sealed as a table is; -EBADMSG:
 * it has another size or version. */
int slots_open(const struct slots_type *type, int fd, void **ret, struct netboot_error *error);
/* False: there is no such entry. No lock, no system call. */
bool slots_find(const struct slots_type *type, void *slots, uint64_t hash, uint64_t *ret);

/* Unmaps it; NULL is fine. */
void slots_close(const struct slots_type *type, void *slots);

#endif
