/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the store holds for one client: host, target, site and loader.
 *
 * A client needs four rows: the host's is mostly another one each time; target, site and loader are mostly those of the
 * last packet. So a reader keeps the last ones that it found, decoded, while the store is in the same state: the pages
 * of the newest state do not move. A policy points to them.
 */
#ifndef NETBOOT_STORE_LOOKUP_H
#define NETBOOT_STORE_LOOKUP_H

#include "store/key.h"

/* What a reader found last. */
struct lookup_cache {
    _Alignas(64) size_t transaction; /* of the state that it was found in */
    size_t epoch;                    /* and of the map */
    bool has_target[2], has_site, has_loader;
    uint16_t platform;
    struct netboot_bytes loader;
    struct store_key before, last; /* the range: after `before` (empty: from the first address on), up to `last` */
    struct netboot_site site;
    struct netboot_target target[2]; /* the default, and the last one that a host named */
    struct netboot_target armed;     /* of this packet, as is the host */
    struct netboot_host host;
};

struct netboot_view;

/* Makes an empty policy. */
void lookup_begin(struct netboot_policy *ret);
/* Each adds what it finds: 0, also if it finds nothing; -EBADMSG, or LMDB's code. First the host, by the client's
 * identifiers in the order MAC, UUID, DUID; then the target, site and loader. */
int lookup_host(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret);
int lookup_rest(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret);

#endif
