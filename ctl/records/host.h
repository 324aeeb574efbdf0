/* SPDX-License-Identifier: MPL-2.0 */
/* The commands on hosts that have a file of their own. */
#ifndef NETBOOTCTL_HOST_H
#define NETBOOTCTL_HOST_H

#include "frame/session.h"

int host_list(struct session *session);
int host_done(struct session *session); /* once.c */

#endif
