/* SPDX-License-Identifier: MPL-2.0 */
/* The reduced text as it is written, and what is found on the way. */
#ifndef NETBOOTCTL_MIGRATE_REDUCE_WRITER_H
#define NETBOOTCTL_MIGRATE_REDUCE_WRITER_H

#include "reduce.h"
#include "rules.h"

#include <stdio.h>

struct writer {
    struct reduction *reduction;
    FILE *out;
    unsigned line;
    bool again, no_memory; /* again: the findings are there already */
};

/* Whether keama does not understand a statement. */
bool reduction_refuses(const struct reduction *reduction, const struct statement *statement);

void writer_find(struct writer *writer, const struct statement *statement, const struct rule *rule);
/* A statement that depends on a condition where Kea has none; those of a list. */
void writer_find_condition(struct writer *writer, const struct statement *statement);
void writer_find_conditional(struct writer *writer, const struct statement *list);
void writer_find_computed(struct writer *writer, const struct statement *statement);

void writer_text(struct writer *writer, const char *text);
/* Gives the statement its number. */
unsigned writer_mark(struct writer *writer, const struct statement *statement);
void writer_statement(struct writer *writer, const struct statement *statement);

/* reduce_branches.c: all conditions of a configuration, as classes. */
void writer_branches(struct writer *writer, const struct statement *top);

#endif
