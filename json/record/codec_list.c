/* SPDX-License-Identifier: MPL-2.0 */
/* Fields that are a list of strings. */
#include "json/record/codec_value.h"

#include "common/base/failure.h"

#include <errno.h>
#include <string.h>

typedef int decode_item(const struct json_field *field, const char *text, struct netboot_list *list,
                        struct arena *memory, struct netboot_error *error);

/* Calls `decode` for a string, or for each string of a list. */
static int strings_decode(const struct json_field *field, const cJSON *value, decode_item *decode, void *list,
                          struct arena *memory, struct netboot_error *error)
{
    const cJSON *item;

    if (cJSON_IsString(value))
        return decode(field, value->valuestring, list, memory, error);
    if (!cJSON_IsArray(value))
        return failure(error, -EINVAL, "%s: give a list of strings", field->key);
    cJSON_ArrayForEach(item, value)
    {
        int status = codec_string_wanted(field, item, error);
        if (status == 0)
            status = decode(field, item->valuestring, list, memory, error);
        if (status)
            return status;
    }
    return 0;
}

static bool list_has(const struct netboot_list *list, struct netboot_bytes item)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].size == item.size && memcmp(list->items[i].data, item.data, item.size) == 0)
            return true;
    return false;
}

static int prefix_append(const struct json_field *field, const char *text, struct netboot_list *list,
                         struct arena *memory, struct netboot_error *error)
{
    uint8_t prefix[NETBOOT_PREFIX_SIZE];
    int size = netboot_prefix_parse(field->key, text, prefix, error);

    if (size < 0)
        return size;
    if (list_has(list, (struct netboot_bytes){prefix, (size_t)size}))
        return failure(error, -EINVAL, "%s: `%.100s` is given twice", field->key, text);
    return codec_list_append(field, list, arena_copy(memory, prefix, (size_t)size), error);
}

static int prefixes_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                           struct netboot_error *error)
{
    return strings_decode(field, value, prefix_append, at, memory, error);
}

static cJSON *prefixes_encode(const struct json_field *field, const void *at)
{
    const struct netboot_list *list = at;
    char text[NETBOOT_PREFIX_TEXT_SIZE];
    cJSON *ret = cJSON_CreateArray();

    (void)field;
    for (size_t i = 0; i < list->count; i++)
        if (!codec_add(&ret, NULL, cJSON_CreateString(netboot_prefix_text(list->items[i], text))))
            return NULL;
    return ret;
}

const struct codec codec_prefixes = {prefixes_decode, prefixes_encode};

struct netboot_bytes host_item(const struct netboot_id *id, struct arena *memory)
{
    uint8_t item[1 + NETBOOT_DUID_MAX] = {(uint8_t)id->type};

    memcpy(item + 1, id->value, id->size);
    return arena_copy(memory, item, 1U + id->size);
}

static int id_append(const struct json_field *field, const char *text, struct netboot_list *list, struct arena *memory,
                     struct netboot_error *error)
{
    struct netboot_bytes item;
    struct netboot_id id;
    int status = netboot_id_parse_as((enum netboot_id_type)field->parameter, field->key, text, &id, error);

    if (status)
        return status;
    item = host_item(&id, memory);
    if (item.data && list_has(list, item))
        return failure(error, -EINVAL, "%s: `%.150s` is given twice", field->key, text);
    return codec_list_append(field, list, item, error);
}

static int ids_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                      struct netboot_error *error)
{
    return strings_decode(field, value, id_append, at, memory, error);
}

static cJSON *ids_encode(const struct json_field *field, const void *at)
{
    const struct netboot_list *list = at;
    char text[NETBOOT_ID_TEXT_SIZE];
    cJSON *ret = cJSON_CreateArray();

    for (size_t i = 0; i < list->count; i++) {
        const struct netboot_bytes *item = &list->items[i];
        struct netboot_id id = {.type = (enum netboot_id_type)field->parameter};
        if (item->size < 2 || item->size > 1 + NETBOOT_DUID_MAX || item->data[0] != field->parameter)
            continue;
        id.size = (uint8_t)(item->size - 1);
        memcpy(id.value, item->data + 1, id.size);
        if (!codec_add(&ret, NULL, cJSON_CreateString(netboot_id_text(&id, text))))
            return NULL;
    }
    return ret;
}

const struct codec codec_ids = {ids_decode, ids_encode};

static int file_append(const struct json_field *field, const char *text, struct netboot_list *list,
                       struct arena *memory, struct netboot_error *error)
{
    int status = codec_file_check(field->key, text, error);

    return status ? status : codec_list_append(field, list, arena_copy(memory, text, strlen(text)), error);
}

static int files_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                        struct netboot_error *error)
{
    return strings_decode(field, value, file_append, at, memory, error);
}

static cJSON *files_encode(const struct json_field *field, const void *at)
{
    const struct netboot_list *list = at;
    cJSON *ret = cJSON_CreateArray();

    (void)field;
    for (size_t i = 0; i < list->count; i++)
        if (!codec_add(&ret, NULL, codec_string_new(list->items[i])))
            return NULL;
    return ret;
}

const struct codec codec_files = {files_decode, files_encode};
