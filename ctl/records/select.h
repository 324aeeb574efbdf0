/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The hosts that a command is about: those named by words and in a file, or all; of these, the ones with the labels and
 * the target asked for. Each host counts once, even if several of its identifiers are named.
 */
#ifndef NETBOOTCTL_SELECT_H
#define NETBOOTCTL_SELECT_H

#include "frame/session.h"
#include "json/record/json.h"

#define SELECT_FROM_FILE(help_)                                                                                        \
    {                                                                                                                  \
        .name = "from-file", .value = "FILE|-", .help = help_, .completion = COMPLETE_INPUT                            \
    }
#define SELECT_YES                                                                                                     \
    {                                                                                                                  \
        .name = "yes", .help = "do not ask, even for more than 100 hosts"                                              \
    }

struct selection {
    const struct session *session;
    const char *label, *target; /* the names of the options that select by them */
    bool is_set;                /* not only words: by label, by target or from a file */
    bool by_property;           /* only those with a label or target */
    struct netboot_id *ids;
    size_t count;
};

enum select_use {
    SELECT_PRESENT, /* hosts must exist and be sound */
    SELECT_DAMAGED, /* hosts must exist; they may be damaged */
    SELECT_ANY      /* hosts need not exist */
};

/* Reads the options and words, and finds the hosts. An exit code: FAILED if there are none, or one does not exist;
 * MISUSED if nothing says which. selection_free() if it is DONE. */
int selection_read(struct session *session, enum select_use use, struct selection *ret);
void selection_free(struct selection *selection);

/* Whether a host has the labels and the target that the options ask for. */
bool selection_wants(const struct selection *selection, const struct netboot_host *host);
/* The options alone, without any host. */
struct selection selection_of(const struct session *session);
/* Asks first if there are many and not all were typed: "host delete: 123 hosts (a, b, ...)". An exit code. */
int selection_confirm(const struct selection *selection);
/* Checks that a host of the selection still has what was asked for; FAILED after saying that it has not. */
int selection_recheck(const struct selection *selection, struct netboot_view *view, const struct netboot_id *id);

#endif
