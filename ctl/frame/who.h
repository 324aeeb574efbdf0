/* SPDX-License-Identifier: MPL-2.0 */
/* Changes of the store, and who makes them: for the history, and for what is armed. */
#ifndef NETBOOTCTL_WHO_H
#define NETBOOTCTL_WHO_H

#include "frame/session.h"

/* The user who typed the command, through sudo, doas or su as well; NULL: not known. Returns `text`. */
const char *who_name(char text[NETBOOT_ONCE_BY_SIZE]);
/* Begins a change of that user's, and says on a terminal whom it waits for. */
int session_change(struct session *session, struct netboot_change **ret);

#endif
