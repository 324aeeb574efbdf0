/* SPDX-License-Identifier: MPL-2.0 */
#include "option_codes.h"

#include "migrate/base/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VENDOR_OPTIONS_4 = 43, VENDOR_OPTIONS_6 = 17 };

/* ---- What a configuration defines ------------------------------------------------------------------------------- */

static bool is_definition(const struct statement *statement)
{
    return statement_is(statement, "option") && !statement->block &&
           strcasecmp(statement_word(statement, 2), "code") == 0;
}

static const char *encapsulated(const struct statement *definition)
{
    for (unsigned i = 4; i + 1 < definition->word_count; i++)
        if (strcasecmp(definition->words[i], "encapsulate") == 0)
            return definition->words[i + 1];
    return NULL;
}

const struct option_definition *option_definitions(const struct statement *top, struct arena *memory)
{
    struct option_definition *ret = NULL;

    for (; top; top = top->next) {
        struct option_definition *one = is_definition(top) ? arena_take(memory, sizeof(*one)) : NULL;
        if (!one)
            continue;
        *one = (struct option_definition){statement_word(top, 1), (unsigned)strtoul(statement_word(top, 3), NULL, 10),
                                          encapsulated(top), ret};
        ret = one;
    }
    return ret;
}

/* ---- A name ----------------------------------------------------------------------------------------------------- */

/* "SPACE.NAME", of a space of the configuration's own. */
static int space_find(int family, const char *name, size_t size, const struct option_definition *own)
{
    for (; own; own = own->next)
        if (own->encapsulates && strlen(own->encapsulates) == size && strncasecmp(own->encapsulates, name, size) == 0)
            return (int)own->code;
    return family == 0 ? VENDOR_OPTIONS_4 : VENDOR_OPTIONS_6;
}

int option_code(int family, const char *name, const struct option_definition *own)
{
    const char *plain = strncasecmp(name, "dhcp6.", 6) == 0  ? name + 6
                        : strncasecmp(name, "dhcp.", 5) == 0 ? name + 5
                                                             : name;
    const char *dot = strchr(plain, '.');
    int code;

    if (strncasecmp(plain, "unknown-", 8) == 0)
        return (int)strtoul(plain + 8, NULL, 10);
    for (const struct option_definition *at = own; at; at = at->next)
        if (strcasecmp(at->name, name) == 0 && (!dot || plain != name))
            return (int)at->code;
    code = family == 1 && plain == name && !dot ? -1 : option_name_code(family, plain);
    return code < 0 && dot ? space_find(family, plain, (size_t)(dot - plain), own) : code;
}

/* ---- A list of codes -------------------------------------------------------------------------------------------- */

static void codes_print(FILE *out, int family, const struct statement *statement, const struct option_definition *own)
{
    const char *name = NULL;

    for (const struct statement *at = statement->child; at; at = at->next)
        codes_print(out, family, at, own);
    /* Behind a label, too: `case 1: option x "y"`. */
    for (unsigned i = 0; i < statement->word_count && !statement->block && !name; i++) {
        const char *word = statement->words[i];
        bool sets = strcasecmp(word, "option") == 0 || strcasecmp(word, "supersede") == 0 ||
                    strcasecmp(word, "append") == 0 || strcasecmp(word, "prepend") == 0 ||
                    (strcasecmp(word, "default") == 0 && i == 0);
        if (sets && !is_definition(statement))
            name = statement_word(statement, i + 1);
    }
    if (statement_is(statement, "vendor-option-space"))
        fprintf(out, "%d ", family == 0 ? VENDOR_OPTIONS_4 : VENDOR_OPTIONS_6);
    int code = name ? option_code(family, name, own) : -1;
    if (code >= 0)
        fprintf(out, "%d ", code);
}

const char *option_codes(int family, const struct statement *statement, const struct option_definition *own,
                         struct arena *memory)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    codes_print(out, family, statement, own);
    if (fclose(out) != 0 || !text) {
        free(text);
        return NULL;
    }
    if (size > 0)
        text[--size] = '\0'; /* the last space */
    const char *ret = (const char *)arena_copy(memory, text, size + 1).data;
    free(text);
    return ret;
}

bool option_codes_have(const char *codes, unsigned code)
{
    char *end;

    if (!codes || strcmp(codes, OPTIONS_ANY) == 0)
        return true;
    while (*codes) {
        unsigned long one = strtoul(codes, &end, 10);
        if (end == codes)
            return false;
        if (one == code)
            return true;
        codes = end + strspn(end, " ");
    }
    return false;
}
