/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The history of a store: what a change keeps of the rows that it changes, and who made it.
 *
 * It keeps rows, not records: with every row as it was, the state is consistent as it was. Rows that follow from others
 * (the ranges of addresses) are not kept but built again.
 */
#ifndef NETBOOT_HISTORY_H
#define NETBOOT_HISTORY_H

#include "store/view.h"

#define HISTORY_ENTRIES 1000                 /* generations kept at most */
#define HISTORY_SIZE ((size_t)32 << 20)      /* octets in the store, of all changes together */
#define HISTORY_CHANGE_MAX ((size_t)8 << 20) /* of one change; a larger change is not kept */

enum { HISTORY_ENTRY = 'e', HISTORY_IMAGES = 'i' };

/*
 * Rows as they were before a change, one behind the other, the first change of a row first:
 *
 *     octet of the table ('h', 'p'), octet of the key's size, 4 octets of the value's size (all ones: there was no such
 *     row), key, value
 */
struct images {
    uint8_t *octets;
    size_t size, room;
    bool too_large; /* no more is kept */
};

#define IMAGE_ABSENT UINT32_MAX

struct image {
    unsigned table;
    bool present;
    struct store_key key;
    struct netboot_bytes value;
};

/* Keeps a row (`value` NULL: there is none). */
void images_add(struct images *images, unsigned table, const struct store_key *key, const MDB_val *value);
/* Takes the first image off `rest`. False: there is none, or it is malformed (then `rest` is not empty). */
bool images_take(struct netboot_bytes *rest, struct image *ret);
void images_free(struct images *images);

/* An entry as it is stored. */
struct history_record {
    uint64_t when, hosts, others;
    struct netboot_bytes by, what;
};

extern const struct record_type record_history;

void key_of_history(struct store_key *ret, uint8_t row, uint64_t generation);

/*
 * An older store has no table for the history until its next change, which another program may make. A change opens it
 * in its own transaction. A view cannot, where its store was opened without the table: the table is opened for later
 * views at the end of the first one that asked. Servers never read it.
 */
struct netboot_change;
int history_open(struct netboot_change *change); /* LMDB's code */
/* A row: 0, -ENOENT, or what LMDB says. */
int history_get(struct netboot_view *view, uint8_t row, uint64_t generation, MDB_val *ret);
/* Adds the entry of a change that makes `generation`, and forgets what is too old. LMDB's code. */
int history_put(struct netboot_change *change, uint64_t generation);

#endif
