/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Boot once: the state machine, pure. docs/boot-once.md has it as tables, with the reasons.
 *
 *     record of the host's arming + event + time -> what to serve, the new record, and how it must be written
 *
 * Nothing here reads a clock, a file or a packet. book.c keeps the records.
 */
#ifndef NETBOOT_ONCE_MACHINE_H
#define NETBOOT_ONCE_MACHINE_H

#include "once/boot.h"

/* Whether a packet needs a step at all: nothing can be served or changed any more. */
bool once_is_over(const struct once_record *record);

void once_step(const struct once_record *record, const struct once_event *event, const struct once_time *now,
               struct once_step *ret);

enum netboot_once_state once_state(const struct once_record *record, uint64_t wall);

#endif
