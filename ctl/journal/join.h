/* SPDX-License-Identifier: MPL-2.0 */
/* Whether the server that is asked about is one that joins identifiers: --join-identifiers. */
#ifndef NETBOOTCTL_JOIN_H
#define NETBOOTCTL_JOIN_H

#include "frame/session.h"

enum join { JOIN_NOT_SAID, JOIN_OFF, JOIN_ON };

/* DONE, or MISUSED after saying why. */
int join_option(const struct session *session, enum join *ret);
/* Makes the session's view one of such a server, as the option says; without it, it stays. An exit code. */
int join_view(struct session *session);

#endif
