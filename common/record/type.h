/* SPDX-License-Identifier: MPL-2.0 */
/* A type of record as a table of its fields, between the record files only: record_fields.c has the tables, record.c
 * reads, checks and writes by them. */
#ifndef NETBOOT_RECORD_TYPE_H
#define NETBOOT_RECORD_TYPE_H

#include "record/record.h"

enum field_kind {
    FIELD_BYTES,  /* struct netboot_bytes */
    FIELD_LIST,   /* struct netboot_list */
    FIELD_ENUM,   /* an enumeration, 1 octet in the record */
    FIELD_NUMBER, /* uint16_t or uint64_t, 2 or 8 octets in the record, big-endian */
    FIELD_PLACE,  /* the same, where 0 is absent */
};

struct field {
    uint8_t tag;
    uint8_t kind;
    uint16_t offset;   /* of the member */
    uint16_t min, max; /* octets of the value, of an item */
    const char *name;  /* as messages call it */
    /* Whether the octets can be what the field says; asked of every record that is read. NULL: they always can. */
    bool (*shape)(struct netboot_bytes value);
    /* Whether a person may store them. NULL: whatever has the shape. */
    int (*check)(const char *name, struct netboot_bytes value, struct netboot_error *error);
};

struct record_type {
    uint8_t count;
    uint8_t required; /* bits, 1 << index of a field */
    const struct field *fields;
};

#endif
