/* SPDX-License-Identifier: MPL-2.0 */
/* Patches of records, as callers make them. */
#include "base/bytes.h"
#include "base/failure.h"
#include "base/sized.h"
#include "record/type.h"
#include "store/kind.h"

#define PATCH_LEAST SIZED_UP_TO(struct netboot_record_patch, keep_id)

static const enum netboot_id_type id_types[] = {NETBOOT_ID_MAC, NETBOOT_ID_UUID, NETBOOT_ID_DUID};

/* A member that no record of the kind has was named. */
#define NO_MEMBER (1u << 31)

static bool has_kind(const struct netboot_record_patch *patch)
{
    return patch->record && (unsigned)patch->record->kind < NETBOOT_RECORD_KINDS;
}

void netboot_patch_set(struct netboot_record_patch *patch, size_t member)
{
    const struct record_type *type = has_kind(patch) ? record_kinds[patch->record->kind].type : NULL;

    for (unsigned i = 0; type && i < type->count; i++)
        if (type->fields[i].offset == member) {
            patch->set |= 1u << i;
            return;
        }
    patch->set |= NO_MEMBER;
}

void netboot_patch_set_ids(struct netboot_record_patch *patch, enum netboot_id_type type)
{
    for (unsigned i = 0; i < sizeof(id_types) / sizeof(id_types[0]); i++)
        if (id_types[i] == type)
            patch->id_types |= 1u << i;
}

/* ---- Identifiers of a host: the MACs before the UUIDs before the DUIDs */

/* False: the list is full. */
static bool id_add(struct netboot_list *list, struct netboot_bytes item)
{
    if (record_list_has(list, item))
        return true;
    if (list->count == NETBOOT_LIST_MAX)
        return false;
    list->items[list->count++] = item;
    return true;
}

static bool ids_add(struct netboot_list *list, enum netboot_id_type type, const struct netboot_list *from)
{
    bool fit = true;

    for (size_t i = 0; from && i < from->count; i++)
        if (from->items[i].size > 0 && from->items[i].data[0] == type)
            fit = id_add(list, from->items[i]) && fit;
    return fit;
}

/* The host's identifiers as the patch says, in order by type; patch NULL: as they are. False: too many. */
static bool ids_make(const struct netboot_record_patch *patch, const struct netboot_list *ids, struct netboot_list *ret)
{
    bool fit = true;

    ret->count = 0;
    for (unsigned i = 0; i < sizeof(id_types) / sizeof(id_types[0]); i++) {
        bool set = patch && patch->id_types >> i & 1;
        const struct netboot_list *from = set ? &patch->record->host.ids : ids;
        if (patch && patch->keep_id.size > 0 && patch->keep_id.data[0] == id_types[i] &&
            !record_list_has(from, patch->keep_id))
            fit = id_add(ret, patch->keep_id) && fit;
        fit = ids_add(ret, id_types[i], from) && fit;
        if (patch)
            fit = ids_add(ret, id_types[i], patch->add_ids) && fit;
    }
    return fit;
}

/* If the identifiers stay the same, so does their order. */
static bool ids_patch(const struct netboot_record_patch *patch, struct netboot_list *ids)
{
    struct netboot_list wanted, sorted;

    if (!ids_make(patch, ids, &wanted))
        return false;
    ids_make(NULL, ids, &sorted);
    bool same = wanted.count == sorted.count;
    for (size_t i = 0; same && i < wanted.count; i++)
        same = bytes_same(wanted.items[i], sorted.items[i]);
    if (!same) {
        ids->count = wanted.count;
        memcpy(ids->items, wanted.items, wanted.count * sizeof(wanted.items[0]));
    }
    return true;
}

static int patch_check(const struct netboot_record *record, const struct netboot_record_patch *patch,
                       struct netboot_error *error)
{
    if (patch->size < PATCH_LEAST)
        return failure(error, -EINVAL, "the size of the patch is %zu, but at least %zu is needed: set it to its sizeof",
                       patch->size, PATCH_LEAST);
    if (!patch->record)
        return failure(error, -EINVAL, "the patch has no record with the new values");
    int code = kind_check(patch->record->kind, error);
    if (code != 0)
        return code;
    const char *name = record_kinds[patch->record->kind].name;
    if (patch->set & NO_MEMBER)
        return failure(error, -EINVAL, "the patch names a member that a %s does not have", name);
    if (record && record->kind != patch->record->kind)
        return failure(error, -EINVAL, "a %s cannot become a %s", netboot_record_kind_name(record->kind), name);
    return 0;
}

int netboot_patch_apply(const struct netboot_record *record, const struct netboot_record_patch *patch,
                        struct netboot_record *ret, struct netboot_error *error)
{
    int code = patch_check(record, patch, error);

    if (code != 0)
        return code;
    enum netboot_record_kind kind = patch->record->kind;
    const struct record_type *type = record_kinds[kind].type;
    netboot_record_clear(kind, ret);
    if (record)
        record_set(type, record->room, UINT32_MAX, ret->room);
    record_set(type, patch->record->room, patch->set, ret->room);
    if (kind == NETBOOT_RECORD_HOST && !ids_patch(patch, &ret->host.ids))
        return failure(error, -EINVAL, "the host would have more than %d identifiers: give it fewer", NETBOOT_LIST_MAX);
    if (patch->drop)
        record_drop(type, patch->drop->room, ret->room);
    return 0;
}
