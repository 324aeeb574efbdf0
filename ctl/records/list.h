/* SPDX-License-Identifier: MPL-2.0 */
/* "TABLE list". */
#ifndef NETBOOTCTL_LIST_H
#define NETBOOTCTL_LIST_H

#include "output.h"
#include "session.h"
#include "table.h"

/* Lists the records of a table that `wanted` takes (NULL: all). */
int list_command(struct session *session, enum table table, const char *what, const struct column *columns,
                 bool (*wanted)(const struct session *session, const void *record));

#endif
