/* SPDX-License-Identifier: MPL-2.0 */
/* Which hosts are armed to boot once: a table that one process writes and DHCP servers read (link/slots.h). */
#ifndef NETBOOT_LINK_ARMED_H
#define NETBOOT_LINK_ARMED_H

#include "netboot-store.h"

struct store_key;

#define ARMED_SLOTS 65536
#define ARMED_MOST (ARMED_SLOTS / 4 * 3) /* hosts: fuller, searches become long */
#define ARMED_TOKEN_SIZE 16

/* What is armed for a host. */
struct armed_entry {
    uint8_t token[ARMED_TOKEN_SIZE]; /* of the arming */
    char target[NETBOOT_NAME_MAX + 1];
};

struct armed_set {
    void *slots;  /* NULL: there is none */
    size_t count; /* the writer's */
    int fd;       /* the writer's; -1: none */
};

/* By which a host is found. Never 0. */
uint64_t armed_hash(const struct store_key *key);

/* ---- The writer */

/* Makes an empty set, sealed, in `fd` for others. Negative errno value with a text. */
int armed_create(struct armed_set *ret, struct netboot_error *error);
/* Adds a host, or replaces what is armed for it. -ENOSPC: there are ARMED_MOST; -EINVAL: the target has no valid name.
 */
int armed_put(struct armed_set *set, uint64_t host, const struct armed_entry *entry);
/* Whether the host was there. */
bool armed_remove(struct armed_set *set, uint64_t host);

/* ---- A server */

/* Maps the set behind a file descriptor, which may be closed then. -EPERM: it is not sealed as a set is; -EBADMSG: it
 * has another size or version. */
int armed_open(int fd, struct armed_set *ret, struct netboot_error *error);
/* What is armed for a host. False: nothing. No lock, no system call. */
bool armed_find(const struct armed_set *set, uint64_t host, struct armed_entry *ret);

/* Unmaps it; NULL slots are fine. */
void armed_close(struct armed_set *set);

#endif
