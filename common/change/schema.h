/* SPDX-License-Identifier: MPL-2.0 */
/* The record of an entry of the history. */
#ifndef NETBOOT_CHANGE_SCHEMA_H
#define NETBOOT_CHANGE_SCHEMA_H

#include "record/record.h"

struct history_record {
    uint64_t when, hosts, others;
    struct netboot_bytes by, what;
};

extern const struct record_type record_history;

#endif
