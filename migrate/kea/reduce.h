/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A configuration reduced to what keama converts rightly: groups resolved into what is in them, global `if` trees made
 * classes, and what neither keama nor Kea has taken out and found. Each statement stands behind its number (`# @N`), so
 * that whatever keama makes of it can be told from where it came.
 */
#ifndef NETBOOTCTL_MIGRATE_REDUCE_H
#define NETBOOTCTL_MIGRATE_REDUCE_H

#include "migrate/base/migration.h"
#include "migrate/dhcpd/option_codes.h"
#include "migrate/dhcpd/statement.h"

/* A host, with what its groups give it; `statements` of the same thing only the innermost. */
struct host {
    const struct statement *statement;
    const struct statement **statements;
    unsigned count;
    unsigned marker;
    const struct statement *subnet; /* that it is written in, or NULL */
};

struct reduction {
    int family;
    struct arena *memory;
    struct findings *findings;
    const struct statement *top;
    struct host *hosts;
    size_t host_count, host_room;
    const struct statement **marked; /* by number */
    size_t mark_count, mark_room;
    unsigned *lines; /* of the reduced text, by number: where the statement is */
    char *text;      /* what keama reads */
    size_t size;
    const struct statement **refused; /* left out from the text */
    size_t refused_count;
    bool without_classes;
    const struct option_definition *definitions; /* the configuration's own */
};

/* Fills text, hosts and marks from `top`. May be called again with more in `refused`. Findings are added the first
 * time. -ENOMEM. */
int reduce(struct reduction *reduction);
void reduction_free(struct reduction *reduction);

/* Whether a statement sets a field of network boot. */
bool is_boot_statement(const struct statement *statement);
/* What may differ in an answer for want of a statement, or of those in its block: enum answer_field. */
unsigned statement_differs(const struct statement *statement);
/* Whose answers those are, as in struct finding; NULL: anybody's. */
const char *statement_whom(const struct statement *statement, struct arena *memory);
/* Says where a finding is, and fills in what it does not say yet: whose answers differ, and in which options. */
void finding_locate(const struct reduction *reduction, const struct statement *statement, struct finding *finding);
/* The innermost scope that begins with the word `kind` and that a statement is in, or NULL. */
const struct statement *statement_scope(const struct statement *statement, const char *kind);

#endif
