/* SPDX-License-Identifier: MPL-2.0 */
#include "codec.h"

#include "common/failure.h"
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct netboot_error *error)
{
    return failure(error, -ENOMEM, "out of memory");
}

static cJSON *string_new(struct netboot_bytes text)
{
    char *copy = strndup((const char *)text.data, text.size);
    cJSON *ret = copy ? cJSON_CreateString(copy) : NULL;

    free(copy);
    return ret;
}

/* A string for text, null for none. */
static cJSON *string_or_null(struct netboot_bytes text)
{
    return text.size ? string_new(text) : cJSON_CreateNull();
}

/* Moves `item` into `list`, by `key` if there is one; on failure both are freed. */
static bool add(cJSON **list, const char *key, cJSON *item)
{
    bool done = item && *list && (key ? cJSON_AddItemToObject(*list, key, item) : cJSON_AddItemToArray(*list, item));

    if (done)
        return true;
    cJSON_Delete(item);
    cJSON_Delete(*list);
    *list = NULL;
    return false;
}

static int string_wanted(const struct field *field, const cJSON *value, struct netboot_error *error)
{
    if (cJSON_IsString(value))
        return 0;
    return failure(error, -EINVAL, "%s: a string is wanted", field->key);
}

static int list_append(const struct field *field, struct netboot_list *list, struct netboot_bytes item,
                       struct netboot_error *error)
{
    if (!item.data)
        return no_memory(error);
    if (list->count == NETBOOT_LIST_MAX)
        return failure(error, -EINVAL, "%s: more than %d of them do not fit", field->key, NETBOOT_LIST_MAX);
    list->items[list->count++] = item;
    return 0;
}

/* ---- Text ------------------------------------------------------------------------------------------------------- */

static int text_store(const char *text, struct netboot_bytes *ret, struct memory *memory, struct netboot_error *error)
{
    struct netboot_bytes copy = memory_copy(memory, text, strlen(text));

    if (!copy.data)
        return no_memory(error);
    *ret = copy;
    return 0;
}

static int text_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                       struct netboot_error *error)
{
    int status = string_wanted(field, value, error);

    return status ? status : text_store(value->valuestring, at, memory, error);
}

static cJSON *text_encode(const struct field *field, const void *at)
{
    (void)field;
    return string_or_null(*(const struct netboot_bytes *)at);
}

const struct codec codec_text = {text_decode, text_encode};

static int name_check(const struct field *field, const char *name, struct netboot_error *error)
{
    struct netboot_id id;

    if (field->parameter == NETBOOT_ID_NAME)
        return id_parse_as(NETBOOT_ID_NAME, field->key, name, &id, error);
    if (netboot_name_valid(name))
        return 0;
    return failure(error, -EINVAL,
                   "%s: `%.150s` is not a name: letters, digits and ._-, a letter or digit first, at most %d",
                   field->key, name, NETBOOT_NAME_MAX);
}

static int name_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                       struct netboot_error *error)
{
    int status = string_wanted(field, value, error);

    if (status == 0)
        status = name_check(field, value->valuestring, error);
    return status ? status : text_store(value->valuestring, at, memory, error);
}

const struct codec codec_name = {name_decode, text_encode};

/* The library's reasons do not know which key the value was for. */
static int with_key(const char *key, int status, const struct netboot_error *reason, struct netboot_error *error)
{
    return status ? failure(error, status, "%s: %.480s", key, reason->text) : 0;
}

static int file_check(const char *key, const char *file, struct netboot_error *error)
{
    struct netboot_error reason = {0};

    return with_key(key, netboot_file_check(file, &reason), &reason, error);
}

static int file_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                       struct netboot_error *error)
{
    int status = string_wanted(field, value, error);

    if (status == 0)
        status = file_check(field->key, value->valuestring, error);
    return status ? status : text_store(value->valuestring, at, memory, error);
}

const struct codec codec_file = {file_decode, text_encode};

static int base_url_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                           struct netboot_error *error)
{
    struct netboot_error reason = {0};
    int status = string_wanted(field, value, error);

    if (status == 0)
        status = with_key(field->key, netboot_base_url_check(value->valuestring, &reason), &reason, error);
    return status ? status : text_store(value->valuestring, at, memory, error);
}

const struct codec codec_base_url = {base_url_decode, text_encode};

/* ---- Addresses -------------------------------------------------------------------------------------------------- */

static int address_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                          struct netboot_error *error)
{
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    int status = string_wanted(field, value, error);

    if (status)
        return status;
    status = address_parse(field->key, value->valuestring, field->parameter, address, error);
    if (status)
        return status;
    struct netboot_bytes copy = memory_copy(memory, address, field->parameter);
    if (!copy.data)
        return no_memory(error);
    *(struct netboot_bytes *)at = copy;
    return 0;
}

static cJSON *address_encode(const struct field *field, const void *at)
{
    const struct netboot_bytes *address = at;
    char text[INET6_ADDRSTRLEN];

    if (address->size != field->parameter)
        return cJSON_CreateNull();
    inet_ntop(field->parameter == 4 ? AF_INET : AF_INET6, address->data, text, sizeof(text));
    return cJSON_CreateString(text);
}

const struct codec codec_address = {address_decode, address_encode};

/* ---- Lists ------------------------------------------------------------------------------------------------------ */

typedef int decode_item(const struct field *field, const char *text, struct netboot_list *list, struct memory *memory,
                        struct netboot_error *error);

/* Calls `decode` for a string, or for each string of a list. */
static int strings_decode(const struct field *field, const cJSON *value, decode_item *decode, void *list,
                          struct memory *memory, struct netboot_error *error)
{
    const cJSON *item;

    if (cJSON_IsString(value))
        return decode(field, value->valuestring, list, memory, error);
    if (!cJSON_IsArray(value))
        return failure(error, -EINVAL, "%s: a list of strings is wanted", field->key);
    cJSON_ArrayForEach(item, value)
    {
        int status = string_wanted(field, item, error);
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

static int prefix_append(const struct field *field, const char *text, struct netboot_list *list, struct memory *memory,
                         struct netboot_error *error)
{
    uint8_t prefix[PREFIX_SIZE];
    int size = prefix_parse(text, prefix, error);

    if (size < 0)
        return size;
    if (list_has(list, (struct netboot_bytes){prefix, (size_t)size}))
        return failure(error, -EINVAL, "%s: `%.100s` comes twice", field->key, text);
    return list_append(field, list, memory_copy(memory, prefix, (size_t)size), error);
}

static int prefixes_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                           struct netboot_error *error)
{
    return strings_decode(field, value, prefix_append, at, memory, error);
}

static cJSON *prefixes_encode(const struct field *field, const void *at)
{
    const struct netboot_list *list = at;
    char text[PREFIX_TEXT_SIZE];
    cJSON *ret = cJSON_CreateArray();

    (void)field;
    for (size_t i = 0; i < list->count; i++)
        if (!add(&ret, NULL, cJSON_CreateString(prefix_text(list->items[i], text))))
            return NULL;
    return ret;
}

const struct codec codec_prefixes = {prefixes_decode, prefixes_encode};

static int id_append(const struct field *field, const char *text, struct netboot_list *list, struct memory *memory,
                     struct netboot_error *error)
{
    uint8_t item[1 + NETBOOT_DUID_MAX] = {(uint8_t)field->parameter};
    struct netboot_id id;
    int status = id_parse_as((enum netboot_id_type)field->parameter, field->key, text, &id, error);

    if (status)
        return status;
    memcpy(item + 1, id.value, id.size);
    if (list_has(list, (struct netboot_bytes){item, 1U + id.size}))
        return failure(error, -EINVAL, "%s: `%.150s` comes twice", field->key, text);
    return list_append(field, list, memory_copy(memory, item, 1U + id.size), error);
}

static int ids_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                      struct netboot_error *error)
{
    return strings_decode(field, value, id_append, at, memory, error);
}

static cJSON *ids_encode(const struct field *field, const void *at)
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
        if (!add(&ret, NULL, cJSON_CreateString(netboot_id_text(&id, text))))
            return NULL;
    }
    return ret;
}

const struct codec codec_ids = {ids_decode, ids_encode};

static int file_append(const struct field *field, const char *text, struct netboot_list *list, struct memory *memory,
                       struct netboot_error *error)
{
    int status = file_check(field->key, text, error);

    return status ? status : list_append(field, list, memory_copy(memory, text, strlen(text)), error);
}

static int files_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                        struct netboot_error *error)
{
    return strings_decode(field, value, file_append, at, memory, error);
}

static cJSON *files_encode(const struct field *field, const void *at)
{
    const struct netboot_list *list = at;
    cJSON *ret = cJSON_CreateArray();

    (void)field;
    for (size_t i = 0; i < list->count; i++)
        if (!add(&ret, NULL, string_new(list->items[i])))
            return NULL;
    return ret;
}

const struct codec codec_files = {files_decode, files_encode};

/* ---- Platforms -------------------------------------------------------------------------------------------------- */

static int platform_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                           struct netboot_error *error)
{
    struct netboot_error reason;
    int status = string_wanted(field, value, error);

    (void)memory;
    if (status)
        return status;
    return with_key(field->key, platform_parse(value->valuestring, at, &reason), &reason, error);
}

static cJSON *platform_encode(const struct field *field, const void *at)
{
    char text[PLATFORM_TEXT_SIZE];

    (void)field;
    return cJSON_CreateString(platform_text(*(const uint16_t *)at, text));
}

const struct codec codec_platform = {platform_decode, platform_encode};

static int platform_file_append(const struct field *field, const cJSON *file, struct netboot_list *list,
                                struct memory *memory, struct netboot_error *error)
{
    struct netboot_error reason;
    uint16_t platform;
    int status = with_key(field->key, platform_parse(file->string, &platform, &reason), &reason, error);

    if (status == 0)
        status = string_wanted(field, file, error);
    if (status == 0)
        status = file_check(field->key, file->valuestring, error);
    if (status)
        return status;
    if (netboot_platform_file(list, platform).size > 0)
        return failure(error, -EINVAL, "%s: platform `%s` comes twice", field->key, file->string);
    size_t size = strlen(file->valuestring);
    uint8_t *item = memory_take(memory, 2 + size);
    if (!item)
        return no_memory(error);
    item[0] = (uint8_t)(platform >> 8);
    item[1] = (uint8_t)platform;
    memcpy(item + 2, file->valuestring, size);
    return list_append(field, list, (struct netboot_bytes){item, 2 + size}, error);
}

static int platform_files_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                                 struct netboot_error *error)
{
    const cJSON *file;
    int status = 0;

    if (!cJSON_IsObject(value))
        return failure(error, -EINVAL, "%s: an object of platforms and files is wanted, as {\"x64-uefi\": \"a.efi\"}",
                       field->key);
    cJSON_ArrayForEach(file, value) if (status == 0) status = platform_file_append(field, file, at, memory, error);
    return status;
}

static cJSON *platform_files_encode(const struct field *field, const void *at)
{
    const struct netboot_list *list = at;
    char text[PLATFORM_TEXT_SIZE];
    cJSON *ret = cJSON_CreateObject();

    (void)field;
    for (size_t i = 0; i < list->count; i++) {
        struct netboot_bytes item = list->items[i];
        if (item.size < 2)
            continue;
        platform_text((uint16_t)(item.data[0] << 8 | item.data[1]), text);
        if (!add(&ret, text, string_new((struct netboot_bytes){item.data + 2, item.size - 2})))
            return NULL;
    }
    return ret;
}

const struct codec codec_platform_files = {platform_files_decode, platform_files_encode};

/* ---- Labels ----------------------------------------------------------------------------------------------------- */

/* A label's value; a number that is whole is as good as a string. NULL: it is neither. */
static const char *label_value(const cJSON *label, char number[16])
{
    if (cJSON_IsString(label))
        return label->valuestring;
    if (!cJSON_IsNumber(label) || label->valuedouble != label->valueint)
        return NULL;
    snprintf(number, 16, "%d", label->valueint);
    return number;
}

static int label_append(const struct field *field, const cJSON *label, struct netboot_list *list, struct memory *memory,
                        struct netboot_error *error)
{
    char number[16];
    const char *value = label_value(label, number);
    size_t key_size = strlen(label->string) + 1;

    if (!value)
        return failure(error, -EINVAL, "%s: the value of `%.100s` is no string", field->key, label->string);
    if (!netboot_name_valid(label->string))
        return failure(error, -EINVAL, "%s: `%.100s` is no key of a label: letters, digits and ._-, at most %d",
                       field->key, label->string, NETBOOT_NAME_MAX);
    size_t value_size = strlen(value);
    char *text = memory_take(memory, key_size + value_size);
    if (!text)
        return no_memory(error);
    memcpy(text, label->string, key_size - 1);
    text[key_size - 1] = '=';
    memcpy(text + key_size, value, value_size);
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].size >= key_size && memcmp(list->items[i].data, text, key_size) == 0)
            return failure(error, -EINVAL, "%s: `%s` comes twice", field->key, label->string);
    return list_append(field, list, (struct netboot_bytes){(uint8_t *)text, key_size + value_size}, error);
}

static int labels_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                         struct netboot_error *error)
{
    const cJSON *label;
    int status = 0;

    if (!cJSON_IsObject(value))
        return failure(error, -EINVAL, "%s: an object is wanted, as {\"rack\": \"12\"}", field->key);
    cJSON_ArrayForEach(label, value) if (status == 0) status = label_append(field, label, at, memory, error);
    return status;
}

static cJSON *labels_encode(const struct field *field, const void *at)
{
    const struct netboot_list *list = at;
    cJSON *ret = cJSON_CreateObject();

    (void)field;
    for (size_t i = 0; i < list->count; i++) {
        char *text = strndup((const char *)list->items[i].data, list->items[i].size);
        char *equals = text ? strchr(text, '=') : NULL;
        if (equals)
            *equals = '\0';
        bool done = text && add(&ret, text, cJSON_CreateString(equals ? equals + 1 : ""));
        free(text);
        if (!done) {
            cJSON_Delete(ret);
            return NULL;
        }
    }
    return ret;
}

const struct codec codec_labels = {labels_decode, labels_encode};

/* ---- The rest --------------------------------------------------------------------------------------------------- */

static int kind_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                       struct netboot_error *error)
{
    int status = string_wanted(field, value, error);
    int kind = status ? status : netboot_kind_find(value->valuestring);

    (void)memory;
    if (status)
        return status;
    if (kind < 0)
        return failure(error, -EINVAL, "%s: `%.100s` is no kind of target: type boot, local, silent or ignore",
                       field->key, value->valuestring);
    *(enum netboot_kind *)at = (enum netboot_kind)kind;
    return 0;
}

static cJSON *kind_encode(const struct field *field, const void *at)
{
    (void)field;
    return cJSON_CreateString(netboot_kind_name(*(const enum netboot_kind *)at));
}

const struct codec codec_kind = {kind_decode, kind_encode};

/* A place in the menu; from the command line it comes as text. */
static int order_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                        struct netboot_error *error)
{
    char *end = NULL;
    double number = cJSON_IsNumber(value) ? value->valuedouble : -1;

    (void)memory;
    if (cJSON_IsString(value) && strspn(value->valuestring, "0123456789") == strlen(value->valuestring))
        number = strtod(value->valuestring, &end);
    if (!(number >= 0 && number <= UINT16_MAX) || number != (uint16_t)number)
        return failure(error, -EINVAL, "%s: a number from 1 to %u is wanted, or 0 for none", field->key, UINT16_MAX);
    *(uint16_t *)at = (uint16_t)number;
    return 0;
}

static cJSON *order_encode(const struct field *field, const void *at)
{
    uint16_t order = *(const uint16_t *)at;

    (void)field;
    return order ? cJSON_CreateNumber(order) : cJSON_CreateNull();
}

const struct codec codec_order = {order_decode, order_encode};

/* The store sets the time itself. */
static int time_decode(const struct field *field, const cJSON *value, void *at, struct memory *memory,
                       struct netboot_error *error)
{
    (void)at;
    (void)memory;
    return string_wanted(field, value, error);
}

static cJSON *time_encode(const struct field *field, const void *at)
{
    char text[TIME_TEXT_SIZE];

    (void)field;
    time_text(*(const uint64_t *)at, text);
    return text[0] ? cJSON_CreateString(text) : cJSON_CreateNull();
}

const struct codec codec_time = {time_decode, time_encode};
