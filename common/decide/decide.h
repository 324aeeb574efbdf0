/* SPDX-License-Identifier: MPL-2.0 */
/* Parts of the decision that other rooms use. */
#ifndef NETBOOT_DECIDE_H
#define NETBOOT_DECIDE_H

#include "netboot-store.h"

/* What a target hands to iPXE; empty where it has no script. */
struct netboot_bytes decide_target_script(const struct netboot_target *target);

/* A decision with this outcome, and nothing else in it. */
void decision_clear(struct netboot_decision *ret, enum netboot_outcome outcome);

#endif
