/* SPDX-License-Identifier: MPL-2.0 */
#include "tally.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int row_compare(const void *a, const void *b)
{
    return strcmp(((const struct tally_row *)a)->key, ((const struct tally_row *)b)->key);
}

/* A row and its texts are one allocation. */
static struct tally_row *row_new(const char *key, const char *where)
{
    size_t key_size = strlen(key) + 1, where_size = strlen(where) + 1;
    struct tally_row *row = malloc(sizeof(*row) + key_size + where_size);

    if (row) {
        char *text = (char *)(row + 1);
        *row = (struct tally_row){text, text + key_size, 0};
        memcpy(text, key, key_size);
        memcpy(text + key_size, where, where_size);
    }
    return row;
}

const struct tally_row *tally_add(struct tally *tally, const char *key, const char *where)
{
    const struct tally_row wanted = {.key = key};
    struct tally_row **found = tfind(&wanted, &tally->tree, row_compare);

    if (!found) {
        struct tally_row *row = tally->rows < TALLY_ROWS_MAX ? row_new(key, where) : NULL;
        if (!row)
            return NULL;
        found = tsearch(row, &tally->tree, row_compare);
        if (!found) {
            free(row);
            return NULL;
        }
        tally->rows++;
    }
    (*found)->count++;
    return *found;
}

struct walk {
    void (*each)(const struct tally_row *row, void *user);
    void *user;
};

static void node_visit(const void *node, VISIT visit, void *user)
{
    const struct walk *walk = user;

    if (visit == postorder || visit == leaf)
        walk->each(*(const struct tally_row *const *)node, walk->user);
}

void tally_each(const struct tally *tally, void (*each)(const struct tally_row *row, void *user), void *user)
{
    struct walk walk = {each, user};

    twalk_r(tally->tree, node_visit, &walk);
}

void tally_free(struct tally *tally)
{
    tdestroy(tally->tree, free);
    *tally = (struct tally){.tree = NULL};
}
