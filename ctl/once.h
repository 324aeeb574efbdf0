/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once, as `host set` and `host done` carry it out and tell it. */
#ifndef NETBOOTCTL_ONCE_H
#define NETBOOTCTL_ONCE_H

#include "boot_once.h"
#include "session.h"

/* For all hosts that the command names, or (--dry-run) only says so. An exit code. */
int once_carry_out(struct session *session, const struct once *once);

#endif
