/* SPDX-License-Identifier: MPL-2.0 */
/*
 * netbootd's core: the one process that knows how far each boot has come. A loop without threads, in which nothing
 * waits but for the disk, when a mark has to be on it.
 *
 *     servers.c   DHCP servers: what they are handed, their questions, their hang-ups
 *     control.c   people and their programs: arming, disarming, done; what is armed
 *     run.c       a command of netbootctl's for them, as netbootd's user
 *     core.c      the loop, and what is done now and then
 */
#ifndef NETBOOTD_CORE_H
#define NETBOOTD_CORE_H

#include "core/loop.h"
#include "link/armed.h"
#include "once/book.h"

#include <sys/types.h>

struct server;

struct core {
    const char *directory;
    struct loop loop;
    struct armed_set armed;
    struct book *book;
    struct netboot_store *store; /* whose hosts there are */
    struct watch servers_door, control_door, signals;
    struct server *servers;
    unsigned server_count, connection_count;
    uid_t owner;
    gid_t members, operators; /* (gid_t)-1: there is no such group */
    const char *tool;         /* netbootctl */
    bool stop;
};

struct core_options {
    const char *directory;
    const char *operators; /* name of the group that may arm */
    const char *tool;      /* netbootctl, which is run for them */
};

/* Runs until a signal ends it: 0, or a negative errno value with a text. */
int core_run(const struct core_options *options, struct netboot_error *error);

/* ---- Between these files only */

int servers_open(struct core *core, struct netboot_error *error);
void servers_close(struct core *core);
/* Answers what was asked in this round. */
void servers_settle(struct core *core);
/* Connections that never said who they are. */
void servers_expire(struct core *core);
/* A server that is connected, for people. */
struct server_facts {
    const char *name;
    pid_t pid;
    uint64_t generation, since;
};
void servers_each(const struct core *core, void (*each)(const struct server_facts *facts, void *user), void *user);

/* Starts netbootctl with words, each ended by a NUL, for somebody. Its process, or a negative errno value with a text.
 */
pid_t run_start(const struct core *core, const char *words, size_t size, const char *person, int out, int err,
                struct netboot_error *error);
/* A child of this process ended. */
void control_child_ended(pid_t child, int status);

int control_door_open(struct core *core, struct netboot_error *error);
void control_door_close(struct core *core);

/* A line for the log, at most so many a second. */
__attribute__((format(printf, 1, 2))) void core_log(const char *format, ...);

#endif
