/* SPDX-License-Identifier: MPL-2.0 */
/* Changes of the store, and who makes them: for the history, and for what is armed. */
#ifndef NETBOOTCTL_WHO_H
#define NETBOOTCTL_WHO_H

#include "frame/person.h"
#include "frame/session.h"

/* Begins a change, which is that user's, and says on a terminal whom it waits for. */
int session_change(struct session *session, struct netboot_change **ret);

#endif
