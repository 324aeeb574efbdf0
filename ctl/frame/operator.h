/* SPDX-License-Identifier: MPL-2.0 */
/* Commands for people who may not write the store, and whom netbootd lets change hosts all the same. */
#ifndef NETBOOTCTL_OPERATOR_H
#define NETBOOTCTL_OPERATOR_H

#include "frame/command.h"

/* Whether this user may not write the store himself, and netbootd of it runs. */
bool operator_is(const struct session *session);
/* Has netbootd run the command: its exit code. */
int operator_run(const struct session *session, int count, char **values);

#endif
