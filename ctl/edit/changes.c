/* SPDX-License-Identifier: MPL-2.0 */
#include "changes.h"

#include <string.h>

static bool list_add(struct netboot_list *list, struct netboot_bytes item)
{
    if (item.data && list->count < NETBOOT_LIST_MAX)
        list->items[list->count++] = item;
    return item.data;
}

static int drop_key(const struct given *given, struct changes *changes)
{
    struct netboot_bytes key = {(const uint8_t *)given->value, strlen(given->value)};
    struct netboot_host *host = &changes->drop.host;
    struct netboot_error error;
    uint16_t platform;

    if (given->row->keyed_by_platform) {
        if (netboot_platform_parse(given->value, &platform, &error) != 0)
            return misused("--%s: %s", given->row->name, error.text);
        const uint8_t octets[] = {(uint8_t)(platform >> 8), (uint8_t)platform};
        key = arena_copy(&changes->memory, octets, sizeof(octets));
    }
    struct netboot_list *list = changes->drop.kind == NETBOOT_RECORD_TARGET ? &changes->drop.target.files
                                : given->row->keyed_by_platform             ? &host->loaders
                                                                            : &host->labels;
    return list_add(list, key) ? DONE : failed("out of memory");
}

static int drop_id(const struct given *given, struct changes *changes)
{
    struct netboot_host *host = &changes->drop.host;
    struct netboot_error error;
    struct netboot_id id;

    if (netboot_id_parse(given->value, &id, &error) != 0)
        return misused("--%s: %s", given->row->name, error.text);
    if (id.type != NETBOOT_ID_NAME)
        return list_add(&host->ids, host_item(&id, &changes->memory)) ? DONE : failed("out of memory");
    host->name = (struct netboot_bytes){(const uint8_t *)given->value, strlen(given->value)};
    return DONE;
}

int changes_read(const struct session *session, enum netboot_record_kind kind, const cJSON *named, struct changes *ret)
{
    const struct arguments *arguments = session->arguments;
    struct netboot_error error;
    int code = DONE;

    ret->memory = (struct arena){NULL};
    ret->values.kind = kind;
    netboot_record_clear(kind, &ret->drop);
    if (patch_from_json(named, false, &ret->values, &ret->patch, &ret->memory, &error) != 0)
        return failed_by_option(session, &error);
    ret->patch.drop = &ret->drop;
    for (unsigned i = 0; code == DONE && i < arguments->given_count; i++) {
        const struct given *given = &arguments->given[i];
        if (given->row->effect == EFFECT_DROP_KEY)
            code = drop_key(given, ret);
        else if (given->row->effect == EFFECT_DROP_ID)
            code = drop_id(given, ret);
    }
    return code;
}

void changes_free(struct changes *changes)
{
    arena_free(&changes->memory);
}
