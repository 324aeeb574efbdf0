/* SPDX-License-Identifier: MPL-2.0 */
/* What is armed and has still to be booted. */
#ifndef NETBOOTCTL_PENDING_H
#define NETBOOTCTL_PENDING_H

#include "netboot-store.h"

/* Whether the host has something armed that is still to be booted; `ret` says what, where it has. */
bool pending_find(struct netboot_view *view, const struct netboot_host *host, struct netboot_once *ret);
/* How many hosts have; 0 too where netbootd cannot be asked. */
uint64_t pending_count(struct netboot_view *view);

#endif
