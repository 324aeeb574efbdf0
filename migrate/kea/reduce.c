/* SPDX-License-Identifier: MPL-2.0 */
#include "reduce.h"

#include "reduce_words.h"
#include "reduce_writer.h"
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A group and those that it is in: innermost first. */
struct reduce_chain {
    const struct statement *group;
    const struct reduce_chain *up;
};

static void walk(struct writer *writer, const struct statement *list, const struct reduce_chain *chain);

static bool is_plain(const struct statement *statement)
{
    return !statement->block && !rule_find(statement) && !is_computed(statement) &&
           strcasecmp(statement_word(statement, 2), "code") != 0;
}

/* What groups give to something that is in them, unless it or an inner group sets the same. */
static void write_inherited(struct writer *writer, const struct statement *statement, const struct reduce_chain *chain)
{
    const struct statement *inner = statement->child;
    bool option_scope = !statement_is(statement, "shared-network");

    for (const struct reduce_chain *at = chain; at; at = at->up)
        for (const struct statement *given = at->group->child; given; given = given->next) {
            bool overridden = statement_is_set_in(inner, given);
            for (const struct reduce_chain *nearer = chain; nearer != at; nearer = nearer->up)
                overridden = overridden || statement_is_set_in(nearer->group->child, given);
            bool misplaced = is_boot_field(given) && !option_scope; /* keama would make it global */
            if (!overridden && !misplaced && is_plain(given) && !reduction_refuses(writer->reduction, given))
                writer_statement(writer, given);
        }
}

static void write_network(struct writer *writer, const struct statement *statement, const struct reduce_chain *chain)
{
    if (statement_is(statement, "pool6") && !statement_child(statement, "range6"))
        return; /* nothing but prefixes */
    writer_mark(writer, statement);
    writer_text(writer, statement->text);
    writer_text(writer, " {\n");
    write_inherited(writer, statement, chain);
    walk(writer, statement->child, NULL);
    writer_text(writer, "}\n");
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

static bool host_fill(struct host *host, struct arena *memory, const struct reduce_chain *chain)
{
    unsigned most = 0;

    for (const struct statement *at = host->statement->child; at; at = at->next)
        most++;
    for (const struct reduce_chain *up = chain; up; up = up->up)
        for (const struct statement *at = up->group->child; at; at = at->next)
            most++;
    host->statements = arena_take(memory, (most + 1) * sizeof(struct statement *));
    if (!host->statements)
        return false;
    for (const struct statement *at = host->statement->child; at; at = at->next)
        if (!at->next || !statement_is_set_in(at->next, at))
            host->statements[host->count++] = at;
    for (const struct reduce_chain *up = chain; up; up = up->up)
        for (const struct statement *at = up->group->child; at; at = at->next) {
            bool overridden = !is_plain(at);
            for (unsigned i = 0; i < host->count && !overridden; i++)
                overridden = statement_sets_same(host->statements[i], at);
            if (!overridden)
                host->statements[host->count++] = at;
        }
    return true;
}

static void write_host(struct writer *writer, const struct statement *statement, const struct reduce_chain *chain)
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
    host->marker = writer_mark(writer, statement);
    snprintf(text, sizeof(text), "host h%u {\n", host->marker);
    writer_text(writer, text);
    for (unsigned i = 0; i < host->count; i++) {
        const struct statement *at = host->statements[i];
        const struct rule *rule = rule_find(at);
        if (reduction_refuses(reduction, at) || is_identity(at))
            continue;
        if (is_conditional(at))
            continue;
        if (rule)
            writer_find(writer, at, rule);
        else if (is_computed(at))
            writer_find_computed(writer, at);
        else if (!at->block)
            writer_statement(writer, at);
    }
    writer_text(writer, "}\n");
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
        writer_statement(writer, match);
        return;
    }
    writer_find(writer, match, &rule);
    writer_mark(writer, match);
    writer_text(writer, "match hardware;\n");
}

static void write_class(struct writer *writer, const struct statement *statement)
{
    if (writer->reduction->without_classes)
        return;
    writer_mark(writer, statement);
    writer_text(writer, statement->text);
    if (!statement->block) {
        writer_text(writer, ";\n");
        return;
    }
    writer_text(writer, " {\n");
    for (const struct statement *at = statement->child; at; at = at->next) {
        const struct rule *rule = rule_find(at);
        if (reduction_refuses(writer->reduction, at))
            continue;
        if (statement_is(at, "match"))
            write_match(writer, at);
        else if (is_conditional(at))
            continue;
        else if (rule)
            writer_find(writer, at, rule);
        else if (is_computed(at))
            writer_find_computed(writer, at);
        else
            writer_statement(writer, at);
    }
    writer_text(writer, "}\n");
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

    /* keama comments out a pool that delegates, too; mend_networks.c makes all prefixes. */
    if (statement_is(at, "prefix6"))
        return;
    if ((rule && in_pool && statement_is(at, "failover")) || (in_network && is_boot_field(at)))
        return;
    if (rule)
        writer_find(writer, at, rule);
    else if (statement_is(at, "option") && strncasecmp(statement_word(at, 1), "fqdn.", 5) == 0)
        writer_find(writer, at, &fqdn);
    else if (at->block)
        writer_find(writer, at, &unknown);
    else if (statement_is(at, "range6") && strcasecmp(statement_word(at, at->word_count - 1), "temporary") == 0)
        writer_find(writer, at, &temporary);
    else if (is_computed(at))
        writer_find_computed(writer, at);
    else
        writer_statement(writer, at);
}

static void walk(struct writer *writer, const struct statement *list, const struct reduce_chain *chain)
{
    for (const struct statement *at = list; at; at = at->next) {
        struct reduce_chain inner = {at, chain};
        if (reduction_refuses(writer->reduction, at))
            continue;
        if (statement_is(at, "group") && at->block)
            walk(writer, at->child, &inner);
        else if (statement_is(at, "host") && at->block)
            write_host(writer, at, chain);
        else if (is_network(at))
            write_network(writer, at, chain);
        else if (statement_is(at, "class") || statement_is(at, "subclass"))
            write_class(writer, at);
        else if (!is_conditional(at) && !(chain && !at->block && is_plain(at)))
            walk_plain(writer, at);
    }
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
    writer_mark(&writer, reduction->top); /* 0 is no number */
    /* keama gives the first comment to the whole: so this first, which becomes nothing. */
    writer_text(&writer, "get-lease-hostnames off;\n");
    walk(&writer, reduction->top, NULL);
    writer_branches(&writer, reduction->top);
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
