/* SPDX-License-Identifier: MPL-2.0 */
/* The half of `explain ID` that is about what happened: by the journal, and what it would be now. */
#ifndef NETBOOTCTL_EXPLAIN_JOURNAL_H
#define NETBOOTCTL_EXPLAIN_JOURNAL_H

#include "frame/session.h"

/* Whether only a machine is named, and nothing of what it would ask as. */
bool explain_journal_wanted(const struct session *session);
/* Shows its last steps, and for each kind of them why, and what it would get now. An exit code. */
int explain_journal_run(struct session *session);

#endif
