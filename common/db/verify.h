/* SPDX-License-Identifier: MPL-2.0 */
/* The check of a file's pages before LMDB reads them. */
#ifndef NETBOOT_DB_VERIFY_H
#define NETBOOT_DB_VERIFY_H

#include "db/db.h"
#include "db/lmdb_format.h"

/* Whether the file, of `size` octets, has all pages that the state needs: missing ones have to be in the free list.
 * With `whole`, all pages are checked. */
int verify_state(const struct db_place *place, int fd, const struct lmdb_meta *state, size_t size, bool whole,
                 struct netboot_error *error);

#endif
