/* SPDX-License-Identifier: MPL-2.0 */
#ifndef NETBOOTCTL_CHAIN_MACHINE_H
#define NETBOOTCTL_CHAIN_MACHINE_H

#include "chain.h"
#include "json/record/json.h"

#define PLATFORMS_MAX 64
struct platforms {
    unsigned count;
    uint16_t numbers[PLATFORMS_MAX];
};

/* Finds the platforms of the machine, and addresses that are not known yet. An exit code. */
int machine_find(struct chain *chain, struct platforms *ret);

#endif
