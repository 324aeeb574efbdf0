/* SPDX-License-Identifier: MPL-2.0 */
/* --join-identifiers: whether to answer as a server that joins identifiers. */
#ifndef NETBOOTCTL_JOIN_H
#define NETBOOTCTL_JOIN_H

#include "frame/session.h"

enum join { JOIN_NOT_SAID, JOIN_OFF, JOIN_ON };

/* DONE, or MISUSED after saying why. */
int join_option(const struct session *session, enum join *ret);
/* Makes the session's view join identifiers or not, as the option says; without it, the view stays. An exit code. */
int join_view(struct session *session);

#endif
