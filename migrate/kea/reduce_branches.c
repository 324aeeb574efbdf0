/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Conditions: each branch of an `if` becomes a class that tests its condition and has its options, named "line-N-M".
 * mend_scopes.c makes them work where they are written: in a subnet, a group, a class or a host.
 */
#include "reduce_words.h"
#include "reduce_writer.h"

#include <stdlib.h>
#include <string.h>

static bool is_scope(const struct statement *statement)
{
    return !statement || (statement->block && !is_conditional(statement));
}

/* What has a place in a class of Kea's that is tested late: options. In a global one, lease times, too. */
static bool is_option(const struct statement *branch, const struct statement *statement)
{
    const struct statement *scope = branch->parent;

    if (is_conditional(statement) || statement->label || is_boot_statement(statement) || rule_find(statement) ||
        is_computed(statement))
        return false;
    while (!is_scope(scope))
        scope = scope->parent;
    return !scope || statement_is(statement, "option") || statement_is(statement, "supersede");
}

static bool has_options(const struct statement *branch)
{
    for (const struct statement *at = branch->child; at; at = at->next)
        if (is_option(branch, at))
            return true;
    return false;
}

/* Set once more behind the conditions that it is under: then that is what counts. */
static bool is_overridden(const struct statement *statement)
{
    for (const struct statement *at = statement; !is_scope(at->parent) || at == statement; at = at->parent) {
        if (at->next && statement_is_set_in(at->next, statement))
            return true;
        if (is_scope(at->parent))
            return false;
    }
    return false;
}

static void write_branches(struct writer *writer, const struct statement *list, const char *condition);

/* What is in a branch and no option of a class. */
static void find_others(struct writer *writer, const struct statement *branch)
{
    for (const struct statement *at = branch->child; at; at = at->next) {
        const struct rule *rule = rule_find(at);
        if (is_conditional(at) || is_boot_statement(at) || is_option(branch, at) ||
            reduction_refuses(writer->reduction, at))
            continue;
        if (rule)
            writer_find(writer, at, rule);
        else if (is_computed(at))
            writer_find_computed(writer, at);
        else
            writer_find_condition(writer, at);
    }
}

static void write_branch(struct writer *writer, const struct statement *branch, const char *condition)
{
    char name[64];

    find_others(writer, branch);
    if (has_options(branch) && !reduction_refuses(writer->reduction, branch)) {
        writer_mark(writer, branch);
        snprintf(name, sizeof(name), "class \"line-%u", branch->line);
        writer_text(writer, name);
        snprintf(name, sizeof(name), "-%zu\" {\nmatch if ", writer->reduction->mark_count);
        writer_text(writer, name);
        writer_text(writer, condition);
        writer_text(writer, ";\n");
        for (const struct statement *at = branch->child; at; at = at->next)
            if (is_option(branch, at) && !is_overridden(at) && !reduction_refuses(writer->reduction, at))
                writer_statement(writer, at);
        writer_text(writer, "}\n");
    }
    write_branches(writer, branch->child, condition);
}

/* All the `if` trees in a list, each under `condition` ("": none). */
static void write_branches(struct writer *writer, const struct statement *list, const char *condition)
{
    char *before = NULL; /* not of the branches before in this tree */

    for (; list; list = list->next) {
        bool first = statement_is(list, "if") && list->block, last = statement_is(list, "else");
        bool more = statement_is(list, "elsif") || statement_is(list, "else if");
        const char *own = statement_rest(list, statement_is(list, "else if") ? 2 : 1, writer->reduction->memory);
        char *whole = NULL, *next = NULL;
        if (statement_is(list, "switch"))
            writer_find_conditional(writer, list->child);
        if (!first && !more && !last)
            continue;
        if (first) {
            free(before);
            before = strdup(condition);
        }
        const char *join = before && before[0] ? " and " : "";
        int made = last && !more ? asprintf(&whole, "%s", before ? before : "")
                                 : asprintf(&whole, "%s%s(%s)", before ? before : "", join, own);
        if (made < 0 || !before || asprintf(&next, "%s%snot (%s)", before, join, own) < 0) {
            writer->no_memory = true;
            break;
        }
        write_branch(writer, list, whole);
        free(whole);
        free(before);
        before = next;
    }
    free(before);
}

/* Those of each scope. */
void writer_branches(struct writer *writer, const struct statement *list)
{
    if (!writer->reduction->without_classes)
        write_branches(writer, list, "");
    else
        writer_find_conditional(writer, list);
    for (; list; list = list->next)
        if (list->block && !is_conditional(list))
            writer_branches(writer, list->child);
}
