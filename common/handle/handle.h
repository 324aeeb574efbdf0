/* SPDX-License-Identifier: MPL-2.0 */
/* What netboot_store_open() makes: the targets store, boot once and the journal, and a server's thread. */
#ifndef NETBOOT_HANDLE_H
#define NETBOOT_HANDLE_H

#include "base/worker.h"
#include "journal/journal.h"
#include "once/once.h"
#include "store/store.h"

struct handle {
    struct netboot_store store; /* first: callers have its address */
    struct once_store once;
    struct journal journal;
    struct worker worker; /* of a server */
};

static inline struct handle *handle_of(struct netboot_store *store)
{
    return (struct handle *)store;
}

/* Starts the thread that opens the store as soon as it can, and again after it was replaced. */
int follow_start(struct handle *handle, struct netboot_error *error);

#endif
