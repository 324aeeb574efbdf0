/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/host_json.h"

#include "common/base/failure.h"
#include "json/record/json.h"
#include "json/show/boot_once.h"

#include <errno.h>
#include <string.h>

int host_to_json(struct netboot_view *view, const struct netboot_id *id, cJSON **ret, struct netboot_error *error)
{
    const struct netboot_record_key key = host_key(id);
    struct netboot_record record;
    int status = netboot_view_get(view, &key, &record, error);

    if (status != 0)
        return status;
    cJSON *object = record_to_json(&record);
    if (!object)
        return failure_no_memory(error);
    status = once_add(view, id, object, error);
    if (status != 0) {
        cJSON_Delete(object);
        return status;
    }
    *ret = object;
    return 0;
}

/* ---- Changes */

/* The key of the list that such an identifier is in. */
static const char *list_of(enum netboot_id_type type)
{
    return type == NETBOOT_ID_MAC ? "mac" : type == NETBOOT_ID_UUID ? "uuid" : "duid";
}

/* The list of that key, made if there is none, or of the one string there is. NULL: out of memory. */
static cJSON *list_in(cJSON *record, const char *key)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(record, key), *list;

    if (item && !cJSON_IsNull(item) && !cJSON_IsString(item))
        return item; /* a list; anything else is found wrong when the record is read */
    list = cJSON_CreateArray();
    if (list && cJSON_IsString(item) && !cJSON_AddItemToArray(list, cJSON_Duplicate(item, true))) {
        cJSON_Delete(list);
        return NULL;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(record, key);
    if (list && cJSON_AddItemToObject(record, key, list))
        return list;
    cJSON_Delete(list);
    return NULL;
}

/* Sees to it that the host still has the identifier it was called by: the same change twice means the same host. */
static int keep_id(cJSON *record, const struct netboot_id *id, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_id other;
    cJSON *list = list_in(record, list_of(id->type)), *item;

    if (!list)
        return failure_no_memory(error);
    cJSON_ArrayForEach(item, list)
    {
        bool same = cJSON_IsString(item) && netboot_id_parse_as(id->type, NULL, item->valuestring, &other, NULL) == 0 &&
                    other.size == id->size && memcmp(other.value, id->value, id->size) == 0;
        if (same)
            return 0;
    }
    if (!cJSON_IsArray(list))
        return 0;
    item = cJSON_CreateString(netboot_id_text(id, text));
    if (item && cJSON_InsertItemInArray(list, 0, item))
        return 0;
    cJSON_Delete(item);
    return failure_no_memory(error);
}

bool host_has_ids(const cJSON *record)
{
    static const char *const keys[] = {"mac", "uuid", "duid"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const cJSON *ids = cJSON_GetObjectItemCaseSensitive(record, keys[i]);
        if (cJSON_GetArraySize(ids) > 0 || (cJSON_IsString(ids) && ids->valuestring[0]))
            return true;
    }
    return false;
}

int host_change(cJSON *record, const struct netboot_id *id, const cJSON *changes, struct netboot_error *error)
{
    if (json_merge(record, changes) != 0)
        return failure_no_memory(error);
    return id->type == NETBOOT_ID_NAME ? 0 : keep_id(record, id, error);
}

int host_target_check(struct netboot_view *view, const cJSON *changes, struct netboot_error *error)
{
    const char *target = json_text(changes, "target");
    struct netboot_record found;
    struct netboot_error reason;
    struct netboot_record_key key;

    if (!target || !target[0])
        return 0;
    if (netboot_record_key_parse(NETBOOT_RECORD_TARGET, target, &key, &reason) != 0)
        return failure(error, -EINVAL, "target: %.480s", reason.text);
    if (netboot_view_get(view, &key, &found, NULL) == -ENOENT)
        return failure(error, -ENOENT, "target: there is no target %s", target);
    return 0;
}
