/* SPDX-License-Identifier: MPL-2.0 */
/* What statements are, as far as a reduction wants to know. */
#include "reduce_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool begins_with_any(const struct statement *statement, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (statement_is(statement, list[i]))
            return true;
    return false;
}

bool is_boot_statement(const struct statement *statement)
{
    static const char *const words[] = {
        "filename",
        "next-server",
        "server-name",
        "option bootfile-name",
        "option tftp-server-name",
        "option vendor-class-identifier",
        "option dhcp6.bootfile-url",
        "option dhcp6.bootfile-param",
        "option dhcp6.vendor-class",
        "supersede server.filename", /* as OMAPI writes them */
        "supersede server.next-server",
        "supersede server.server-name",
    };

    return begins_with_any(statement, words, COUNT(words));
}

/* What has a place of its own in Kea's scopes, where keama has one in some only. */
bool is_boot_field(const struct statement *statement)
{
    return statement_is(statement, "filename") || statement_is(statement, "next-server") ||
           statement_is(statement, "server-name");
}

bool is_network(const struct statement *statement)
{
    static const char *const words[] = {"shared-network", "subnet", "subnet6", "pool", "pool6"};

    return statement->block && begins_with_any(statement, words, COUNT(words));
}

/* What says who a host is and where, which is not keama's to convert. */
bool is_identity(const struct statement *statement)
{
    static const char *const words[] = {
        "hardware",
        "fixed-address",
        "fixed-address6",
        "fixed-prefix6",
        "option dhcp-client-identifier",
        "option dhcp.dhcp-client-identifier",
        "host-identifier",
        "uid",
        "client-hw-address",
        "dynamic",
        "deleted",
        "group",
    };

    return begins_with_any(statement, words, COUNT(words));
}

bool is_conditional(const struct statement *statement)
{
    static const char *const words[] = {"if", "elsif", "else", "switch"};

    return statement->block && begins_with_any(statement, words, COUNT(words));
}

/* `option x = "text"`: a text or octets after the sign, and no more. */
bool is_constant(const struct statement *statement)
{
    unsigned index = statement_is(statement, "option") ? 3 : statement_is(statement, "supersede") ? 3 : 2;
    const char *value = statement_word(statement, index);

    return statement->word_count == index + 1 && (value[0] == '"' || isxdigit((unsigned char)value[0]));
}

/* A value that is computed for each client. */
bool is_computed(const struct statement *statement)
{
    static const char *const words[] = {"append", "prepend", "default", "send"};
    const char *value = statement_word(statement, statement_is(statement, "option") ? 2 : 1);

    if (statement_is(statement, "supersede")) /* OMAPI's way to say `option` */
        return strcmp(statement_word(statement, 2), "=") != 0 || !is_constant(statement);
    if (begins_with_any(statement, words, COUNT(words)) || (strcmp(value, "=") == 0 && !is_constant(statement)))
        return true;
    return (statement_is(statement, "filename") || statement_is(statement, "server-name")) && value[0] != '"' &&
           strcmp(value, "=") != 0;
}

const struct statement *statement_scope(const struct statement *statement, const char *kind)
{
    for (statement = statement->parent; statement; statement = statement->parent)
        if (statement_is(statement, kind))
            return statement;
    return NULL;
}

/* Whether both set the same thing: the later one is what counts. */
bool statement_sets_same(const struct statement *one, const struct statement *other)
{
    bool option = statement_is(one, "option");

    if (one->block || other->block || strcasecmp(statement_word(one, 0), statement_word(other, 0)) != 0)
        return false;
    return !option || strcasecmp(statement_word(one, 1), statement_word(other, 1)) == 0;
}

bool statement_is_set_in(const struct statement *list, const struct statement *statement)
{
    for (; list; list = list->next)
        if (statement_sets_same(list, statement))
            return true;
    return false;
}
