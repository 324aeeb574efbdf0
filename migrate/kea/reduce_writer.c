/* SPDX-License-Identifier: MPL-2.0 */
/* The reduced text as it is written, and what is found on the way. */
#include "reduce_writer.h"

#include "reduce_words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool reduction_refuses(const struct reduction *reduction, const struct statement *statement)
{
    for (size_t i = 0; i < reduction->refused_count; i++)
        if (reduction->refused[i] == statement)
            return true;
    return false;
}

/* ---- Findings --------------------------------------------------------------------------------------------------- */

static bool is_mentioned(const struct statement *list, const char *name, const struct statement *but)
{
    for (; list; list = list->next)
        if ((list != but && strstr(list->text, name)) || is_mentioned(list->child, name, but))
            return true;
    return false;
}

/* A variable that nothing reads; a key that only OMAPI has, of which there is a finding. */
static bool is_needless(const struct reduction *reduction, const struct statement *statement)
{
    if (statement_is(statement, "set"))
        return !is_mentioned(reduction->top, statement_word(statement, 1), statement);
    if (!statement_is(statement, "key"))
        return false;
    for (const struct statement *at = reduction->top; at; at = at->next)
        if (statement_is(at, "omapi-key") && strcmp(statement_word(at, 1), statement_word(statement, 1)) == 0)
            return true;
    return false;
}

/* Of a rule that is about any option, only what this one is. */
static unsigned statement_or_all(const struct statement *statement, const struct rule *rule)
{
    return rule->differs & ANSWER_OPTIONS && rule->differs & ANSWER_DNS ? statement_differs(statement) : ~0U;
}

void writer_find(struct writer *writer, const struct statement *statement, const struct rule *rule)
{
    struct finding finding = {.severity = rule->severity,
                              .why = rule->why,
                              .fix = rule->fix,
                              .differs = rule->differs & statement_or_all(statement, rule)};

    finding_locate(writer->reduction, statement, &finding);
    if (!writer->again && !rule->silent && !is_needless(writer->reduction, statement))
        findings_add(writer->reduction->findings, &finding);
}

void writer_find_condition(struct writer *writer, const struct statement *statement)
{
    static const struct rule rule = {
        .severity = FINDING_PERSON,
        .why = "it is under a condition, for which Kea has classes only",
        .fix = "write a client class with the condition as \"test\", \"only-if-required\": true and this in it, and "
               "name it in \"require-client-classes\" where it applies",
        .differs = ANSWER_OPTIONS | ANSWER_ROUTERS | ANSWER_DNS | ANSWER_LEASE_TIME,
    };

    if (!is_boot_statement(statement) && !statement_is(statement, "break") && !statement->label)
        writer_find(writer, statement, &rule);
}

void writer_find_conditional(struct writer *writer, const struct statement *list)
{
    for (const struct statement *at = list; at; at = at->next) {
        const struct rule *known = rule_find(at);
        if (is_conditional(at))
            writer_find_conditional(writer, at->child);
        else if (known)
            writer_find(writer, at, known);
        else
            writer_find_condition(writer, at);
    }
}

void writer_find_computed(struct writer *writer, const struct statement *statement)
{
    static const struct rule rule = {
        .severity = FINDING_PERSON,
        .why = "its value is computed for each client; Kea's options are constant without libdhcp_flex_option.so",
        .fix = "load libdhcp_flex_option.so with a \"supersede\" expression for this option",
        .differs = ANSWER_OPTIONS | ANSWER_ROUTERS | ANSWER_DNS | ANSWER_LEASE_TIME,
    };

    if (!is_boot_statement(statement))
        writer_find(writer, statement, &rule);
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

void writer_text(struct writer *writer, const char *text)
{
    for (const char *at = text; *at; at++)
        writer->line += *at == '\n';
    fputs(text, writer->out);
}

/* Gives the statement its number. */
unsigned writer_mark(struct writer *writer, const struct statement *statement)
{
    struct reduction *reduction = writer->reduction;
    char text[32];

    if (reduction->mark_count == reduction->mark_room) {
        size_t room = reduction->mark_room ? reduction->mark_room * 2 : 1024;
        const struct statement **marked = reallocarray(reduction->marked, room, sizeof(*marked));
        if (marked)
            reduction->marked = marked;
        unsigned *lines = reallocarray(reduction->lines, room, sizeof(*lines));
        if (lines)
            reduction->lines = lines;
        if (!marked || !lines) {
            writer->no_memory = true;
            return 0;
        }
        reduction->mark_room = room;
    }
    unsigned number = (unsigned)reduction->mark_count++;
    snprintf(text, sizeof(text), "# @%u\n", number);
    writer_text(writer, text);
    reduction->marked[number] = statement;
    reduction->lines[number] = writer->line;
    return number;
}

void writer_statement(struct writer *writer, const struct statement *statement)
{
    bool option = statement_is(statement, "option"), supersede = statement_is(statement, "supersede");

    writer_mark(writer, statement);
    if (is_constant(statement) && strcmp(statement_word(statement, option || supersede ? 2 : 1), "=") == 0) {
        /* The sign is for values that are computed; keama takes them for such. */
        writer_text(writer, option || supersede ? "option " : "");
        writer_text(writer, statement_word(statement, option || supersede ? 1 : 0));
        writer_text(writer, " ");
        writer_text(writer, statement_word(statement, statement->word_count - 1));
    } else {
        writer_text(writer, statement->text);
    }
    writer_text(writer, ";\n");
}
