/* SPDX-License-Identifier: MPL-2.0 */
/* Asking before much is changed. */
#ifndef NETBOOTCTL_CONFIRM_H
#define NETBOOTCTL_CONFIRM_H

#include "session.h"

#define CONFIRM_HOSTS 100 /* so many need no question */

/* Whether it is meant to change that many hosts. With --yes and --dry-run it is. On a terminal it is asked, `question`
 * without a question mark; without one it is MISUSED. An exit code, after saying that nothing was changed. */
int confirm(const struct session *session, uint64_t hosts, const char *question);

#endif
