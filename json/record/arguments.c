/* SPDX-License-Identifier: MPL-2.0 */
#include "json/record/arguments.h"

#include "common/base/failure.h"
#include "common/base/suggest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int unknown_key(const char *command, const char *key, const char *const *known, struct netboot_error *error)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE], names[256] = "";

    suggest_begin(&nearest, key);
    for (size_t i = 0; known[i]; i++) {
        suggest_offer(&nearest, known[i]);
        snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? ", " : "", known[i]);
    }
    if (!names[0])
        return failure(error, -EINVAL, "%s takes no arguments: remove `%.100s`", command, key);
    return failure(error, -EINVAL, "%s has no argument `%.100s`%s (its arguments are %s)", command, key,
                   suggest_text(&nearest, hint), names);
}

int arguments_check(const char *command, const cJSON *arguments, const char *const *known, struct netboot_error *error)
{
    const cJSON *argument;

    if (!arguments)
        return 0;
    if (!cJSON_IsObject(arguments))
        return failure(error, -EINVAL, "%s: the arguments are not a JSON object", command);
    cJSON_ArrayForEach(argument, arguments)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], argument->string) != 0)
            i++;
        if (!known[i])
            return unknown_key(command, argument->string, known, error);
        if (cJSON_GetObjectItemCaseSensitive(arguments, argument->string) != argument)
            return failure(error, -EINVAL, "%s: the argument `%s` is given twice", command, argument->string);
    }
    return 0;
}

static const cJSON *find(const cJSON *arguments, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(arguments, key);

    return cJSON_IsNull(item) ? NULL : item;
}

int argument_text(const cJSON *arguments, const char *key, const char **ret, struct netboot_error *error)
{
    const cJSON *item = find(arguments, key);

    if (item && !cJSON_IsString(item))
        return failure(error, -EINVAL, "%s: give a string", key);
    *ret = item ? item->valuestring : NULL;
    return 0;
}

/* Reads a text of digits only; -1 for any other. */
static double number_of(const char *text)
{
    size_t size = strlen(text);

    return size > 0 && size < 16 && strspn(text, "0123456789") == size ? strtod(text, NULL) : -1;
}

int argument_number(const cJSON *arguments, const char *key, unsigned long least, unsigned long most,
                    unsigned long *ret, struct netboot_error *error)
{
    const cJSON *item = find(arguments, key);
    double number = -1;

    if (!item)
        return 0;
    if (cJSON_IsNumber(item))
        number = item->valuedouble;
    else if (cJSON_IsString(item))
        number = number_of(item->valuestring);
    if (!(number >= (double)least && number <= (double)most) || number != (double)(unsigned long)number) {
        if (cJSON_IsString(item))
            return failure(error, -EINVAL, "%s: `%.50s` is not a number from %lu to %lu", key, item->valuestring, least,
                           most);
        return failure(error, -EINVAL, "%s: give a number from %lu to %lu", key, least, most);
    }
    *ret = (unsigned long)number;
    return 0;
}

int argument_no_text(const cJSON *arguments, const char *key, struct netboot_error *error)
{
    const cJSON *item = find(arguments, key);

    if (!cJSON_IsString(item))
        return 0;
    return failure(error, -EINVAL, "%s: the text `%.50s` is not a number: send a number, without quotes", key,
                   item->valuestring);
}

int argument_id(const cJSON *arguments, const char *key, struct netboot_id *ret, struct netboot_error *error)
{
    const char *text;
    int status = argument_text(arguments, key, &text, error);

    if (status != 0)
        return status;
    if (!text)
        return failure(error, -EINVAL, "`%s` is missing: give a MAC, UUID, DUID or name of a host", key);
    return netboot_id_parse(text, ret, error);
}
