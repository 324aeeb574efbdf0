/* SPDX-License-Identifier: MPL-2.0 */
/* Records that are made, and their names. */
#include "fold.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 80

/* Letters, digits, "." and "_" stay, braces of placeholders go; all else is one hyphen. */
static void name_clean(const char *text, char ret[NAME_SIZE])
{
    size_t size = 0;

    for (; *text && size + 1 < NAME_SIZE; text++) {
        if (isalnum((unsigned char)*text) || (size > 0 && strchr("._", *text)))
            ret[size++] = *text;
        else if (!strchr("{}", *text) && size > 0 && ret[size - 1] != '-')
            ret[size++] = '-';
    }
    while (size > 0 && ret[size - 1] == '-')
        size--;
    ret[size] = '\0';
}

/* A host named 52-54-00-12-34-56 would be taken for its address. */
static void name_no_id(const char *type, char name[NAME_SIZE])
{
    struct netboot_id id;
    char other[NAME_SIZE];

    if (netboot_id_parse(name, &id, NULL) != 0 || id.type == NETBOOT_ID_NAME)
        return;
    snprintf(other, sizeof(other), "%s-%.60s", type, name);
    memcpy(name, other, sizeof(other));
}

const char *name_make(struct fold *fold, const char *type, const char *text)
{
    char clean[NAME_SIZE];
    const char *name = clean;
    long *count;

    name_clean(text, clean);
    if (clean[0] == '\0')
        strcpy(clean, type);
    name_no_id(type, clean);
    count = texts_number(&fold->names, texts_format(&fold->scene->texts, "%s %s", type, name));
    while (count && ++*count > 1) {
        name = texts_format(&fold->scene->texts, "%s-%ld", clean, *count);
        count = name ? texts_number(&fold->names, texts_format(&fold->scene->texts, "%s %s", type, name)) : NULL;
    }
    return count ? texts_keep(&fold->scene->texts, name) : NULL;
}

cJSON *record_new(const char *type, const char *name)
{
    cJSON *record = cJSON_CreateObject();

    if (record && cJSON_AddStringToObject(record, "type", type) &&
        (!name || cJSON_AddStringToObject(record, "name", name)))
        return record;
    cJSON_Delete(record);
    return NULL;
}

cJSON *record_add(struct fold *fold, const char *type, const char *name)
{
    cJSON *record = record_new(type, name);

    if (record && cJSON_AddItemToArray(fold->records, record))
        return record;
    cJSON_Delete(record);
    return NULL;
}

int files_add(cJSON *object, const char *key, const char *const files[ARCH_COUNT])
{
    cJSON *list = NULL;

    for (unsigned i = 0; i < ARCH_COUNT; i++) {
        if (!files[i])
            continue;
        if (!list)
            list = cJSON_AddObjectToObject(object, key);
        if (!list || !cJSON_AddStringToObject(list, netboot_platform_name(i), files[i]))
            return -ENOMEM;
    }
    return 0;
}
