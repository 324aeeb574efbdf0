/* SPDX-License-Identifier: MPL-2.0 */
#include "csv.h"

#include "common/base/suggest.h"
#include "frame/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum { ONE, LIST, MAP } form;
} columns[CSV_COLUMNS_MAX] = {
    {"name",   ONE },
    {"mac",    LIST},
    {"uuid",   LIST},
    {"duid",   LIST},
    {"target", ONE },
    {"note",   ONE },
    {"labels", MAP },
    {"loader", MAP },
};

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

/* Takes the quotes off the field at text + *at, which it ends with a NUL, and steps to the next one. */
static char *quoted_field(char *text, size_t size, size_t *at, struct netboot_error *error)
{
    char *ret = text + *at + 1, *end = ret;
    size_t i = *at + 1;

    for (; i < size; i++) {
        if (text[i] == '"' && i + 1 < size && text[i + 1] == '"')
            i++;
        else if (text[i] == '"')
            break;
        *end++ = text[i];
    }
    if (i >= size) {
        failure(error, -EINVAL, "the line ends inside of quotation marks");
        return NULL;
    }
    if (i + 1 < size && text[i + 1] != ',') {
        failure(error, -EINVAL, "write a comma after a field in quotation marks; inside of one, write \"\" for a mark");
        return NULL;
    }
    *end = '\0';
    *at = i + 2;
    return ret;
}

/* The next field as a C string; NULL with the reason. *at is past `size` after the last. */
static char *next_field(char *text, size_t size, size_t *at, struct netboot_error *error)
{
    if (*at < size && text[*at] == '"')
        return quoted_field(text, size, at, error);
    char *ret = text + *at;
    char *comma = *at < size ? memchr(ret, ',', size - *at) : NULL;
    size_t length = comma ? (size_t)(comma - ret) : size - *at;
    if (memchr(ret, '"', length)) {
        failure(error, -EINVAL,
                "a field with a quotation mark must be in quotation marks: write \"a \"\"b\"\" c\" for a \"b\" c");
        return NULL;
    }
    ret[length] = '\0';
    *at += length + 1;
    return ret;
}

static int unknown_column(const char *name, struct netboot_error *error)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE];
    const char *other = strpbrk(name, ";\t|\r");

    if (other && *other == '\r')
        return failure(error, -EINVAL, "lines end with a carriage return only: convert them with tr '\\r' '\\n'");
    if (other)
        return failure(error, -EINVAL, "separate columns by commas, not by %s, as in name,mac,target",
                       *other == '\t'  ? "tabs"
                       : *other == ';' ? "semicolons"
                                       : "bars");
    suggest_begin(&nearest, name);
    for (size_t i = 0; i < CSV_COLUMNS_MAX; i++)
        suggest_offer(&nearest, columns[i].name);
    return failure(
        error, -EINVAL,
        "unknown column `%.100s`%s (the first line names the columns: name,mac,uuid,duid,target,note,labels,loader)",
        name, suggest_text(&nearest, hint));
}

int csv_header_parse(char *text, size_t size, struct csv_header *ret, struct netboot_error *error)
{
    struct csv_header header = {.count = 0};

    for (size_t at = 0; at <= size;) {
        char *name = next_field(text, size, &at, error);
        uint8_t i = 0;
        if (!name)
            return -EINVAL;
        name += strspn(name, " ");
        name[strcspn(name, " ")] = '\0';
        while (i < CSV_COLUMNS_MAX && strcmp(columns[i].name, name) != 0)
            i++;
        if (i == CSV_COLUMNS_MAX)
            return unknown_column(name, error);
        if (memchr(header.columns, i, header.count))
            return failure(error, -EINVAL, "the column `%s` is given twice", name);
        header.columns[header.count++] = i;
    }
    *ret = header;
    return 0;
}

static const char *separators_of(const char *text)
{
    return strchr(text, ';') ? ";" : " \t";
}

/* Takes the next value off `rest` and ends it with a NUL; NULL after the last. A semicolon or backslash after a
 * backslash is part of the value. */
static char *next_value(char **rest, const char *separators)
{
    char *ret = *rest + strspn(*rest, separators), *from = ret, *to = ret;

    if (!*ret)
        return NULL;
    while (*from && !strchr(separators, *from)) {
        if (from[0] == '\\' && (from[1] == ';' || from[1] == '\\'))
            from++;
        *to++ = *from++;
    }
    *rest = from + (*from != '\0');
    *to = '\0';
    return ret;
}

static cJSON *list_parse(char *text)
{
    const char *separators = separators_of(text);
    cJSON *ret = cJSON_CreateArray();
    char *rest = text, *word;

    while (ret && (word = next_value(&rest, separators))) {
        word += strspn(word, " ");
        for (size_t size = strlen(word); size > 0 && word[size - 1] == ' '; size--)
            word[size - 1] = '\0';
        if (*word)
            cJSON_AddItemToArray(ret, cJSON_CreateString(word));
    }
    return ret;
}

static cJSON *map_parse(const char *column, char *text, struct netboot_error *error)
{
    const char *separators = separators_of(text);
    cJSON *ret = cJSON_CreateObject();
    char *rest = text, *word;

    while (ret && (word = next_value(&rest, separators))) {
        char *equals = strchr(word, '=');
        if (!equals) {
            failure(error, -EINVAL, "%s: `%.100s` is not KEY=VALUE", column, word);
            cJSON_Delete(ret);
            return NULL;
        }
        *equals = '\0';
        cJSON_AddStringToObject(ret, word + strspn(word, " "), equals + 1);
    }
    return ret;
}

static cJSON *field_parse(unsigned column, char *text, struct netboot_error *error)
{
    if (!*text)
        return cJSON_CreateNull();
    if (columns[column].form == LIST)
        return list_parse(text);
    if (columns[column].form == MAP)
        return map_parse(columns[column].name, text, error);
    return cJSON_CreateString(text);
}

cJSON *csv_parse(const struct csv_header *header, char *text, size_t size, struct netboot_error *error)
{
    cJSON *ret = cJSON_CreateObject();
    unsigned count = 0;

    failure_no_memory(error);
    if (memchr(text, '\0', size)) {
        failure(error, -EINVAL, "a text contains a NUL");
        size = 0;
        goto failed;
    }
    for (size_t at = 0; at <= size; count++) {
        char *field = next_field(text, size, &at, error);
        if (!field)
            goto failed;
        if (count >= header->count)
            continue;
        cJSON *value = field_parse(header->columns[count], field, error);
        if (!value || !cJSON_AddItemToObjectCS(ret, columns[header->columns[count]].name, value))
            goto failed;
    }
    if (count == header->count)
        return ret;
    failure(error, -EINVAL, "the line has %u fields, but the first line names %u columns", count, header->count);
failed:
    cJSON_Delete(ret);
    return NULL;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void field_print(FILE *file, const char *text)
{
    if (!strpbrk(text, "\",\r\n") && text[0] != ' ') {
        fputs(text, file);
        return;
    }
    putc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

static void value_print(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == ';' || *text == '\\')
            putc('\\', file);
        putc(*text, file);
    }
}

/* A list or map as one field; semicolons separate the values if one has a space or a semicolon. NULL: out of memory. */
static char *field_text(const cJSON *value)
{
    char *ret = NULL;
    size_t size = 0;
    bool semicolons = false;
    const cJSON *item;
    FILE *file = open_memstream(&ret, &size);

    if (!file)
        return NULL;
    cJSON_ArrayForEach(item, value) semicolons = semicolons || strpbrk(item->valuestring, " \t;");
    cJSON_ArrayForEach(item, value)
    {
        if (item != value->child)
            putc(semicolons ? ';' : ' ', file);
        if (item->string)
            fprintf(file, "%s=", item->string);
        value_print(file, item->valuestring);
    }
    if (semicolons && !value->child->next)
        putc(';', file); /* one value with a space in it, not two */
    if (fclose(file) == 0)
        return ret;
    free(ret);
    return NULL;
}

void csv_header_print(FILE *file)
{
    for (size_t i = 0; i < CSV_COLUMNS_MAX; i++)
        fprintf(file, "%s%s", i ? "," : "", columns[i].name);
    fputs("\r\n", file);
}

int csv_print(FILE *file, const cJSON *host, struct netboot_error *error)
{
    for (size_t i = 0; i < CSV_COLUMNS_MAX; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(host, columns[i].name);
        if (i > 0)
            putc(',', file);
        if (columns[i].form == ONE) {
            field_print(file, cJSON_IsString(value) ? value->valuestring : "");
            continue;
        }
        char *text = field_text(value);
        if (!text)
            return failure_no_memory(error);
        field_print(file, text);
        free(text);
    }
    fputs("\r\n", file);
    return 0;
}
