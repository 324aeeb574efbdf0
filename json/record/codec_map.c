/* SPDX-License-Identifier: MPL-2.0 */
/* Fields that are an object: files by platform, labels by key. */
#include "json/record/codec_value.h"

#include "common/base/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Files of platforms ----------------------------------------------------------------------------------------- */

static int platform_file_append(const struct json_field *field, const cJSON *file, struct netboot_list *list,
                                struct arena *memory, struct netboot_error *error)
{
    struct netboot_error reason;
    uint16_t platform;
    int status = codec_with_key(field->key, netboot_platform_parse(file->string, &platform, &reason), &reason, error);

    if (status == 0)
        status = codec_string_wanted(field, file, error);
    if (status == 0)
        status = codec_file_check(field->key, file->valuestring, error);
    if (status)
        return status;
    if (netboot_platform_file(list, platform).size > 0)
        return failure(error, -EINVAL, "%s: platform `%s` is given twice", field->key, file->string);
    size_t size = strlen(file->valuestring);
    uint8_t *item = arena_take(memory, 2 + size);
    if (!item)
        return failure_no_memory(error);
    item[0] = (uint8_t)(platform >> 8);
    item[1] = (uint8_t)platform;
    memcpy(item + 2, file->valuestring, size);
    return codec_list_append(field, list, (struct netboot_bytes){item, 2 + size}, error);
}

static int platform_files_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                                 struct netboot_error *error)
{
    const cJSON *file;
    int status = 0;

    if (!cJSON_IsObject(value))
        return failure(error, -EINVAL, "%s: give an object of platforms and files, as {\"x64-uefi\": \"a.efi\"}",
                       field->key);
    cJSON_ArrayForEach(file, value) if (status == 0) status = platform_file_append(field, file, at, memory, error);
    return status;
}

static cJSON *platform_files_encode(const struct json_field *field, const void *at)
{
    const struct netboot_list *list = at;
    char text[NETBOOT_PLATFORM_TEXT_SIZE];
    cJSON *ret = cJSON_CreateObject();

    (void)field;
    for (size_t i = 0; i < list->count; i++) {
        struct netboot_bytes item = list->items[i];
        if (item.size < 2)
            continue;
        netboot_platform_text((uint16_t)(item.data[0] << 8 | item.data[1]), text);
        if (!codec_add(&ret, text, codec_string_new((struct netboot_bytes){item.data + 2, item.size - 2})))
            return NULL;
    }
    return ret;
}

const struct codec codec_platform_files = {platform_files_decode, platform_files_encode};

/* ---- Labels ----------------------------------------------------------------------------------------------------- */

/* A label's value: a string, or a whole number. NULL: it is neither. */
static const char *label_value(const cJSON *label, char number[16])
{
    if (cJSON_IsString(label))
        return label->valuestring;
    if (!cJSON_IsNumber(label) || label->valuedouble != label->valueint)
        return NULL;
    snprintf(number, 16, "%d", label->valueint);
    return number;
}

static int label_append(const struct json_field *field, const cJSON *label, struct netboot_list *list,
                        struct arena *memory, struct netboot_error *error)
{
    char number[16];
    const char *value = label_value(label, number);
    size_t key_size = strlen(label->string) + 1;

    if (!value)
        return failure(error, -EINVAL, "%s: the value of `%.100s` is not a string", field->key, label->string);
    if (!netboot_name_valid(label->string))
        return failure(error, -EINVAL, "%s: `%.100s` is not a key for a label: use letters, digits and ._-, at most %d",
                       field->key, label->string, NETBOOT_NAME_MAX);
    size_t value_size = strlen(value);
    char *text = arena_take(memory, key_size + value_size);
    if (!text)
        return failure_no_memory(error);
    memcpy(text, label->string, key_size - 1);
    text[key_size - 1] = '=';
    memcpy(text + key_size, value, value_size);
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].size >= key_size && memcmp(list->items[i].data, text, key_size) == 0)
            return failure(error, -EINVAL, "%s: `%s` is given twice", field->key, label->string);
    return codec_list_append(field, list, (struct netboot_bytes){(uint8_t *)text, key_size + value_size}, error);
}

static int labels_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                         struct netboot_error *error)
{
    const cJSON *label;
    int status = 0;

    if (!cJSON_IsObject(value))
        return failure(error, -EINVAL, "%s: give an object, as {\"rack\": \"12\"}", field->key);
    cJSON_ArrayForEach(label, value) if (status == 0) status = label_append(field, label, at, memory, error);
    return status;
}

static cJSON *labels_encode(const struct json_field *field, const void *at)
{
    const struct netboot_list *list = at;
    cJSON *ret = cJSON_CreateObject();

    (void)field;
    for (size_t i = 0; i < list->count; i++) {
        char *text = strndup((const char *)list->items[i].data, list->items[i].size);
        char *equals = text ? strchr(text, '=') : NULL;
        if (equals)
            *equals = '\0';
        bool done = text && codec_add(&ret, text, cJSON_CreateString(equals ? equals + 1 : ""));
        free(text);
        if (!done) {
            cJSON_Delete(ret);
            return NULL;
        }
    }
    return ret;
}

const struct codec codec_labels = {labels_decode, labels_encode};
