/* SPDX-License-Identifier: MPL-2.0 */
/* What netboot_store_open() makes: the targets store, the journal, and a server's thread and side of netbootd. */
#ifndef NETBOOT_HANDLE_H
#define NETBOOT_HANDLE_H

#include "base/worker.h"
#include "journal/journal.h"
#include "link/peer.h"
#include "store/store.h"

struct handle {
    struct netboot_store store; /* first: callers have its address */
    bool connects;              /* to netbootd: a server's, but not netbootd's own */
    struct peer peer;           /* of a server */
    struct journal journal;
    struct worker worker;              /* of a server */
    char server[NETBOOT_ONCE_BY_SIZE]; /* its name */
    uint64_t told, told_ms;            /* of what was lost for the journal: as much as a log knows of, and since when */
};

static inline struct handle *handle_of(struct netboot_store *store)
{
    return (struct handle *)store;
}

/* netboot_store_open(), also for netbootd itself, which is nobody's peer. */
int handle_open(const char *directory, const struct netboot_store_options *options, bool with_peer,
                struct netboot_store **ret, struct netboot_error *error);

/* ---- note.c */

/* What was answered, for the journal; without a link there is none. */
void journal_note(struct netboot_store *store, struct peer_link *link, const struct netboot_query *query,
                  const struct netboot_result *result);
/* For the events of the journal, from time to time. */
void journal_tell(struct netboot_store *store, uint64_t now_ms);

/* ---- follow.c */

/* Starts the thread that opens the store as soon as it can, and again after it was replaced. */
int follow_start(struct handle *handle, struct netboot_error *error);

#endif
