/* SPDX-License-Identifier: MPL-2.0 */
/* The DHCP servers that are connected. */
#ifndef NETBOOTD_SERVERS_H
#define NETBOOTD_SERVERS_H

#include "core/state.h"

int servers_open(struct core *core, struct netboot_error *error);
void servers_close(struct core *core);
/* Answers what was asked in this round. */
void servers_settle(struct core *core);
/* Takes what their rings have for the journal, a batch of each. True: there is more. */
bool servers_drain(struct core *core);
/* A few times a second: the journal's files are looked after. */
void servers_tick(struct core *core);
/* Connections that never said who they are. */
void servers_expire(void);

/* A server that is connected, for people. */
struct server_facts {
    const char *name;
    pid_t pid;
    uint64_t generation, since;
};
void servers_each(const struct core *core, void (*each)(const struct server_facts *facts, void *user), void *user);

#endif
