/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once: the options of `host set` that arm, and what is shown of it. */
#ifndef NETBOOTCTL_ONCE_H
#define NETBOOTCTL_ONCE_H

#include "session.h"

#include <cjson/cJSON.h>

enum once_action { ONCE_NOTHING, ONCE_ARM, ONCE_DISARM, ONCE_REPORT };

struct once {
    enum once_action action;
    struct netboot_once_request request;
};

/* Reads --once, --until-done, --expires, --tries, --window and --no-once. An exit code. */
int once_read(const struct session *session, struct once *ret);
/* Whether it can be done, before anything else is. */
int once_check(const struct session *session, struct netboot_view *view, const struct once *once);
/* For all hosts that the command names, or (--dry-run) only says so. */
int once_carry_out(struct session *session, const struct once *once);

/* Adds `once` to a host that has one. 0, or negative with a text. */
int once_show(const struct session *session, const struct netboot_id *id, cJSON *host, struct netboot_error *error);
/* Adds how many hosts are in which state, if any is. */
bool once_counts_show(const struct session *session, cJSON *status);

#endif
