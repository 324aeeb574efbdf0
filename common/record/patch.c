/* SPDX-License-Identifier: MPL-2.0 */
/* Patches applied to a record, field by field. */
#include "record/type.h"

#include "base/bytes.h"

bool record_list_has(const struct netboot_list *list, struct netboot_bytes item)
{
    for (size_t i = 0; i < list->count; i++)
        if (bytes_same(list->items[i], item))
            return true;
    return false;
}

static size_t key_size(const struct record_field *field, struct netboot_bytes item)
{
    return field->key_size ? field->key_size(item) : item.size;
}

static bool has_key(const struct record_field *field, const struct netboot_list *list, struct netboot_bytes item)
{
    const struct netboot_bytes key = {item.data, key_size(field, item)};

    for (size_t i = 0; i < list->count; i++)
        if (bytes_same((struct netboot_bytes){list->items[i].data, key_size(field, list->items[i])}, key))
            return true;
    return false;
}

static void drop_items(const struct record_field *field, const struct netboot_list *drop, struct netboot_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++)
        if (!has_key(field, drop, list->items[i]))
            list->items[kept++] = list->items[i];
    list->count = kept;
}

static void copy_member(const struct record_field *field, const void *from, void *ret)
{
    const struct netboot_list *list = from;

    if (field->kind == RECORD_BYTES)
        memcpy(ret, from, sizeof(struct netboot_bytes));
    else if (field->kind == RECORD_LIST)
        memcpy(ret, from, offsetof(struct netboot_list, items) + list->count * sizeof(list->items[0]));
    else
        memcpy(ret, from, field->width);
}

void record_set(const struct record_type *type, const void *from, uint32_t fields, void *record)
{
    for (unsigned i = 0; i < type->count; i++)
        if (fields >> i & 1)
            copy_member(&type->fields[i], (const uint8_t *)from + type->fields[i].offset,
                        (uint8_t *)record + type->fields[i].offset);
}

void record_drop(const struct record_type *type, const void *drop, void *record)
{
    for (unsigned i = 0; i < type->count; i++) {
        const struct record_field *field = &type->fields[i];
        const void *from = (const uint8_t *)drop + field->offset;
        void *member = (uint8_t *)record + field->offset;
        if (field->kind == RECORD_LIST)
            drop_items(field, from, member);
        else if (field->kind == RECORD_BYTES &&
                 bytes_same(*(const struct netboot_bytes *)from, *(struct netboot_bytes *)member))
            *(struct netboot_bytes *)member = (struct netboot_bytes){NULL, 0};
    }
}
