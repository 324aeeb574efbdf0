/* SPDX-License-Identifier: MPL-2.0 */
/* The journal for people: what DHCP servers answered, read from the files that one process writes. */
#ifndef NETBOOT_JOURNAL_H
#define NETBOOT_JOURNAL_H

#include "journal/file.h"

#include <pthread.h>

struct netboot_store;

struct journal {
    const struct netboot_store *store;
    pthread_mutex_t mutex; /* protects all members below */
    struct journal_index index;
    struct journal_file files[JOURNAL_FILES];
    bool damaged[JOURNAL_FILES]; /* it is there, and none of it can be read */
};

void journal_init(struct journal *journal, const struct netboot_store *store);
void journal_fini(struct journal *journal);

/* The key of the machine whose MAC was seen with the client's UUID, where that may be believed. */
bool journal_find_mac(struct journal *journal, const struct netboot_client *client, struct store_key *ret);

/* How it is, by its files. As netboot_journal_status(), to which netbootd's word counts more. */
int journal_read_state(struct netboot_store *store, struct netboot_journal_state *ret, struct netboot_error *error);

/* ---- Between these files only */

/* Locks the mutex, with an index that has all that was written so far. -ENOENT, -EACCES, -ECHILD, ... with a text. */
int journal_begin(struct journal *journal, struct netboot_error *error);
void journal_end(struct journal *journal);

/* Reads an entry, while the mutex is locked. False: it is gone or damaged. */
bool journal_read(const struct journal *journal, const struct journal_item *item, struct journal_row *row,
                  struct entry_record *ret);

#endif
