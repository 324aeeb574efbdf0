/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The history of a store: what a change keeps of the rows that it changes, and who made it.
 *
 * It keeps rows, not records: with every row as it was, the state is as consistent as it was. Rows that follow from
 * others (the ranges of addresses) are not kept but built again.
 */
#ifndef NETBOOT_CHANGE_HISTORY_H
#define NETBOOT_CHANGE_HISTORY_H

#include "change/schema.h"
#include "store/view.h"

#define HISTORY_ENTRIES 1000            /* generations kept at most */
#define HISTORY_SIZE ((size_t)32 << 20) /* octets in the store, of all changes together */

enum { HISTORY_ENTRY = 'e', HISTORY_IMAGES = 'i' };

void key_of_history(struct store_key *ret, uint8_t row, uint64_t generation);

/*
 * An older store has no table for the history until its next change, which another program may make. A change opens it
 * in its own transaction. A view cannot, if the database was opened without the table: the table is then opened at the
 * end of the first view that asked, for later views. Servers never read it.
 */
struct netboot_change;
int history_open(struct netboot_change *change); /* LMDB's code */
/* A row: 0, -ENOENT, or LMDB's code. */
int history_get(struct netboot_view *view, uint8_t row, uint64_t generation, MDB_val *ret);
/* Adds the entry of a change that makes `generation`, and forgets what is too old. LMDB's code. */
int history_put(struct netboot_change *change, uint64_t generation);

#endif
