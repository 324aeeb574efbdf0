/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The commands that a DHCP server offers over its control channel: JSON in, JSON out, over the server's own store.
 * They never wait long, as packets may wait for them: a list comes in pages, and a change gives up on a busy store.
 */
#ifndef NETBOOT_REMOTE_H
#define NETBOOT_REMOTE_H

#include "netboot.h"

#include <cjson/cJSON.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a server lends to its commands. */
struct remote {
    struct netboot_store *store; /* NULL: there was no way to have one */
    const char *directory;
    const char *server; /* "kea-dhcp4": who changes */
    enum netboot_family family;
    bool allow_changes;
    bool journal;          /* the server keeps one */
    uint64_t store_errors; /* replies so far for which nothing could be looked up */
};

enum {
    REMOTE_PAGE_MAX = 500, /* hosts in a page */
    REMOTE_WAIT_MS = 100   /* for another writer */
};

/* The names of the commands, NULL past the last. */
const char *remote_name(unsigned index);

/*
 * Carries out a command. `arguments` is an object, NULL for none. 0, or: -ENODATA: it was done and there is nothing, no
 * such host; -ENOSYS: not offered; anything else: it was not done. `told` gets a line for people in any case.
 * *ret_answer: an object for cJSON_Delete(), or NULL.
 */
int remote_run(const struct remote *remote, const char *name, const cJSON *arguments, cJSON **ret_answer,
               struct netboot_error *told);

#ifdef __cplusplus
}
#endif
#endif
