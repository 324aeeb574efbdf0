/* SPDX-License-Identifier: MPL-2.0 */
#include "where.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 400

/* ---- Names ------------------------------------------------------------------------------------------------------ */

static unsigned mask_bits(const char *mask)
{
    struct in_addr address;

    return inet_pton(AF_INET, mask, &address) == 1 ? (unsigned)__builtin_popcount(address.s_addr) : 0;
}

/* As dhcpd has it; "" for a statement that declares nothing with a name. */
static void name_of(const struct statement *statement, char ret[NAME_SIZE])
{
    static const char *const kinds[] = {"host", "class", "shared-network"};
    const char *word = statement_word(statement, 1);
    size_t size = strlen(word);

    ret[0] = '\0';
    if (statement_is(statement, "subnet")) {
        snprintf(ret, NAME_SIZE, "subnet %s/%u", word, mask_bits(statement_word(statement, 3)));
    } else if (statement_is(statement, "subnet6")) {
        snprintf(ret, NAME_SIZE, "subnet %s", word);
    } else {
        for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            if (statement->block && statement_is(statement, kinds[i]) && size > 2 && word[0] == '"')
                snprintf(ret, NAME_SIZE, "%s %.*s", kinds[i], (int)(size - 2), word + 1);
            else if (statement->block && statement_is(statement, kinds[i]))
                snprintf(ret, NAME_SIZE, "%s %s", kinds[i], word);
    }
}

static int note(struct where *where, unsigned family, const struct statement *statement)
{
    char name[NAME_SIZE], key[NAME_SIZE + 8];
    long *number;

    name_of(statement, name);
    if (name[0] == '\0')
        return 0;
    snprintf(key, sizeof(key), "%u %s", family, name);
    number = texts_number(&where->names, key);
    if (!number)
        return -ENOMEM;
    if (where->count == where->room) {
        size_t room = where->room ? 2 * where->room : 256;
        const struct statement **statements = realloc(where->statements, room * sizeof(*statements));
        if (!statements)
            return -ENOMEM;
        where->statements = statements;
        where->room = room;
    }
    where->statements[where->count++] = statement;
    *number = (long)where->count;
    return 0;
}

static int note_all(struct where *where, unsigned family, const struct statement *statement)
{
    int status = 0;

    for (; statement && status == 0; statement = statement->next) {
        status = note(where, family, statement);
        if (status == 0)
            status = note_all(where, family, statement->child);
    }
    return status;
}

int where_read(struct where *where, const struct boot_input *input)
{
    int status = 0;

    for (unsigned family = 0; status == 0 && family < BOOT_FAMILIES; family++) {
        const char *files[] = {input->leases[family], input->config[family]};
        for (unsigned i = 0; status == 0 && i < 2; i++) {
            struct statement *tree = NULL;
            if (!files[i] || statements_read(files[i], &where->memory, &tree, NULL) != 0)
                continue;
            status = note_all(where, family, tree);
            where->trees[family] = tree;
        }
    }
    return status;
}

void where_free(struct where *where)
{
    texts_free(&where->names);
    arena_free(&where->memory);
    free(where->statements);
    memset(where, 0, sizeof(*where));
}

/* ---- Finding ---------------------------------------------------------------------------------------------------- */

const struct statement *where_find(struct where *where, unsigned family, const char *name)
{
    char key[NAME_SIZE + 8];
    const long *number;

    snprintf(key, sizeof(key), "%u %s", family, name);
    number = texts_number(&where->names, key);
    return number && *number ? where->statements[*number - 1] : NULL;
}

static const struct statement *search(const struct statement *statement, const char *text)
{
    const struct statement *found = NULL;

    for (; statement && !found; statement = statement->next)
        found = strstr(statement->text, text) ? statement : search(statement->child, text);
    return found;
}

static const struct statement *scope_find(struct where *where, unsigned family, const char *scope)
{
    char name[NAME_SIZE];
    const struct statement *statement;

    if (strncmp(scope, "pool of ", 8) == 0) {
        snprintf(name, sizeof(name), "shared-network %s", scope + 8);
        statement = where_find(where, family, name);
        snprintf(name, sizeof(name), "subnet %s", scope + 8);
        return statement ? statement : where_find(where, family, name);
    }
    if (strncmp(scope, "subclass of ", 12) == 0) {
        snprintf(name, sizeof(name), "class %s", scope + 12);
        return where_find(where, family, name);
    }
    if (strncmp(scope, "group of ", 9) != 0)
        return where_find(where, family, scope);
    statement = where_find(where, family, scope + 9);
    return statement && statement->parent ? statement->parent : statement;
}

const struct statement *where_in(struct where *where, unsigned family, const char *scope, const char *text)
{
    const struct statement *within = scope_find(where, family, scope), *found;

    if (strcmp(scope, "global") == 0)
        return text ? search(where->trees[family], text) : NULL;
    if (!within || !text)
        return within;
    found = strstr(within->text, text) ? within : search(within->child, text);
    return found ? found : within;
}
