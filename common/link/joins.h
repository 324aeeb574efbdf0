/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which UUID belongs to which MAC, as far as the journal has seen it: a table that one process writes and DHCP servers
 * read (link/slots.h). Servers that join identifiers look into it for a client that shows no MAC.
 */
#ifndef NETBOOT_LINK_JOINS_H
#define NETBOOT_LINK_JOINS_H

#include "netboot.h"

struct store_key;

#define JOINS_SLOTS 65536

struct joins {
    void *slots;  /* NULL: there are none */
    size_t count; /* the writer's */
    int fd;       /* the writer's; -1: none */
};

/* As those of link/armed.h. */
int joins_create(struct joins *ret, struct netboot_error *error);
/* -ENOSPC: it is full. */
int joins_put(struct joins *joins, const struct store_key *id, const uint8_t mac[NETBOOT_MAC_SIZE]);
bool joins_remove(struct joins *joins, const struct store_key *id);
int joins_open(int fd, struct joins *ret, struct netboot_error *error);
bool joins_find(const struct joins *joins, const struct store_key *id, uint8_t ret[NETBOOT_MAC_SIZE]);
void joins_close(struct joins *joins);

#endif
