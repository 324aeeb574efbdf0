/* SPDX-License-Identifier: MPL-2.0 */
/* `explain ID` by the journal: what happened, and what would happen now. */
#ifndef NETBOOTCTL_EXPLAIN_JOURNAL_H
#define NETBOOTCTL_EXPLAIN_JOURNAL_H

#include "frame/session.h"

/* Whether the command names a machine only, and describes no packet. */
bool explain_journal_wanted(const struct session *session);
/* Shows the machine's last steps, and for each kind of step the reasons and what the machine would get now. An exit
 * code. */
int explain_journal_run(struct session *session);

#endif
