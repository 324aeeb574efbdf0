/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/options.h"

#include "common/base/suggest.h"
#include "frame/error.h"
#include "netboot-store.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct option_row common_options[] = {
    {.name = "directory", .letter = 'd', .value = "DIR",
     .help = "the store's directory (default: $NETBOOT_DIR, else " NETBOOT_DEFAULT_DIRECTORY ")",
     .completion = COMPLETE_DIRECTORY},
    {.name = "help", .letter = 'h', .help = "explain the command"},
    {.name = "version", .letter = 'V', .help = "print the version"},
    {0},
};

const struct option_row dry_run_options[] = {
    {.name = "dry-run", .help = "only print what would change"},
    {0},
};

const struct option_row json_options[] = {
    {.name = "json", .help = "as JSON"},
    {0},
};
/* clang-format on */

static const struct option_row *find_in(const struct option_row *rows, const char *name, size_t size)
{
    for (; rows && rows->name; rows++)
        if (strlen(rows->name) == size && memcmp(rows->name, name, size) == 0)
            return rows;
    return NULL;
}

const struct option_row *option_find(const struct option_row *rows, const char *name, size_t size)
{
    const struct option_row *row = find_in(rows, name, size);

    return row ? row : find_in(common_options, name, size);
}

static const struct option_row *find_letter_in(const struct option_row *rows, char letter)
{
    for (; rows && rows->name; rows++)
        if (rows->letter == letter)
            return rows;
    return NULL;
}

const struct option_row *option_find_letter(const struct option_row *rows, char letter)
{
    const struct option_row *row = find_letter_in(rows, letter);

    return row ? row : find_letter_in(common_options, letter);
}

static int unknown_option(const struct option_row *rows, const char *typed)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE], dashed[64], word[64];
    size_t size = strcspn(typed, "=");

    snprintf(word, sizeof(word), "%.*s", (int)(size < 60 ? size : 60), typed);
    suggest_begin(&nearest, word);
    for (; rows && rows->name; rows++) {
        snprintf(dashed, sizeof(dashed), "--%s", rows->name);
        suggest_offer(&nearest, dashed);
    }
    for (rows = common_options; rows->name; rows++) {
        snprintf(dashed, sizeof(dashed), "--%s", rows->name);
        suggest_offer(&nearest, dashed);
    }
    suggest_text(&nearest, hint);
    return misused("there is no option `%s` here%s", word, hint[0] ? hint : "; see --help");
}

static int give(struct arguments *arguments, const struct option_row *row, const char *value)
{
    bool again = option_given(arguments, row->name);

    if (again && !row->repeated && row->value)
        return misused("--%s is given twice: give it once", row->name);
    if (value && !value[0] && !row->may_be_empty) {
        struct option_row const *no = NULL;
        char opposite[64];
        snprintf(opposite, sizeof(opposite), "no-%s", row->name);
        no = find_in(arguments->rows, opposite, strlen(opposite));
        return misused("--%s has an empty value%s%s", row->name, no ? ": to remove it, use --" : "",
                       no ? opposite : "");
    }
    arguments->given[arguments->given_count++] = (struct given){row, value};
    return DONE;
}

/* One option and its value: `*at` is its index, and that of its value afterwards. */
static int option_parse(struct arguments *arguments, int count, char **values, int *at)
{
    const char *typed = values[*at];
    const struct option_row *row;
    const char *value = NULL;

    if (typed[1] == '-') {
        size_t size = strcspn(typed + 2, "=");
        row = option_find(arguments->rows, typed + 2, size);
        if (typed[2 + size] == '=')
            value = typed + 3 + size;
    } else {
        row = option_find_letter(arguments->rows, typed[1]);
        if (row && typed[2])
            value = typed + 2;
    }
    if (!row)
        return unknown_option(arguments->rows, typed);
    if (!row->value && value)
        return misused("--%s takes no value", row->name);
    if (row->value && !value) {
        if (*at + 1 >= count)
            return misused("--%s needs a value: --%s %s", row->name, row->name, row->value);
        value = values[++*at];
    }
    return give(arguments, row, value);
}

int arguments_parse(struct arguments *arguments, const struct option_row *rows, int count, char **values,
                    int *first_word)
{
    bool words_only = false;
    int code = DONE;

    *arguments = (struct arguments){.rows = rows};
    arguments->words = calloc((size_t)count + 1, sizeof(*arguments->words));
    arguments->given = calloc((size_t)count + 1, sizeof(*arguments->given));
    if (!arguments->words || !arguments->given)
        return failed("out of memory");
    int i = 0;
    for (; i < count && code == DONE; i++) {
        bool is_option = !words_only && values[i][0] == '-' && values[i][1];
        if (is_option && strcmp(values[i], "--") == 0)
            words_only = true;
        else if (is_option)
            code = option_parse(arguments, count, values, &i);
        else if (first_word)
            break;
        else
            arguments->words[arguments->word_count++] = values[i];
    }
    if (first_word)
        *first_word = i;
    return code;
}

void arguments_free(struct arguments *arguments)
{
    free(arguments->words);
    free(arguments->given);
}

const char *option_value(const struct arguments *arguments, const char *name)
{
    const char *ret = NULL;

    for (unsigned i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].row->name, name) == 0)
            ret = arguments->given[i].value;
    return ret;
}

bool option_given(const struct arguments *arguments, const char *name)
{
    for (unsigned i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].row->name, name) == 0)
            return true;
    return false;
}

const char *option_next(const struct arguments *arguments, const char *name, unsigned *index)
{
    while (*index < arguments->given_count) {
        const struct given *given = &arguments->given[(*index)++];
        if (strcmp(given->row->name, name) == 0)
            return given->value;
    }
    return NULL;
}

/* ---- Options as changes to a record ----------------------------------------------------------------------------- */

/* The value that `changes` has for the row's key, made if need be. NULL: out of memory. */
static cJSON *container_of(cJSON *changes, const struct option_row *row)
{
    cJSON *ret = cJSON_GetObjectItemCaseSensitive(changes, row->key);

    if (ret)
        return ret;
    return row->effect == EFFECT_MAP ? cJSON_AddObjectToObject(changes, row->key)
                                     : cJSON_AddArrayToObject(changes, row->key);
}

static int map_add(const struct given *given, cJSON *map)
{
    struct netboot_error error;
    char key[256], platform_name[NETBOOT_PLATFORM_TEXT_SIZE];
    const char *equals = strchr(given->value, '=');
    size_t size = equals ? (size_t)(equals - given->value) : 0;
    uint16_t platform;

    if (size == 0 || size >= sizeof(key))
        return misused("--%s needs %s, not `%s`", given->row->name, given->row->value, given->value);
    memcpy(key, given->value, size);
    key[size] = '\0';
    const char *name = key;
    if (given->row->keyed_by_platform) {
        if (netboot_platform_parse(key, &platform, &error) != 0)
            return misused("--%s: %s", given->row->name, error.text);
        name = netboot_platform_text(platform, platform_name);
    }
    if (cJSON_GetObjectItemCaseSensitive(map, name))
        return misused("--%s has `%s` twice", given->row->name, name);
    return cJSON_AddStringToObject(map, name, equals + 1) ? DONE : failed("out of memory");
}

/* Two options that set one key to different values. */
static int contradiction(const struct arguments *arguments, unsigned index)
{
    const struct option_row *row = arguments->given[index].row;

    for (unsigned i = 0; i < index; i++) {
        const struct option_row *other = arguments->given[i].row;
        bool same_key = other->key && row->key && strcmp(other->key, row->key) == 0;
        if (same_key && other != row && other->effect <= EFFECT_CLEAR && row->effect <= EFFECT_CLEAR)
            return misused("--%s and --%s exclude each other: give one of them", other->name, row->name);
    }
    return DONE;
}

static int change_add(const struct given *given, cJSON *changes)
{
    const struct option_row *row = given->row;
    cJSON *container, *item = NULL;

    switch (row->effect) {
    case EFFECT_TEXT:
    case EFFECT_CONSTANT:
        cJSON_DeleteItemFromObjectCaseSensitive(changes, row->key);
        item = cJSON_AddStringToObject(changes, row->key, row->constant ? row->constant : given->value);
        break;
    case EFFECT_CLEAR:
        cJSON_DeleteItemFromObjectCaseSensitive(changes, row->key);
        item = cJSON_AddNullToObject(changes, row->key);
        break;
    case EFFECT_LIST:
        container = container_of(changes, row);
        item = cJSON_CreateString(given->value);
        if (!container || !item || !cJSON_AddItemToArray(container, item)) {
            cJSON_Delete(item);
            item = NULL;
        }
        break;
    case EFFECT_MAP:
        container = container_of(changes, row);
        return container ? map_add(given, container) : failed("out of memory");
    default:
        return DONE;
    }
    return item ? DONE : failed("out of memory");
}

int options_to_changes(const struct arguments *arguments, cJSON **ret)
{
    cJSON *changes = cJSON_CreateObject();
    int code = changes ? DONE : failed("out of memory");

    for (unsigned i = 0; code == DONE && i < arguments->given_count; i++) {
        code = contradiction(arguments, i);
        if (code == DONE)
            code = change_add(&arguments->given[i], changes);
    }
    if (code == DONE)
        *ret = changes;
    else
        cJSON_Delete(changes);
    return code;
}
