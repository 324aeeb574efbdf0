/* SPDX-License-Identifier: MPL-2.0 */
/* One call of the program: its command, its arguments and the store. */
#ifndef NETBOOTCTL_SESSION_H
#define NETBOOTCTL_SESSION_H

#include "frame/error.h"
#include "frame/options.h"
#include "netboot-store.h"

struct session {
    const char *directory;
    const struct command *command;
    const struct arguments *arguments;
    bool thorough;               /* the command reads everything */
    struct netboot_store *store; /* NULL until it is needed */
    struct netboot_view *view;
};

/* Opens the store, as its owner where root started the program. Negative errno value, and nothing is said. */
int session_open(struct session *session, struct netboot_error *error);
/* Each opens what is not open yet; DONE, or FAILED after saying why. */
int session_store(struct session *session);
int session_view(struct session *session);
/* Before a change that needs the view no longer: it would keep the map from growing. */
void session_view_close(struct session *session);
void session_close(struct session *session);

/* failed_with(), where a reason that begins with the name of an option is told as people type it: "--mac: ...". */
int failed_by_option(const struct session *session, const struct netboot_error *error);

bool session_has(const struct session *session, const char *option);

#endif
