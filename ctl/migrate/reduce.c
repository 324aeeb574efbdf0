/* SPDX-License-Identifier: MPL-2.0 */
#include "reduce.h"

#include "reduce_words.h"
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A group and those that it is in: innermost first. */
struct chain {
    const struct statement *group;
    const struct chain *up;
};

struct writer {
    struct reduction *reduction;
    FILE *out;
    unsigned line;
    bool again, no_memory; /* again: the findings are there already */
};

static bool is_refused(const struct reduction *reduction, const struct statement *statement)
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

static void find(struct writer *writer, const struct statement *statement, const struct rule *rule)
{
    struct finding finding = {.severity = rule->severity,
                              .why = rule->why,
                              .fix = rule->fix,
                              .differs = rule->differs & statement_or_all(statement, rule)};

    finding_locate(writer->reduction, statement, &finding);
    if (!writer->again && !rule->silent && !is_needless(writer->reduction, statement))
        findings_add(writer->reduction->findings, &finding);
}

/* Statements that depend on a condition where Kea has none. */
static void find_conditional(struct writer *writer, const struct statement *list)
{
    static const struct rule rule = {
        .severity = FINDING_PERSON,
        .why = "it is under a condition, for which Kea has classes only",
        .fix = "write a client class with the condition as \"test\", \"only-if-required\": true and this in it, and "
               "name it in \"require-client-classes\" where it applies",
        .differs = ANSWER_OPTIONS | ANSWER_ROUTERS | ANSWER_DNS | ANSWER_LEASE_TIME,
    };

    for (const struct statement *at = list; at; at = at->next) {
        const struct rule *known = rule_find(at);
        if (is_conditional(at))
            find_conditional(writer, at->child);
        else if (known)
            find(writer, at, known);
        else if (!is_boot_statement(at) && !statement_is(at, "break") && !at->label)
            find(writer, at, &rule);
    }
}

static void find_computed(struct writer *writer, const struct statement *statement)
{
    static const struct rule rule = {
        .severity = FINDING_PERSON,
        .why = "its value is computed for each client; Kea's options are constant without libdhcp_flex_option.so",
        .fix = "load libdhcp_flex_option.so with a \"supersede\" expression for this option",
        .differs = ANSWER_OPTIONS | ANSWER_ROUTERS | ANSWER_DNS | ANSWER_LEASE_TIME,
    };

    if (!is_boot_statement(statement))
        find(writer, statement, &rule);
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void write_text(struct writer *writer, const char *text)
{
    for (const char *at = text; *at; at++)
        writer->line += *at == '\n';
    fputs(text, writer->out);
}

/* Gives the statement its number. */
static unsigned mark(struct writer *writer, const struct statement *statement)
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
    write_text(writer, text);
    reduction->marked[number] = statement;
    reduction->lines[number] = writer->line;
    return number;
}

static void write_statement(struct writer *writer, const struct statement *statement)
{
    bool option = statement_is(statement, "option"), supersede = statement_is(statement, "supersede");

    mark(writer, statement);
    if (is_constant(statement) && strcmp(statement_word(statement, option || supersede ? 2 : 1), "=") == 0) {
        /* The sign is for values that are computed; keama takes them for such. */
        write_text(writer, option || supersede ? "option " : "");
        write_text(writer, statement_word(statement, option || supersede ? 1 : 0));
        write_text(writer, " ");
        write_text(writer, statement_word(statement, statement->word_count - 1));
    } else {
        write_text(writer, statement->text);
    }
    write_text(writer, ";\n");
}

static void walk(struct writer *writer, const struct statement *list, const struct chain *chain);

/* Whether both set the same thing: the later one is what counts. */
static bool is_same_thing(const struct statement *one, const struct statement *other)
{
    bool option = statement_is(one, "option");

    if (one->block || other->block || strcasecmp(statement_word(one, 0), statement_word(other, 0)) != 0)
        return false;
    return !option || strcasecmp(statement_word(one, 1), statement_word(other, 1)) == 0;
}

static bool is_set_in(const struct statement *list, const struct statement *statement)
{
    for (; list; list = list->next)
        if (is_same_thing(list, statement))
            return true;
    return false;
}

static bool is_plain(const struct statement *statement)
{
    return !statement->block && !rule_find(statement) && !is_computed(statement) &&
           strcasecmp(statement_word(statement, 2), "code") != 0;
}

/* What groups give to something that is in them, unless it or an inner group sets the same. */
static void write_inherited(struct writer *writer, const struct statement *statement, const struct chain *chain)
{
    const struct statement *inner = statement->child;
    bool option_scope = !statement_is(statement, "shared-network");

    for (const struct chain *at = chain; at; at = at->up)
        for (const struct statement *given = at->group->child; given; given = given->next) {
            bool overridden = is_set_in(inner, given);
            for (const struct chain *nearer = chain; nearer != at; nearer = nearer->up)
                overridden = overridden || is_set_in(nearer->group->child, given);
            bool misplaced = is_boot_field(given) && !option_scope; /* keama would make it global */
            if (!overridden && !misplaced && is_plain(given) && !is_refused(writer->reduction, given))
                write_statement(writer, given);
        }
}

static void write_network(struct writer *writer, const struct statement *statement, const struct chain *chain)
{
    mark(writer, statement);
    write_text(writer, statement->text);
    write_text(writer, " {\n");
    write_inherited(writer, statement, chain);
    walk(writer, statement->child, NULL);
    write_text(writer, "}\n");
}

/* ---- Hosts ------------------------------------------------------------------------------------------------------ */

static struct host *host_new(struct reduction *reduction)
{
    if (reduction->host_count == reduction->host_room) {
        size_t room = reduction->host_room ? reduction->host_room * 2 : 256;
        struct host *hosts = reallocarray(reduction->hosts, room, sizeof(*hosts));
        if (!hosts)
            return NULL;
        reduction->hosts = hosts;
        reduction->host_room = room;
    }
    return &reduction->hosts[reduction->host_count];
}

static bool host_fill(struct host *host, struct memory *memory, const struct chain *chain)
{
    unsigned most = 0;

    for (const struct statement *at = host->statement->child; at; at = at->next)
        most++;
    for (const struct chain *up = chain; up; up = up->up)
        for (const struct statement *at = up->group->child; at; at = at->next)
            most++;
    host->statements = memory_take(memory, (most + 1) * sizeof(struct statement *));
    if (!host->statements)
        return false;
    for (const struct statement *at = host->statement->child; at; at = at->next)
        if (!at->next || !is_set_in(at->next, at))
            host->statements[host->count++] = at;
    for (const struct chain *up = chain; up; up = up->up)
        for (const struct statement *at = up->group->child; at; at = at->next) {
            bool overridden = !is_plain(at);
            for (unsigned i = 0; i < host->count && !overridden; i++)
                overridden = is_same_thing(host->statements[i], at);
            if (!overridden)
                host->statements[host->count++] = at;
        }
    return true;
}

static void write_host(struct writer *writer, const struct statement *statement, const struct chain *chain)
{
    struct reduction *reduction = writer->reduction;
    struct host *host = host_new(reduction);
    char text[64];

    if (host)
        *host = (struct host){.statement = statement, .subnet = statement_scope(statement, "subnet")};
    if (!host || !host_fill(host, reduction->memory, chain)) {
        writer->no_memory = true;
        return;
    }
    reduction->host_count++;
    host->marker = mark(writer, statement);
    snprintf(text, sizeof(text), "host h%u {\n", host->marker);
    write_text(writer, text);
    for (unsigned i = 0; i < host->count; i++) {
        const struct statement *at = host->statements[i];
        const struct rule *rule = rule_find(at);
        if (is_refused(reduction, at) || is_identity(at))
            continue;
        if (is_conditional(at))
            find_conditional(writer, at->child);
        else if (rule)
            find(writer, at, rule);
        else if (is_computed(at))
            find_computed(writer, at);
        else if (!at->block)
            write_statement(writer, at);
    }
    write_text(writer, "}\n");
}

/* ---- Conditions ------------------------------------------------------------------------------------------------- */

static bool has_options(const struct statement *list)
{
    for (; list; list = list->next)
        if (!is_conditional(list) && !is_boot_statement(list) && !rule_find(list) && !is_computed(list))
            return true;
    return false;
}

static void write_branches(struct writer *writer, const struct statement *list, const char *condition);

/* One branch of a global `if` as a class: a class's options come after the global ones and before a subnet's, too. */
static void write_branch(struct writer *writer, const struct statement *branch, const char *condition)
{
    char name[64];

    if (has_options(branch->child) && !is_refused(writer->reduction, branch)) {
        mark(writer, branch);
        snprintf(name, sizeof(name), "class \"line-%u", branch->line);
        write_text(writer, name);
        snprintf(name, sizeof(name), "-%zu\" {\nmatch if ", writer->reduction->mark_count);
        write_text(writer, name);
        write_text(writer, condition);
        write_text(writer, ";\n");
        for (const struct statement *at = branch->child; at; at = at->next) {
            const struct rule *rule = rule_find(at);
            if (is_conditional(at) || is_boot_statement(at) || is_refused(writer->reduction, at))
                continue;
            if (rule)
                find(writer, at, rule);
            else if (is_computed(at))
                find_computed(writer, at);
            else
                write_statement(writer, at);
        }
        write_text(writer, "}\n");
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
            find_conditional(writer, list->child);
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

/* ---- Classes ---------------------------------------------------------------------------------------------------- */

/* keama never returns from this one; what hosts are named by is their hardware address. */
static bool is_client_or_hardware(const struct statement *match)
{
    return statement_is(match, "match pick-first-value") && match->word_count == 8 &&
           strstr(match->text, "dhcp-client-identifier") && strstr(match->text, "hardware");
}

static void write_match(struct writer *writer, const struct statement *match)
{
    static const struct rule rule = {
        .severity = FINDING_CHANGED,
        .why = "the class goes by the hardware address now, also for clients that send another client identifier, as "
               "UEFI firmware does",
    };

    if (!is_client_or_hardware(match)) {
        write_statement(writer, match);
        return;
    }
    find(writer, match, &rule);
    mark(writer, match);
    write_text(writer, "match hardware;\n");
}

static void write_class(struct writer *writer, const struct statement *statement)
{
    if (writer->reduction->without_classes)
        return;
    mark(writer, statement);
    write_text(writer, statement->text);
    if (!statement->block) {
        write_text(writer, ";\n");
        return;
    }
    write_text(writer, " {\n");
    for (const struct statement *at = statement->child; at; at = at->next) {
        const struct rule *rule = rule_find(at);
        if (is_refused(writer->reduction, at))
            continue;
        if (statement_is(at, "match"))
            write_match(writer, at);
        else if (is_conditional(at))
            find_conditional(writer, at->child);
        else if (rule)
            find(writer, at, rule);
        else if (is_computed(at))
            find_computed(writer, at);
        else
            write_statement(writer, at);
    }
    write_text(writer, "}\n");
}

/* ---- Scopes ----------------------------------------------------------------------------------------------------- */

static void walk_plain(struct writer *writer, const struct statement *at)
{
    static const struct rule temporary = {
        .severity = FINDING_PERSON,
        .why = "Kea gives no temporary addresses (IA_TA)",
        .fix = "nothing, if clients do with the addresses they get otherwise; few ask for temporary ones",
        .differs = ANSWER_ADDRESS,
    };
    static const struct rule unknown = {
        .severity = FINDING_PERSON,
        .why = "this statement is not known here",
        .fix = "find out what it does, and write that into Kea's configuration",
        .differs = 0,
    };
    static const struct rule fqdn = {
        .severity = FINDING_CHANGED,
        .why = "Kea answers option 81 as its settings of dynamic DNS say",
        .differs = ANSWER_OPTIONS,
    };
    const struct rule *rule = rule_find(at);
    bool in_pool = at->parent && (statement_is(at->parent, "pool") || statement_is(at->parent, "pool6"));

    bool in_network = at->parent && (in_pool || statement_is(at->parent, "shared-network"));

    if ((rule && in_pool && statement_is(at, "failover")) || (in_network && is_boot_field(at)))
        return;
    if (rule)
        find(writer, at, rule);
    else if (statement_is(at, "option") && strncasecmp(statement_word(at, 1), "fqdn.", 5) == 0)
        find(writer, at, &fqdn);
    else if (at->block)
        find(writer, at, &unknown);
    else if (statement_is(at, "range6") && strcasecmp(statement_word(at, at->word_count - 1), "temporary") == 0)
        find(writer, at, &temporary);
    else if (is_computed(at))
        find_computed(writer, at);
    else
        write_statement(writer, at);
}

static void walk(struct writer *writer, const struct statement *list, const struct chain *chain)
{
    for (const struct statement *at = list; at; at = at->next) {
        struct chain inner = {at, chain};
        if (is_refused(writer->reduction, at))
            continue;
        if (statement_is(at, "group") && at->block)
            walk(writer, at->child, &inner);
        else if (statement_is(at, "host") && at->block)
            write_host(writer, at, chain);
        else if (is_network(at))
            write_network(writer, at, chain);
        else if (statement_is(at, "class") || statement_is(at, "subclass"))
            write_class(writer, at);
        else if (is_conditional(at) && (at->parent || chain))
            find_conditional(writer, at->child);
        else if (!is_conditional(at) && !(chain && !at->block && is_plain(at)))
            walk_plain(writer, at);
    }
    if (list && !list->parent && !chain)
        write_branches(writer, list, "");
}

int reduce(struct reduction *reduction)
{
    struct writer writer = {.reduction = reduction, .line = 1, .again = reduction->mark_count > 0};

    free(reduction->text);
    reduction->text = NULL;
    reduction->mark_count = reduction->host_count = 0;
    if (!writer.again)
        reduction->definitions = option_definitions(reduction->top, reduction->memory);
    writer.out = open_memstream(&reduction->text, &reduction->size);
    if (!writer.out)
        return -ENOMEM;
    mark(&writer, reduction->top); /* 0 is no number */
    /* keama gives the first comment to the whole: so this first, which becomes nothing. */
    write_text(&writer, "get-lease-hostnames off;\n");
    walk(&writer, reduction->top, NULL);
    if (fclose(writer.out) != 0)
        writer.no_memory = true;
    return writer.no_memory ? -ENOMEM : 0;
}

void reduction_free(struct reduction *reduction)
{
    free(reduction->text);
    free(reduction->hosts);
    free(reduction->marked);
    free(reduction->lines);
    free(reduction->refused);
}
