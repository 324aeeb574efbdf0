/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Boot once: what a DHCP server and a program of people's ask netbootd, which has the armings. docs/boot-once.md has
 * the rules.
 */
#ifndef NETBOOT_ONCE_H
#define NETBOOT_ONCE_H

#include "link/control.h"
#include "link/peer.h"
#include "store/view.h"

/* How the client boots, or -EINVAL for one that does not. */
int once_method(const struct netboot_client *client);

/* ---- serve.c: the packet path */

/* For a boot message of a host that is in `policy`. False: nothing is armed for it, and nothing was done. True: the
 * whole decision is in `ret`, with a ticket where the reply is the once-target's. */
bool once_serve(struct netboot_view *view, struct peer *peer, struct peer_link *link, const struct netboot_query *query,
                const struct netboot_policy *policy, struct netboot_result *ret);
/* Puts the target of an armed host into the policy, without a packet; it lies in `ret_target`. */
void once_peek(struct netboot_view *view, struct netboot_policy *policy, struct netboot_target *ret_target);

/* ---- host.c */

/* The host with that identifier. -ENOENT, -EBADMSG. */
int once_find_host(struct netboot_view *view, const struct netboot_id *id, struct control_host *ret,
                   struct netboot_error *error);
/* The host of a row, without a search. False: it has no identifier, or the store has no id. */
bool once_host_of(struct netboot_view *view, const struct netboot_host *host, struct control_host *ret);
/* Whether the targets store has that host. 1, 0, or a negative errno value: it cannot be told. */
int once_has_host(struct netboot_view *view, const struct control_host *host);
/* The target armed, and whether it can be served at all. */
enum netboot_armed once_find_target(struct netboot_view *view, const char *name, struct netboot_target *ret);

/* ---- list.c: what netbootd knows, as a view of the store sees it */

/* The boot-once of one host. -ENOENT: nothing is armed for it; other codes: netbootd cannot be asked. */
int once_get(struct netboot_view *view, const struct control_host *host, struct netboot_once *ret,
             struct netboot_error *error);
int once_each(struct netboot_view *view,
              int (*each)(const struct control_host *host, const struct netboot_once *once, void *user), void *user,
              struct netboot_error *error);

/* ---- arm.c: with a change of the targets store */

/* -EINVAL: names, numbers or texts of it are out of bounds. */
int once_check_request(const struct netboot_once_request *request, struct netboot_error *error);

struct arming;
int arming_add(struct arming **list, struct netboot_view *view, const struct netboot_id *ids, size_t count,
               const struct netboot_once_request *request, struct netboot_error *error);
/* Checks all of it on what the view shows and hands it to netbootd, which waits for control_do(). `by` does it, where
 * an order does not say who. The connection, or a negative errno value. */
int arming_hand_over(const struct arming *list, struct netboot_view *view, const char *by, unsigned deadline_ms,
                     struct netboot_error *error);
void arming_free(struct arming *list);

#endif
