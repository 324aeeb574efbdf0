/* SPDX-License-Identifier: MPL-2.0 */
#include "json/record/codec_value.h"

#include "common/base/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

cJSON *codec_string_new(struct netboot_bytes text)
{
    char *copy = strndup((const char *)text.data, text.size);
    cJSON *ret = copy ? cJSON_CreateString(copy) : NULL;

    free(copy);
    return ret;
}

bool codec_add(cJSON **list, const char *key, cJSON *item)
{
    bool done = item && *list && (key ? cJSON_AddItemToObject(*list, key, item) : cJSON_AddItemToArray(*list, item));

    if (done)
        return true;
    cJSON_Delete(item);
    cJSON_Delete(*list);
    *list = NULL;
    return false;
}

int codec_string_wanted(const struct json_field *field, const cJSON *value, struct netboot_error *error)
{
    if (cJSON_IsString(value))
        return 0;
    return failure(error, -EINVAL, "%s: give a string", field->key);
}

int codec_list_append(const struct json_field *field, struct netboot_list *list, struct netboot_bytes item,
                      struct netboot_error *error)
{
    if (!item.data)
        return failure_no_memory(error);
    if (list->count == NETBOOT_LIST_MAX)
        return failure(error, -EINVAL, "%s: give at most %d of them", field->key, NETBOOT_LIST_MAX);
    list->items[list->count++] = item;
    return 0;
}

int codec_with_key(const char *key, int status, const struct netboot_error *reason, struct netboot_error *error)
{
    return status ? failure(error, status, "%s: %.480s", key, reason->text) : 0;
}

int codec_file_check(const char *key, const char *file, struct netboot_error *error)
{
    struct netboot_error reason = {0};

    return codec_with_key(key, netboot_file_check(file, &reason), &reason, error);
}
