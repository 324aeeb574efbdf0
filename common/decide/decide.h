/* SPDX-License-Identifier: MPL-2.0 */
/* Parts of the decision that other rooms use. */
#ifndef NETBOOT_DECIDE_H
#define NETBOOT_DECIDE_H

#include "netboot-store.h"

/* The script that iPXE gets for a target; empty: none. */
struct netboot_bytes decide_target_script(const struct netboot_target *target);

/* The index of the identifier that a host goes by, which is the key of its record: the first MAC, by which both
 * families find a host with one look-up; else the first identifier. */
size_t host_primary_id(const struct netboot_host *host);

/* A decision with this outcome, and nothing else. The texts are large: only their first octets are cleared. */
static inline void decision_clear(struct netboot_decision *ret, enum netboot_outcome outcome)
{
    ret->outcome = outcome;
    ret->source = NETBOOT_SOURCE_NONE;
    ret->armed = NETBOOT_ARMED_NONE;
    ret->host_found = ret->has_next_server = ret->vendor_class = ret->own_file_goes = false;
    ret->boot_file_size = 0;
    ret->host[0] = ret->target[0] = ret->site[0] = ret->tftp_server_name[0] = ret->boot_file[0] = '\0';
    ret->reason_count = 0;
}

#endif
