/* SPDX-License-Identifier: MPL-2.0 */
#include "json/record/json.h"

#include "common/base/failure.h"
#include "common/base/suggest.h"
#include "json/record/codec.h"

#include <errno.h>
#include <string.h>

#define FIELDS_MAX 12

static const struct json_field site_fields[] = {
    {"name",     &codec_name,     offsetof(struct netboot_site, name),     0 },
    {"prefixes", &codec_prefixes, offsetof(struct netboot_site, prefixes), 0 },
    {"tftp4",    &codec_address,  offsetof(struct netboot_site, tftp4),    4 },
    {"tftp6",    &codec_address,  offsetof(struct netboot_site, tftp6),    16},
    {"http4",    &codec_base_url, offsetof(struct netboot_site, http4),    0 },
    {"http6",    &codec_base_url, offsetof(struct netboot_site, http6),    0 },
};

static const struct json_field loader_fields[] = {
    {"platform", &codec_platform, offsetof(struct netboot_loader, platform), 0},
    {"file",     &codec_file,     offsetof(struct netboot_loader, file),     0},
};

static const struct json_field target_fields[] = {
    {"name",         &codec_name,           offsetof(struct netboot_target, name),         0},
    {"kind",         &codec_kind,           offsetof(struct netboot_target, kind),         0},
    {"script",       &codec_file,           offsetof(struct netboot_target, script),       0},
    {"files",        &codec_platform_files, offsetof(struct netboot_target, files),        0},
    {"description",  &codec_text,           offsetof(struct netboot_target, description),  0},
    {"kernel",       &codec_file,           offsetof(struct netboot_target, kernel),       0},
    {"initrds",      &codec_files,          offsetof(struct netboot_target, initrds),      0},
    {"command_line", &codec_text,           offsetof(struct netboot_target, command_line), 0},
    {"order",        &codec_order,          offsetof(struct netboot_target, order),        0},
};

/* The identifiers are in one list, MACs first: the host goes by the first one. */
static const struct json_field host_fields[] = {
    {"name",    &codec_name,           offsetof(struct netboot_host, name),    NETBOOT_ID_NAME},
    {"mac",     &codec_ids,            offsetof(struct netboot_host, ids),     NETBOOT_ID_MAC },
    {"uuid",    &codec_ids,            offsetof(struct netboot_host, ids),     NETBOOT_ID_UUID},
    {"duid",    &codec_ids,            offsetof(struct netboot_host, ids),     NETBOOT_ID_DUID},
    {"target",  &codec_name,           offsetof(struct netboot_host, target),  0              },
    {"loader",  &codec_platform_files, offsetof(struct netboot_host, loaders), 0              },
    {"labels",  &codec_labels,         offsetof(struct netboot_host, labels),  0              },
    {"note",    &codec_text,           offsetof(struct netboot_host, note),    0              },
    {"changed", &codec_time,           offsetof(struct netboot_host, changed), 0              },
};

#define FIELDS(array) array, sizeof(array) / sizeof((array)[0])

static const struct {
    const struct json_field *fields;
    size_t count;
    unsigned required; /* so many keys, the first ones; the store itself checks that a host has an identifier */
} forms[NETBOOT_RECORD_KINDS] = {
    [NETBOOT_RECORD_SITE] = {FIELDS(site_fields),   1},
    [NETBOOT_RECORD_LOADER] = {FIELDS(loader_fields), 2},
    [NETBOOT_RECORD_TARGET] = {FIELDS(target_fields), 1},
    [NETBOOT_RECORD_HOST] = {FIELDS(host_fields),   0},
};

/* In a file of records, it says of which kind each line is. */
static const char type_key[] = "type";

const char *record_key(enum netboot_record_kind kind, size_t index)
{
    if (index < forms[kind].count)
        return forms[kind].fields[index].key;
    return index == forms[kind].count ? type_key : NULL;
}

/* cJSON ends a string at an escaped NUL and would lose the rest. */
static bool has_escaped_nul(const char *text, size_t size)
{
    static const char escape[] = "\\u0000";
    const char *at = text;

    while ((at = memmem(at, size - (size_t)(at - text), escape, sizeof(escape) - 1))) {
        size_t backslashes = 1;
        while (at - backslashes >= text && at[-(ptrdiff_t)backslashes] == '\\')
            backslashes++;
        if (backslashes % 2 == 1)
            return true;
        at++;
    }
    return false;
}

cJSON *json_parse(const char *text, size_t size, struct netboot_error *error)
{
    const char *end = NULL;
    cJSON *ret = cJSON_ParseWithLengthOpts(text, size, &end, false);
    size_t used = end ? (size_t)(end - text) : 0;

    if (!ret) {
        failure(error, -EINVAL, "invalid JSON near `%.*s`", (int)(size - used < 20 ? size - used : 20), text + used);
        return NULL;
    }
    while (used < size && strchr(" \t\r\n", text[used]))
        used++;
    if (used == size && !memchr(text, '\0', size) && !has_escaped_nul(text, size))
        return ret;
    cJSON_Delete(ret);
    if (used < size)
        failure(error, -EINVAL, "give one JSON object a line: `%.*s` follows it",
                (int)(size - used < 20 ? size - used : 20), text + used);
    else
        failure(error, -EINVAL, "a text contains a NUL");
    return NULL;
}

cJSON *record_to_json(const struct netboot_record *record)
{
    enum netboot_record_kind kind = record->kind;
    cJSON *ret = cJSON_CreateObject();

    for (size_t i = 0; ret && i < forms[kind].count; i++) {
        const struct json_field *field = &forms[kind].fields[i];
        cJSON *value = field->codec->encode(field, (const char *)record->room + field->offset);
        if (value && cJSON_AddItemToObjectCS(ret, field->key, value))
            continue;
        cJSON_Delete(value);
        cJSON_Delete(ret);
        return NULL;
    }
    return ret;
}

static int unknown_key(enum netboot_record_kind kind, const char *key, struct netboot_error *error)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE], known[256] = "";

    suggest_begin(&nearest, key);
    for (size_t i = 0; i < forms[kind].count; i++) {
        suggest_offer(&nearest, forms[kind].fields[i].key);
        snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "",
                 forms[kind].fields[i].key);
    }
    return failure(error, -EINVAL, "a %s has no key `%.100s`%s (its keys are %s)", netboot_record_kind_name(kind), key,
                   suggest_text(&nearest, hint), known);
}

/* Sorts the object's values into the order of the fields. */
static int values_find(const cJSON *object, enum netboot_record_kind kind, const cJSON *values[FIELDS_MAX],
                       struct netboot_error *error)
{
    const cJSON *value;

    cJSON_ArrayForEach(value, object)
    {
        size_t i = 0;
        while (i < forms[kind].count && strcmp(forms[kind].fields[i].key, value->string) != 0)
            i++;
        if (i == forms[kind].count && strcmp(value->string, type_key) == 0)
            continue;
        if (i == forms[kind].count)
            return unknown_key(kind, value->string, error);
        if (values[i])
            return failure(error, -EINVAL, "the key `%s` is given twice", value->string);
        values[i] = value;
    }
    return 0;
}

/* Names the field in the patch. */
static void name_in(const struct json_field *field, struct netboot_record_patch *patch)
{
    if (field->codec == &codec_ids)
        netboot_patch_set_ids(patch, (enum netboot_id_type)field->parameter);
    else
        netboot_patch_set(patch, field->offset);
}

int patch_from_json(const cJSON *object, bool whole, struct netboot_record *values, struct netboot_record_patch *ret,
                    struct arena *memory, struct netboot_error *error)
{
    const cJSON *found[FIELDS_MAX] = {NULL};
    enum netboot_record_kind kind = values->kind;
    int status;

    if (!cJSON_IsObject(object))
        return failure(error, -EINVAL, "give a JSON object, as {\"name\": \"web1\", ...}");
    status = values_find(object, kind, found, error);
    netboot_record_clear(kind, values);
    *ret = (struct netboot_record_patch){.size = sizeof(*ret), .record = values};
    for (size_t i = 0; status == 0 && i < forms[kind].count; i++) {
        const struct json_field *field = &forms[kind].fields[i];
        bool empty = cJSON_IsString(found[i]) && found[i]->valuestring[0] == '\0';
        bool absent = !found[i] || cJSON_IsNull(found[i]) || empty;
        if (found[i])
            name_in(field, ret);
        if (!absent)
            status = field->codec->decode(field, found[i], (char *)values->room + field->offset, memory, error);
        else if (whole && i < forms[kind].required)
            status = failure(error, -EINVAL, "a %s needs the key `%s`", netboot_record_kind_name(kind), field->key);
    }
    return status;
}

int record_from_json(const cJSON *object, struct netboot_record *ret, struct arena *memory, struct netboot_error *error)
{
    struct netboot_record_patch patch;

    return patch_from_json(object, true, ret, &patch, memory, error);
}

static bool is_absent(const cJSON *item)
{
    if (cJSON_IsString(item))
        return item->valuestring[0] == '\0';
    return cJSON_IsNull(item) || ((cJSON_IsArray(item) || cJSON_IsObject(item)) && !item->child);
}

void json_prune(cJSON *object)
{
    cJSON *next;

    for (cJSON *item = object->child; item; item = next) {
        next = item->next;
        if (is_absent(item))
            cJSON_Delete(cJSON_DetachItemViaPointer(object, item));
    }
}

const char *json_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}
