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

#include "netboot-store.h"

struct core_options {
    const char *directory;
    const char *operators; /* name of the group that may arm */
    const char *tool;      /* netbootctl, which is run for them */
    uint64_t journal_size; /* octets; 0: the default */
};

/* Runs until a signal ends it: 0, or a negative errno value with a text. */
int core_run(const struct core_options *options, struct netboot_error *error);

#endif
