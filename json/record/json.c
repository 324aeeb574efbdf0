/* SPDX-License-Identifier: MPL-2.0 */
#include "json/record/json.h"

#include "common/base/failure.h"
#include "common/base/suggest.h"
#include "json/record/codec.h"

#include <errno.h>
#include <string.h>

#define FIELDS_MAX 12

static const struct field site_fields[] = {
    {"name",     &codec_name,     offsetof(struct netboot_site, name),     0 },
    {"prefixes", &codec_prefixes, offsetof(struct netboot_site, prefixes), 0 },
    {"tftp4",    &codec_address,  offsetof(struct netboot_site, tftp4),    4 },
    {"tftp6",    &codec_address,  offsetof(struct netboot_site, tftp6),    16},
    {"http4",    &codec_base_url, offsetof(struct netboot_site, http4),    0 },
    {"http6",    &codec_base_url, offsetof(struct netboot_site, http6),    0 },
};

static const struct field loader_fields[] = {
    {"platform", &codec_platform, offsetof(struct netboot_loader, platform), 0},
    {"file",     &codec_file,     offsetof(struct netboot_loader, file),     0},
};

static const struct field target_fields[] = {
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

/* The identifiers are in one list, MACs first: the first one is what the store knows the host by. */
static const struct field host_fields[] = {
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
    const char *name;
    const struct field *fields;
    size_t count;
    unsigned required; /* the first so many keys; a host needs an identifier, which the store sees to */
} tables[TABLE_COUNT] = {
    [TABLE_SITE] = {"site",   FIELDS(site_fields),   1},
    [TABLE_LOADER] = {"loader", FIELDS(loader_fields), 2},
    [TABLE_TARGET] = {"target", FIELDS(target_fields), 1},
    [TABLE_HOST] = {"host",   FIELDS(host_fields),   0},
};

const char *table_name(enum table table)
{
    return tables[table].name;
}

int table_find(const char *name)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        if (strcmp(tables[i].name, name) == 0)
            return i;
    return -ENOENT;
}

/* In a file of records each line says by it of which table it is. */
static const char type_key[] = "type";

const char *record_key(enum table table, size_t index)
{
    if (index < tables[table].count)
        return tables[table].fields[index].key;
    return index == tables[table].count ? type_key : NULL;
}

/* cJSON ends a string at an escaped NUL, and so would lose what follows. */
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
        failure(error, -EINVAL, "not JSON: it cannot be read from `%.*s` on",
                (int)(size - used < 20 ? size - used : 20), text + used);
        return NULL;
    }
    while (used < size && strchr(" \t\r\n", text[used]))
        used++;
    if (used == size && !memchr(text, '\0', size) && !has_escaped_nul(text, size))
        return ret;
    cJSON_Delete(ret);
    if (used < size)
        failure(error, -EINVAL, "one JSON object a line is wanted: `%.*s` follows it",
                (int)(size - used < 20 ? size - used : 20), text + used);
    else
        failure(error, -EINVAL, "a NUL in a text");
    return NULL;
}

cJSON *record_to_json(enum table table, const void *record)
{
    cJSON *ret = cJSON_CreateObject();

    for (size_t i = 0; ret && i < tables[table].count; i++) {
        const struct field *field = &tables[table].fields[i];
        cJSON *value = field->codec->encode(field, (const char *)record + field->offset);
        if (value && cJSON_AddItemToObjectCS(ret, field->key, value))
            continue;
        cJSON_Delete(value);
        cJSON_Delete(ret);
        return NULL;
    }
    return ret;
}

static int unknown_key(enum table table, const char *key, struct netboot_error *error)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE], known[256] = "";

    suggest_begin(&nearest, key);
    for (size_t i = 0; i < tables[table].count; i++) {
        suggest_offer(&nearest, tables[table].fields[i].key);
        snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "",
                 tables[table].fields[i].key);
    }
    return failure(error, -EINVAL, "a %s has no key `%.100s`%s (its keys are %s)", tables[table].name, key,
                   suggest_text(&nearest, hint), known);
}

/* Sorts the object's values into the order of the fields. */
static int values_find(const cJSON *object, enum table table, const cJSON *values[FIELDS_MAX],
                       struct netboot_error *error)
{
    const cJSON *value;

    cJSON_ArrayForEach(value, object)
    {
        size_t i = 0;
        while (i < tables[table].count && strcmp(tables[table].fields[i].key, value->string) != 0)
            i++;
        if (i == tables[table].count && strcmp(value->string, type_key) == 0)
            continue;
        if (i == tables[table].count)
            return unknown_key(table, value->string, error);
        if (values[i])
            return failure(error, -EINVAL, "the key `%s` comes twice", value->string);
        values[i] = value;
    }
    return 0;
}

static void record_clear(struct record *record)
{
    static const struct netboot_bytes none;

    switch (record->table) {
    case TABLE_SITE:
        record->site.name = record->site.tftp4 = record->site.tftp6 = none;
        record->site.http4 = record->site.http6 = none;
        record->site.prefixes.count = 0;
        break;
    case TABLE_LOADER:
        record->loader = (struct netboot_loader){.platform = NETBOOT_PLATFORM_NONE};
        break;
    case TABLE_TARGET:
        record->target.name = record->target.script = record->target.description = none;
        record->target.kind = NETBOOT_KIND_BOOT;
        record->target.kernel = record->target.command_line = none;
        record->target.files.count = record->target.initrds.count = 0;
        record->target.order = 0;
        break;
    default:
        record->host.name = record->host.target = record->host.note = none;
        record->host.ids.count = record->host.loaders.count = record->host.labels.count = 0;
        record->host.changed = 0;
    }
}

int record_from_json(const cJSON *object, struct record *ret, struct memory *memory, struct netboot_error *error)
{
    const cJSON *values[FIELDS_MAX] = {NULL};
    enum table table = ret->table;
    int status;

    if (!cJSON_IsObject(object))
        return failure(error, -EINVAL, "a JSON object is wanted, as {\"name\": \"web1\", ...}");
    status = values_find(object, table, values, error);
    record_clear(ret);
    for (size_t i = 0; status == 0 && i < tables[table].count; i++) {
        const struct field *field = &tables[table].fields[i];
        bool empty = cJSON_IsString(values[i]) && values[i]->valuestring[0] == '\0';
        bool absent = !values[i] || cJSON_IsNull(values[i]) || empty;
        if (!absent)
            status = field->codec->decode(field, values[i], (char *)&ret->site + field->offset, memory, error);
        else if (i < tables[table].required)
            status = failure(error, -EINVAL, "a %s needs the key `%s`", tables[table].name, field->key);
    }
    return status;
}

int json_merge(cJSON *object, const cJSON *changes)
{
    const cJSON *change;

    cJSON_ArrayForEach(change, changes)
    {
        cJSON *copy = cJSON_Duplicate(change, true);
        bool there = cJSON_GetObjectItemCaseSensitive(object, change->string);
        if (!copy || !(there ? cJSON_ReplaceItemInObjectCaseSensitive(object, change->string, copy)
                             : cJSON_AddItemToObject(object, change->string, copy))) {
            cJSON_Delete(copy);
            return -ENOMEM;
        }
    }
    return 0;
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
