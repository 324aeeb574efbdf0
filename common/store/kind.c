/* SPDX-License-Identifier: MPL-2.0 */
#include "store/kind.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "decide/decide.h"
#include "store/store.h"

const struct record_kind record_kinds[NETBOOT_RECORD_KINDS] = {
    [NETBOOT_RECORD_SITE] = {"site",   &record_site,   TABLE_POLICY, ROW_SITE  },
    [NETBOOT_RECORD_LOADER] = {"loader", &record_loader, TABLE_POLICY, ROW_LOADER},
    [NETBOOT_RECORD_TARGET] = {"target", &record_target, TABLE_POLICY, ROW_TARGET},
    [NETBOOT_RECORD_HOST] = {"host",   &record_host,   TABLE_HOST,   0         },
};

static bool is_kind(enum netboot_record_kind kind)
{
    return (unsigned)kind < NETBOOT_RECORD_KINDS;
}

int kind_check(enum netboot_record_kind kind, struct netboot_error *error)
{
    return is_kind(kind) ? 0 : failure(error, -EINVAL, "there is no kind of record with the number %d", (int)kind);
}

const char *netboot_record_kind_name(enum netboot_record_kind kind)
{
    return is_kind(kind) ? record_kinds[kind].name : NULL;
}

int netboot_record_kind_find(const char *name)
{
    for (int i = 0; i < NETBOOT_RECORD_KINDS; i++)
        if (strcmp(record_kinds[i].name, name) == 0)
            return i;
    return -ENOENT;
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

void netboot_record_clear(enum netboot_record_kind kind, struct netboot_record *ret)
{
    ret->kind = kind;
    if (is_kind(kind))
        record_clear(record_kinds[kind].type, ret->room);
    if (kind == NETBOOT_RECORD_LOADER)
        ret->loader.platform = NETBOOT_PLATFORM_NONE;
}

bool netboot_record_equal(const struct netboot_record *a, const struct netboot_record *b)
{
    return a->kind == b->kind && is_kind(a->kind) && record_same(record_kinds[a->kind].type, a->room, b->room);
}

static struct netboot_bytes name_of(const struct netboot_record *record)
{
    switch (record->kind) {
    case NETBOOT_RECORD_SITE:
        return record->site.name;
    case NETBOOT_RECORD_TARGET:
        return record->target.name;
    case NETBOOT_RECORD_HOST:
        return record->host.name;
    default:
        return (struct netboot_bytes){NULL, 0};
    }
}

const char *netboot_record_text(const struct netboot_record *record, char text[NETBOOT_RECORD_TEXT_SIZE])
{
    struct netboot_bytes name = name_of(record);
    struct netboot_record_key key;

    if (name.size == 0 && netboot_record_key_of(record, &key) == 0)
        return netboot_record_key_text(&key, text);
    snprintf(text, NETBOOT_RECORD_TEXT_SIZE, "%s %.*s", is_kind(record->kind) ? record_kinds[record->kind].name : "?",
             (int)(name.size < NETBOOT_NAME_MAX ? name.size : NETBOOT_NAME_MAX), (const char *)name.data);
    return text;
}

/* ---- Keys ------------------------------------------------------------------------------------------------------- */

int netboot_record_key_parse(enum netboot_record_kind kind, const char *text, struct netboot_record_key *ret,
                             struct netboot_error *error)
{
    struct netboot_record_key key = {.kind = kind};
    int code = kind_check(kind, error);

    if (code != 0)
        return code;
    if (kind == NETBOOT_RECORD_HOST)
        code = netboot_id_parse(text, &key.id, error);
    else if (kind == NETBOOT_RECORD_LOADER)
        code = netboot_platform_parse(text, &key.platform, error);
    else if (netboot_name_valid(text))
        strcpy(key.name, text);
    else
        code = failure(
            error, -EINVAL,
            "`%.150s` cannot be the name of a %s: use letters, digits and ._-, a letter or digit first, at most %d",
            text, record_kinds[kind].name, NETBOOT_NAME_MAX);
    if (code == 0)
        *ret = key;
    return code;
}

/* The identifier that is the key of the host's record, else its name. */
static int host_id(const struct netboot_host *host, struct netboot_id *ret)
{
    if (netboot_host_id(host, host_primary_id(host), ret) == 0)
        return 0;
    if (host->name.size == 0 || host->name.size > NETBOOT_NAME_MAX)
        return -EINVAL;
    *ret = (struct netboot_id){.type = NETBOOT_ID_NAME, .size = (uint8_t)host->name.size};
    memcpy(ret->value, host->name.data, host->name.size);
    return 0;
}

int netboot_record_key_of(const struct netboot_record *record, struct netboot_record_key *ret)
{
    struct netboot_record_key key = {.kind = record->kind};
    struct netboot_bytes name = name_of(record);
    int code = 0;

    if (record->kind == NETBOOT_RECORD_HOST)
        code = host_id(&record->host, &key.id);
    else if (record->kind == NETBOOT_RECORD_LOADER)
        key.platform = record->loader.platform;
    else if (is_kind(record->kind) && name.size > 0 && name.size <= NETBOOT_NAME_MAX)
        memcpy(key.name, name.data, name.size);
    else
        code = -EINVAL;
    if (code == 0)
        *ret = key;
    return code;
}

const char *netboot_record_key_text(const struct netboot_record_key *key, char text[NETBOOT_RECORD_TEXT_SIZE])
{
    char value[NETBOOT_ID_TEXT_SIZE];
    const char *shown = key->name;

    if (key->kind == NETBOOT_RECORD_HOST)
        shown = netboot_id_text(&key->id, value);
    else if (key->kind == NETBOOT_RECORD_LOADER)
        shown = netboot_platform_text(key->platform, value);
    snprintf(text, NETBOOT_RECORD_TEXT_SIZE, "%s %s", is_kind(key->kind) ? record_kinds[key->kind].name : "?", shown);
    return text;
}

bool key_of_record_key(struct store_key *ret, const struct netboot_record_key *key)
{
    switch (key->kind) {
    case NETBOOT_RECORD_HOST:
        return key_of_id(ret, (uint8_t)key->id.type, key->id.value, key->id.size);
    case NETBOOT_RECORD_LOADER:
        key_of_platform(ret, key->platform);
        return true;
    default:
        return key_of_name(ret, record_kinds[key->kind].row, key->name, strlen(key->name));
    }
}
