/* SPDX-License-Identifier: MPL-2.0 */
/* Who calls the program, and with what: for the history, and for what is armed. */
#ifndef NETBOOTCTL_WHO_H
#define NETBOOTCTL_WHO_H

#include "frame/session.h"

/* The user who typed the command, through sudo, doas or su as well; NULL: not known. Returns `text`. */
const char *who_name(char text[NETBOOT_ONCE_BY_SIZE]);
/* The command with its words and options, as it was typed but for quotes; cut to fit. Returns `text`. */
const char *who_command(const struct session *session, char text[NETBOOT_HISTORY_WHAT_SIZE]);

#endif
