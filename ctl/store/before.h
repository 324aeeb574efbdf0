/* SPDX-License-Identifier: MPL-2.0 */
/* What DHCP servers wrote before there was netbootd: DIR/state and DIR/journal as databases of LMDB. */
#ifndef NETBOOTCTL_BEFORE_H
#define NETBOOTCTL_BEFORE_H

#include "frame/session.h"

/* Puts both aside, as state.old and journal.old, so that a server which was not restarted has nothing armed any more;
 * prints what was armed, as the commands that arm it anew. DONE, or FAILED after saying why. */
int before_put_aside(struct session *session);

#endif
