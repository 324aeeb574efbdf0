/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The records of the targets store: one codec, driven by a table of fields per type of record.
 *
 *      0        1        2                4
 *     +--------+--------+----------------+-----------+--------+----------------+-----------+-- ...
 *     | 1      | tag    | length (BE)    | value     | tag    | length (BE)    | value     |
 *     +--------+--------+----------------+-----------+--------+----------------+-----------+-- ...
 *      version  \___________ field ______________/    \___________ field ______________/
 *
 * A list is a field per item. An absent value has no field. Readers skip tags that they do not know: a new field needs
 * no new version. They refuse versions other than 1.
 */
#include "record/type.h"

#include "base/bytes.h"
#include "base/failure.h"

#include <errno.h>

#define FIELD_HEADER 3 /* tag and length */

/* ---- Numbers, by the width of their member */

static uint64_t number_get(const struct record_field *field, const void *member)
{
    uint16_t narrow;
    uint32_t middle;
    uint64_t wide;

    switch (field->width) {
    case sizeof(narrow):
        memcpy(&narrow, member, sizeof(narrow));
        return narrow;
    case sizeof(middle):
        memcpy(&middle, member, sizeof(middle));
        return middle;
    }
    memcpy(&wide, member, sizeof(wide));
    return wide;
}

static void number_set(const struct record_field *field, void *member, uint64_t number)
{
    uint16_t narrow = (uint16_t)number;
    uint32_t middle = (uint32_t)number;

    switch (field->width) {
    case sizeof(narrow):
        memcpy(member, &narrow, sizeof(narrow));
        return;
    case sizeof(middle):
        memcpy(member, &middle, sizeof(middle));
        return;
    }
    memcpy(member, &number, sizeof(number));
}

/* ---- Reading: each packet reads about four records, so nothing is done twice */

static inline void clear_field(const struct record_field *field, void *ret)
{
    void *member = (uint8_t *)ret + field->offset;

    if (field->kind == RECORD_BYTES)
        *(struct netboot_bytes *)member = (struct netboot_bytes){NULL, 0};
    else if (field->kind == RECORD_LIST)
        ((struct netboot_list *)member)->count = 0;
    else
        number_set(field, member, 0);
}

static bool set_number(const struct record_field *field, struct netboot_bytes value, void *ret)
{
    /* Most numbers of a host have 8 octets, and a packet reads a host. */
    uint64_t number = value.size == 8 ? be_get64(value.data) : be_get(value.data, value.size);

    number_set(field, (uint8_t *)ret + field->offset, number);
    return true;
}

/* `again`: the record had that field before. False: damaged. */
static inline bool set_field(const struct record_field *field, struct netboot_bytes value, bool again, void *ret)
{
    void *member = (uint8_t *)ret + field->offset;
    struct netboot_list *list = member;

    if (value.size < field->min || value.size > field->max || (field->shape && !field->shape(value)))
        return false;
    switch (field->kind) {
    case RECORD_BYTES:
        *(struct netboot_bytes *)member = value;
        return true;
    case RECORD_LIST:
        if (!again)
            list->count = 0;
        if (list->count == NETBOOT_LIST_MAX)
            return false;
        list->items[list->count++] = value;
        return true;
    }
    return set_number(field, value, ret);
}

int record_decode(const struct record_type *type, struct netboot_bytes value, void *ret)
{
    unsigned seen = 0;

    if (value.size < 1 || value.data[0] != RECORD_VERSION)
        return -EBADMSG;
    for (struct netboot_bytes rest = bytes_after(value, 1); rest.size > 0;) {
        if (rest.size < FIELD_HEADER)
            return -EBADMSG;
        unsigned index = rest.data[0] - 1u; /* tags count from 1 without a gap */
        size_t size = be_get16(rest.data + 1);
        if (size > rest.size - FIELD_HEADER)
            return -EBADMSG;
        rest = bytes_after(rest, FIELD_HEADER);
        if (index < type->count) {
            if (!set_field(&type->fields[index], (struct netboot_bytes){rest.data, size}, seen >> index & 1, ret))
                return -EBADMSG;
            seen |= 1u << index;
        }
        rest = bytes_after(rest, size);
    }
    /* No table has 32 fields. */
    for (unsigned missing = ~seen & ((1u << type->count) - 1); missing != 0; missing &= missing - 1)
        clear_field(&type->fields[__builtin_ctz(missing)], ret);
    return (seen & type->required) == type->required ? 0 : -EBADMSG;
}

void record_clear(const struct record_type *type, void *record)
{
    for (unsigned i = 0; i < type->count; i++)
        clear_field(&type->fields[i], record);
}

/* ---- Comparing */

static bool lists_equal(const struct netboot_list *a, const struct netboot_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!bytes_same(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool members_equal(const struct record_field *field, const void *a, const void *b)
{
    if (field->kind == RECORD_BYTES)
        return bytes_same(*(const struct netboot_bytes *)a, *(const struct netboot_bytes *)b);
    if (field->kind == RECORD_LIST)
        return lists_equal(a, b);
    return field->incidental || number_get(field, a) == number_get(field, b);
}

bool record_same(const struct record_type *type, const void *a, const void *b)
{
    for (unsigned i = 0; i < type->count; i++) {
        const struct record_field *field = &type->fields[i];
        if (!members_equal(field, (const uint8_t *)a + field->offset, (const uint8_t *)b + field->offset))
            return false;
    }
    return true;
}

/* ---- Checking */

static int check_value(const struct record_field *field, struct netboot_bytes value, struct netboot_error *error)
{
    if (value.size > field->max)
        return failure(error, -EINVAL, "the %s is %zu octets long: give at most %u", field->name, value.size,
                       field->max);
    if (value.size < field->min || (field->shape && !field->shape(value)))
        return failure(error, -EINVAL, "the %s is malformed", field->name);
    return field->check ? field->check(field->name, value, error) : 0;
}

static int check_list(const struct record_field *field, const struct netboot_list *list, struct netboot_error *error)
{
    if (list->count > NETBOOT_LIST_MAX)
        return failure(error, -EINVAL, "%zu values are given for '%s': give at most %d", list->count, field->name,
                       NETBOOT_LIST_MAX);
    for (size_t i = 0; i < list->count; i++) {
        int code = check_value(field, list->items[i], error);
        if (code != 0)
            return code;
    }
    return 0;
}

static int check_field(const struct record_field *field, const void *member, struct netboot_error *error)
{
    uint8_t octets[8];

    switch (field->kind) {
    case RECORD_BYTES:
        if (((const struct netboot_bytes *)member)->size == 0)
            return 0;
        return check_value(field, *(const struct netboot_bytes *)member, error);
    case RECORD_LIST:
        return check_list(field, member, error);
    case RECORD_NUMBER:
    case RECORD_OPTIONAL:
        be_put(octets, number_get(field, member), field->max);
        return check_value(field, (struct netboot_bytes){octets, field->max}, error);
    }
    return 0;
}

static bool is_empty(const struct record_field *field, const void *member)
{
    if (field->kind == RECORD_LIST)
        return ((const struct netboot_list *)member)->count == 0;
    return field->kind == RECORD_BYTES && ((const struct netboot_bytes *)member)->size == 0;
}

int record_check(const struct record_type *type, const void *record, struct netboot_error *error)
{
    for (size_t i = 0; i < type->count; i++) {
        int code = check_field(&type->fields[i], (const uint8_t *)record + type->fields[i].offset, error);
        if (code != 0)
            return code;
    }
    for (size_t i = 0; i < type->count; i++)
        if (type->required & 1u << i && is_empty(&type->fields[i], (const uint8_t *)record + type->fields[i].offset))
            return failure(error, -EINVAL, "the %s is missing", type->fields[i].name);
    return 0;
}

/* ---- Writing */

struct record_writer {
    uint8_t *at;
    size_t room;
    bool full;
};

static void write_field(struct record_writer *writer, uint8_t tag, struct netboot_bytes value)
{
    if (writer->full || value.size > UINT16_MAX || writer->room < FIELD_HEADER + value.size) {
        writer->full = true;
        return;
    }
    writer->at[0] = tag;
    be_put16(writer->at + 1, (uint16_t)value.size);
    if (value.size > 0)
        memcpy(writer->at + FIELD_HEADER, value.data, value.size);
    writer->at += FIELD_HEADER + value.size;
    writer->room -= FIELD_HEADER + value.size;
}

static void write_number(struct record_writer *writer, const struct record_field *field, uint64_t number)
{
    uint8_t octets[8];

    be_put(octets, number, field->max);
    write_field(writer, field->tag, (struct netboot_bytes){octets, field->max});
}

ssize_t record_encode(const struct record_type *type, const void *record, uint8_t *buffer, size_t size)
{
    struct record_writer writer = {buffer + 1, size - 1, false};

    if (size < 1)
        return -ENOBUFS;
    buffer[0] = RECORD_VERSION;
    for (size_t i = 0; i < type->count; i++) {
        const struct record_field *field = &type->fields[i];
        const void *member = (const uint8_t *)record + field->offset;
        const struct netboot_list *list = member;
        const struct netboot_bytes *bytes = member;
        if (field->kind == RECORD_BYTES && bytes->size > 0)
            write_field(&writer, field->tag, *bytes);
        for (size_t j = 0; field->kind == RECORD_LIST && j < list->count; j++)
            write_field(&writer, field->tag, list->items[j]);
        if (field->kind == RECORD_NUMBER || (field->kind == RECORD_OPTIONAL && number_get(field, member) != 0))
            write_number(&writer, field, number_get(field, member));
    }
    return writer.full ? -ENOBUFS : writer.at - buffer;
}
