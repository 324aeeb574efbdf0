/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A type of record as a table of its fields. Each room that has records describes them in its schema.c; codec.c and
 * patch.c of this room work by these tables.
 */
#ifndef NETBOOT_RECORD_TYPE_H
#define NETBOOT_RECORD_TYPE_H

#include "record/record.h"

enum record_field_kind {
    RECORD_BYTES,   /* struct netboot_bytes */
    RECORD_LIST,    /* struct netboot_list */
    RECORD_NUMBER,  /* an unsigned member of 2, 4 or 8 octets, big-endian in the record */
    RECORD_OPTIONAL /* the same, where 0 is absent */
};

struct record_field {
    uint8_t tag;
    uint8_t kind;      /* enum record_field_kind */
    uint8_t width;     /* octets of a number's member */
    bool incidental;   /* two records that differ only in it are equal */
    uint16_t offset;   /* of the member */
    uint16_t min, max; /* octets of the value, of an item */
    const char *name;  /* as messages call it */
    /* Of a list: how many octets tell an item from the others. NULL: all. */
    size_t (*key_size)(struct netboot_bytes item);
    /* Whether the octets can be what the field says; asked of every record that is read. NULL: they always can. */
    bool (*shape)(struct netboot_bytes value);
    /* Whether a person may store them. NULL: whatever has the shape. */
    int (*check)(const char *name, struct netboot_bytes value, struct netboot_error *error);
};

struct record_type {
    uint8_t count;
    uint8_t required; /* bits, 1 << index of a field */
    const struct record_field *fields;
};

/* ---- Rows of such a table: tag, structure, member, least and most octets, name, shape, check */

#define RECORD_ROW(tag_, kind_, width_, type_, member_, min_, max_, name_, shape_, check_)                             \
    {                                                                                                                  \
        .tag = (tag_), .kind = (kind_), .width = (width_), .offset = offsetof(struct type_, member_), .min = (min_),   \
        .max = (max_), .name = (name_), .shape = (shape_), .check = (check_)                                           \
    }
#define FIELD_BYTES(tag, type, member, min, max, name, shape, check)                                                   \
    RECORD_ROW(tag, RECORD_BYTES, 0, type, member, min, max, name, shape, check)
#define FIELD_LIST(tag, type, member, min, max, name, shape, check)                                                    \
    RECORD_ROW(tag, RECORD_LIST, 0, type, member, min, max, name, shape, check)

/* A list that has a key in each item. */
#define FIELD_MAP(tag_, type_, member_, min_, max_, name_, key_size_, check_)                                          \
    {                                                                                                                  \
        .tag = (tag_), .kind = RECORD_LIST, .offset = offsetof(struct type_, member_), .min = (min_), .max = (max_),   \
        .name = (name_), .key_size = (key_size_), .check = (check_)                                                    \
    }

/* Numbers: octets in the record in place of least and most. */
#define RECORD_WIDTH(type, member) sizeof(((struct type *)NULL)->member)
#define FIELD_CHECKED(tag, type, member, size, name, shape, check)                                                     \
    RECORD_ROW(tag, RECORD_NUMBER, RECORD_WIDTH(type, member), type, member, size, size, name, shape, check)
#define FIELD_NUMBER(tag, type, member, size, name) FIELD_CHECKED(tag, type, member, size, name, NULL, NULL)
/* A field in which equal records may differ, such as the time of a change. */
#define FIELD_INCIDENTAL(tag_, kind_, type_, member_, size_, name_)                                                    \
    {                                                                                                                  \
        .tag = (tag_), .kind = (kind_), .width = RECORD_WIDTH(type_, member_), .incidental = true,                     \
        .offset = offsetof(struct type_, member_), .min = (size_), .max = (size_), .name = (name_)                     \
    }
#define FIELD_OPTIONAL(tag, type, member, size, name)                                                                  \
    RECORD_ROW(tag, RECORD_OPTIONAL, RECORD_WIDTH(type, member), type, member, size, size, name, NULL, NULL)

/* With the tag of the field that each record must have. */
#define RECORD_TYPE(table, required_tag)                                                                               \
    {                                                                                                                  \
        sizeof(table) / sizeof((table)[0]), 1u << ((required_tag)-1), table                                            \
    }

#endif
