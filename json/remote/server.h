/* SPDX-License-Identifier: MPL-2.0 */
/* The server that commands are for, and its store as they see it. */
#ifndef NETBOOT_REMOTE_SERVER_H
#define NETBOOT_REMOTE_SERVER_H

#include "netboot-store.h"

#include <cjson/cJSON.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a server lends to its commands. */
struct remote {
    struct netboot_store *store; /* NULL: it could not be made */
    const char *directory;
    const char *server; /* "kea-dhcp4": who makes the changes */
    enum netboot_family family;
    bool allow_changes;
    bool forwards;         /* changes are netbootd's to make: this server may only read */
    bool journal;          /* the server keeps one */
    uint64_t store_errors; /* replies so far for which nothing could be looked up */
};

/* A view of the store, or why there is none. */
int remote_view(const struct remote *remote, struct netboot_view **ret, struct netboot_error *told);

/* A command that answers from one state of the store. */
typedef int remote_read(struct netboot_view *view, const struct remote *remote, const cJSON *arguments, cJSON **ret,
                        struct netboot_error *told);
int remote_with_view(remote_read *read, const struct remote *remote, const cJSON *arguments, cJSON **ret,
                     struct netboot_error *told);

#ifdef __cplusplus
}
#endif
#endif
