/* SPDX-License-Identifier: MPL-2.0 */
/* Why a client is sent no boot file, and what to do about it. */
#ifndef NETBOOTCTL_REMEDY_H
#define NETBOOTCTL_REMEDY_H

#include "netboot-store.h"

struct remedy {
    enum netboot_finding finding;
    enum netboot_source source;       /* what the finding is about */
    char reason[NETBOOT_REASON_SIZE]; /* as netboot_reason_text() has it */
    char fix[NETBOOT_FILE_SIZE];      /* a command, mostly; "" where none helps */
};

/* Finds among the reasons of a decision without a boot file the one to tell: that of the last source that has a value,
 * else that of the last source that has none. */
void remedy_find(const struct netboot_client *client, const struct netboot_decision *decision, struct remedy *ret);

#endif
