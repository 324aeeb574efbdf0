/* SPDX-License-Identifier: MPL-2.0 */
/* The command "KIND list". */
#ifndef NETBOOTCTL_LIST_H
#define NETBOOTCTL_LIST_H

#include "frame/output.h"
#include "frame/session.h"
#include "json/record/json.h"

struct list_rows {
    bool (*wanted)(const struct session *session, const struct netboot_record *record); /* NULL: all records */
    cJSON *(*row)(const struct session *session, const struct netboot_record *record);  /* NULL: record_to_json() */
};

/* Lists the records of a kind. */
int list_command(struct session *session, enum netboot_record_kind kind, const char *what, const struct column *columns,
                 struct list_rows rows);

#endif
