/* SPDX-License-Identifier: MPL-2.0 */
/* "TABLE list". */
#ifndef NETBOOTCTL_LIST_H
#define NETBOOTCTL_LIST_H

#include "frame/output.h"
#include "frame/session.h"
#include "json/record/record_ref.h"

struct list_rows {
    bool (*wanted)(const struct session *session, const void *record); /* NULL: all records */
    cJSON *(*row)(const struct session *session, const void *record);  /* NULL: record_to_json() */
};

/* Lists the records of a table. */
int list_command(struct session *session, enum table table, const char *what, const struct column *columns,
                 struct list_rows rows);

#endif
