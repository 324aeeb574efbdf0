/* SPDX-License-Identifier: MPL-2.0 */
#include "keama_output.h"

#include "common/base/failure.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 200 };

struct reader {
    const char *at;
    unsigned line, marker, depth;
    unsigned within;             /* values that are commented out as a whole */
    bool line_begins, commented; /* this line, so far: only white space; begins with "//" */
};

static void line_skip(struct reader *reader)
{
    while (*reader->at && *reader->at != '\n')
        reader->at++;
}

/* White space, commas, comments: to the next thing that means something. Commas are where keama thinks that they
 * belong with the comments taken out; here nothing hangs on them. */
static void gap_skip(struct reader *reader)
{
    for (;; reader->at++) {
        const char *at = reader->at;
        if (*at == '\n') {
            reader->line++;
            reader->line_begins = true;
            reader->commented = false;
        } else if (reader->line_begins && at[0] == '/' && at[1] == '/' && at[2] != '/') {
            reader->commented = true;
            reader->at++;
        } else if ((at[0] == '/' && at[1] == '/') || *at == '#') {
            if (at[0] == '#' && at[1] == ' ' && at[2] == '@')
                reader->marker = (unsigned)strtoul(at + 3, NULL, 10);
            line_skip(reader);
            reader->at--;
        } else if (!isspace((unsigned char)*at) && *at != ',') {
            return;
        }
        if (*reader->at != '\n')
            reader->line_begins = false;
    }
}

/* The quoted text at hand, as JSON, with what JSON does not allow in it escaped: keama escapes nothing. */
static cJSON *string_read(struct reader *reader)
{
    const char *start = reader->at + 1, *end = start;
    char *text, *to;

    while (*end && *end != '"' && *end != '\n')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (*end != '"' || !(text = malloc((size_t)(end - start) + 1)))
        return NULL;
    to = text;
    for (const char *at = start; at < end; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        *to++ = *at;
    }
    *to = '\0';
    reader->at = end + 1;
    cJSON *ret = cJSON_CreateString(text);
    free(text);
    return ret;
}

static cJSON *scalar_read(struct reader *reader)
{
    char *end;
    double number;

    if (strncmp(reader->at, "true", 4) == 0) {
        reader->at += 4;
        return cJSON_CreateTrue();
    }
    if (strncmp(reader->at, "false", 5) == 0) {
        reader->at += 5;
        return cJSON_CreateFalse();
    }
    if (strncmp(reader->at, "null", 4) == 0) {
        reader->at += 4;
        return cJSON_CreateNull();
    }
    number = strtod(reader->at, &end);
    if (end == reader->at)
        return NULL;
    reader->at = end;
    return cJSON_CreateNumber(number);
}

static cJSON *value_read(struct reader *reader);

static bool member_add(cJSON *object, const char *key, bool commented, cJSON *value)
{
    char name[128];

    snprintf(name, sizeof(name), "%s%s", commented ? "//" : "", key);
    if (value && cJSON_AddItemToObject(object, name, value))
        return true;
    cJSON_Delete(value);
    return false;
}

static bool members_read(struct reader *reader, cJSON *object)
{
    for (gap_skip(reader); *reader->at == '"'; gap_skip(reader)) {
        bool commented = reader->commented && reader->within == 0;
        cJSON *key = string_read(reader);
        gap_skip(reader);
        bool ok = key && *reader->at == ':';
        reader->at += ok;
        unsigned marker = reader->marker;
        gap_skip(reader);
        if (*reader->at != '{' && *reader->at != '[') { /* it is the object's, if that has none of its own */
            if (marker && !cJSON_HasObjectItem(object, "@"))
                ok = ok && cJSON_AddNumberToObject(object, "@", marker);
            reader->marker = 0;
        }
        reader->within += commented;
        ok = ok && member_add(object, key->valuestring, commented, value_read(reader));
        reader->within -= commented;
        cJSON_Delete(key);
        if (!ok)
            return false;
    }
    return *reader->at == '}';
}

static bool items_read(struct reader *reader, cJSON *list)
{
    for (gap_skip(reader); *reader->at && *reader->at != ']' && *reader->at != '}'; gap_skip(reader)) {
        bool commented = reader->commented && reader->within == 0;
        reader->within += commented;
        cJSON *item = value_read(reader);
        reader->within -= commented;
        if (item && commented && cJSON_IsObject(item))
            cJSON_AddTrueToObject(item, "//");
        if (item && commented && !cJSON_IsObject(item)) {
            cJSON_Delete(item);
            continue;
        }
        if (!item || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return false;
        }
    }
    return *reader->at == ']';
}

static cJSON *container_read(struct reader *reader)
{
    bool object = *reader->at == '{';
    cJSON *ret = object ? cJSON_CreateObject() : cJSON_CreateArray();
    bool ok = ret && reader->depth < DEPTH_MAX;

    if (ok && object && reader->marker)
        ok = cJSON_AddNumberToObject(ret, "@", reader->marker) != NULL;
    if (object)
        reader->marker = 0;
    reader->at++;
    reader->depth++;
    ok = ok && (object ? members_read(reader, ret) : items_read(reader, ret));
    reader->depth--;
    if (ok) {
        reader->at++;
        return ret;
    }
    cJSON_Delete(ret);
    return NULL;
}

static cJSON *value_read(struct reader *reader)
{
    gap_skip(reader);
    if (*reader->at == '{' || *reader->at == '[')
        return container_read(reader);
    return *reader->at == '"' ? string_read(reader) : scalar_read(reader);
}

cJSON *keama_output_parse(const char *text, struct netboot_error *error)
{
    struct reader reader = {.at = text, .line = 1, .line_begins = true};
    cJSON *ret = value_read(&reader);

    if (!ret)
        failure(error, -EINVAL, "keama's output cannot be read from line %u on", reader.line);
    return ret;
}
