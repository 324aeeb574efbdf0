/* SPDX-License-Identifier: MPL-2.0 */
/* The journal for people, between the files that read it only. */
#ifndef NETBOOT_JOURNAL_READ_H
#define NETBOOT_JOURNAL_READ_H

#include "journal/journal.h"

/* A transaction of the journal, opened where it is not yet: db_read_end() ends it. */
int journal_read_begin(struct netboot_store *store, struct db_reader **ret, struct netboot_error *error);

/* Calls `each` with the keys of all machines that have shown the identifier, until it returns non-zero, which is
 * returned. */
int journal_each_key(const struct journal *journal, MDB_txn *txn, const struct netboot_id *id,
                     int (*each)(const struct store_key *, void *user), void *user);

#endif
