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
 * A list is a field per item. What is absent has no field. Readers pass over tags that they do not know, so a new
 * field needs no new version; a version that is not 1 is not read.
 */
#include "record.h"

#include "bytes.h"
#include "failure.h"
#include "history.h"
#include "journal_record.h"
#include "once.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

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

#define FIELD_HEADER 3 /* tag and length */

/* ---- Shapes: what readers rely on */

static bool prefix_shape(struct netboot_bytes value)
{
    return (value.size == 5 && value.data[0] <= 32) || (value.size == 17 && value.data[0] <= 128);
}

static bool id_shape(struct netboot_bytes value)
{
    size_t size = value.size - 1; /* of the identifier; the field is never empty */

    switch (value.data[0]) {
    case NETBOOT_ID_MAC:
        return size == NETBOOT_MAC_SIZE;
    case NETBOOT_ID_UUID:
        return size == NETBOOT_UUID_SIZE;
    case NETBOOT_ID_DUID:
        return size >= 3 && size <= NETBOOT_DUID_MAX;
    }
    return false;
}

static bool kind_shape(struct netboot_bytes value)
{
    return value.data[0] <= NETBOOT_KIND_IGNORE;
}

/* Pairs of octets. */
static bool reasons_shape(struct netboot_bytes value)
{
    return value.size % 2 == 0;
}

/* Numbers of 8 octets each. */
static bool numbers_shape(struct netboot_bytes value)
{
    return value.size % 8 == 0;
}

/* ---- Checks: what a person may store */

size_t record_character_size(const uint8_t *data, size_t size)
{
    static const struct {
        uint8_t first, mask;
        uint32_t lowest;
    } forms[] = {
        {0x00, 0x80, 0x20   }, /* one octet, no control character */
        {0xc0, 0xe0, 0xa0   }, /* two octets, none of U+0080 to U+009F */
        {0xe0, 0xf0, 0x800  },
        {0xf0, 0xf8, 0x10000},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && i < size; i++) {
        if ((data[0] & forms[i].mask) != forms[i].first)
            continue;
        uint32_t character = data[0] & (uint8_t)~forms[i].mask;
        for (size_t j = 1; j <= i; j++) {
            if ((data[j] & 0xc0) != 0x80)
                return 0;
            character = character << 6 | (data[j] & 0x3f);
        }
        bool surrogate = character >= 0xd800 && character <= 0xdfff;
        return character >= forms[i].lowest && character <= 0x10ffff && character != 0x7f && !surrogate ? i + 1 : 0;
    }
    return 0;
}

static int text_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    for (size_t at = 0, size; at < value.size; at += size) {
        size = record_character_size(value.data + at, value.size - at);
        if (size == 0)
            return failure(error, -EINVAL,
                           "the %s has a control character or no UTF-8 at octet %zu: write it in plain text", name,
                           at + 1);
    }
    return 0;
}

/* The value as a C string: false if it has a NUL or is longer than any field. */
static bool to_text(struct netboot_bytes value, char text[RECORD_TEXT_MAX + 3])
{
    if (value.size > RECORD_TEXT_MAX + 2 || memchr(value.data, '\0', value.size))
        return false;
    memcpy(text, value.data, value.size);
    text[value.size] = '\0';
    return true;
}

static int name_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    char text[RECORD_TEXT_MAX + 3];

    if (to_text(value, text) && netboot_name_valid(text))
        return 0;
    if (text_check(name, value, error) != 0)
        return -EINVAL;
    return failure(error, -EINVAL,
                   "'%.*s' is no %s: it takes letters, digits and '._-', a letter or digit first, at most %d",
                   (int)(value.size < 200 ? value.size : 200), (const char *)value.data, name, NETBOOT_NAME_MAX);
}

static int url_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    char text[RECORD_TEXT_MAX + 3];

    if (!to_text(value, text))
        return failure(error, -EINVAL, "the %s has a NUL in it: write it in plain text", name);
    return netboot_base_url_check(text, error);
}

static int file_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    char text[RECORD_TEXT_MAX + 3];

    if (!to_text(value, text))
        return failure(error, -EINVAL, "the %s has a NUL in it: write it in plain text", name);
    return netboot_file_check(text, error);
}

/* What a script names that is the same at every site. */
static int kernel_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    static const char site[] = "{site}";

    if (file_check(name, value, error) != 0)
        return -EINVAL;
    if (memmem(value.data, value.size, site, strlen(site)))
        return failure(error, -EINVAL,
                       "the %s has {site}, and one script is for all sites: make a target for each site, or give the "
                       "target a script of its own",
                       name);
    return 0;
}

static int command_line_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    char text[RECORD_TEXT_MAX + 3];

    if (!to_text(value, text))
        return failure(error, -EINVAL, "the %s has a NUL in it: write it in plain text", name);
    return netboot_command_line_check(text, error);
}

/* A platform goes by its lowest architecture type. */
static int platform_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    unsigned platform = read_be16(value.data);
    const struct netboot_arch *arch = netboot_arch_find(platform);

    if (arch && arch->platform == platform)
        return 0;
    return failure(error, -EINVAL, "the %s is for platform %u, which there is not", name, platform);
}

static int platform_file_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    if (platform_check(name, (struct netboot_bytes){value.data, 2}, error) != 0)
        return -EINVAL;
    return file_check(name, bytes_after(value, 2), error);
}

static int label_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    const uint8_t *equals = memchr(value.data, '=', value.size);

    if (text_check(name, value, error) != 0)
        return -EINVAL;
    if (!equals)
        return failure(error, -EINVAL, "the label '%.*s' has no '=': write KEY=VALUE",
                       (int)(value.size < 200 ? value.size : 200), (const char *)value.data);
    return name_check("key of a label", (struct netboot_bytes){value.data, (size_t)(equals - value.data)}, error);
}

/* Firmware that was given no UUID sends all zeros or all ones: such an identifier would mean many machines. */
static int id_check(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    struct netboot_bytes id = bytes_after(value, 1);

    for (size_t i = 1; i < id.size; i++)
        if (id.data[i] != id.data[0])
            return 0;
    if (id.data[0] != 0x00 && id.data[0] != 0xff)
        return 0;
    return failure(error, -EINVAL,
                   "the %s is %s: that is what firmware sends that has none of its own, and names no one machine", name,
                   id.data[0] == 0 ? "all zeros" : "all ones");
}

/* ---- The fields. A tag is never used again for something else. */

#define BYTES(tag, type, member, ...)                                                                                  \
    {                                                                                                                  \
        tag, FIELD_BYTES, offsetof(struct type, member), __VA_ARGS__                                                   \
    }
#define LIST(tag, type, member, ...)                                                                                   \
    {                                                                                                                  \
        tag, FIELD_LIST, offsetof(struct type, member), __VA_ARGS__                                                    \
    }

static const struct field site_fields[] = {
    BYTES(1, netboot_site, name, 1, NETBOOT_NAME_MAX, "name of a site", NULL, name_check),
    LIST(2, netboot_site, prefixes, 5, 17, "prefix", prefix_shape, NULL),
    BYTES(3, netboot_site, tftp4, 4, 4, "IPv4 TFTP server", NULL, NULL),
    BYTES(4, netboot_site, tftp6, 16, 16, "IPv6 TFTP server", NULL, NULL),
    BYTES(5, netboot_site, http4, 1, RECORD_TEXT_MAX, "HTTP base URL for IPv4", NULL, url_check),
    BYTES(6, netboot_site, http6, 1, RECORD_TEXT_MAX, "HTTP base URL for IPv6", NULL, url_check),
};

static const struct field loader_fields[] = {
    {1, FIELD_NUMBER, offsetof(struct netboot_loader, platform), 2, 2, "loader", NULL, platform_check},
    BYTES(2, netboot_loader, file, 1, RECORD_TEXT_MAX, "file of the loader", NULL, file_check),
};

static const struct field target_fields[] = {
    BYTES(1, netboot_target, name, 1, NETBOOT_NAME_MAX, "name of a target", NULL, name_check),
    {2, FIELD_ENUM,  offsetof(struct netboot_target, kind),  1, 1, "kind of a target",  kind_shape, NULL},
    BYTES(3, netboot_target, script, 1, RECORD_TEXT_MAX, "script", NULL, file_check),
    LIST(4, netboot_target, files, 3, 2 + RECORD_TEXT_MAX, "file of the target", NULL, platform_file_check),
    BYTES(5, netboot_target, description, 1, RECORD_TEXT_MAX, "description", NULL, text_check),
    BYTES(6, netboot_target, kernel, 1, RECORD_TEXT_MAX, "kernel", NULL, kernel_check),
    LIST(7, netboot_target, initrds, 1, RECORD_TEXT_MAX, "initrd", NULL, kernel_check),
    BYTES(8, netboot_target, command_line, 1, RECORD_TEXT_MAX, "command line", NULL, command_line_check),
    {9, FIELD_PLACE, offsetof(struct netboot_target, order), 2, 2, "place in the menu", NULL,       NULL},
};

static const struct field host_fields[] = {
    BYTES(1, netboot_host, name, 1, NETBOOT_NAME_MAX, "name of a host", NULL, name_check),
    LIST(2, netboot_host, ids, 4, 1 + NETBOOT_DUID_MAX, "identifier", id_shape, id_check),
    BYTES(3, netboot_host, target, 1, NETBOOT_NAME_MAX, "name of a target", NULL, name_check),
    LIST(4, netboot_host, loaders, 3, 2 + RECORD_TEXT_MAX, "loader of the host", NULL, platform_file_check),
    LIST(5, netboot_host, labels, 1, RECORD_TEXT_MAX, "label", NULL, label_check),
    BYTES(6, netboot_host, note, 1, RECORD_TEXT_MAX, "note", NULL, text_check),
    {7, FIELD_NUMBER, offsetof(struct netboot_host, changed), 8, 8, "time of change", NULL, NULL},
};

#define NUMBER(tag, type, member, size, name)                                                                          \
    {                                                                                                                  \
        tag, FIELD_NUMBER, offsetof(struct type, member), size, size, name, NULL, NULL                                 \
    }

static const struct field once_fields[] = {
    BYTES(1, once_record, token, ONCE_TOKEN_SIZE, ONCE_TOKEN_SIZE, "token", NULL, NULL),
    NUMBER(2, once_record, store, 8, "store"),
    BYTES(3, once_record, target, 1, NETBOOT_NAME_MAX, "name of a target", NULL, name_check),
    BYTES(4, once_record, by, 1, NETBOOT_ONCE_BY_SIZE - 1, "name of who arms", NULL, text_check),
    NUMBER(5, once_record, armed, 8, "time of arming"),
    NUMBER(6, once_record, expires, 8, "time of expiry"),
    NUMBER(7, once_record, window, 8, "window"),
    NUMBER(8, once_record, tries, 2, "number of tries"),
    NUMBER(9, once_record, until_done, 2, "mode"),
    NUMBER(10, once_record, count, 2, "number of boots"),
    NUMBER(11, once_record, phase, 2, "phase"),
    NUMBER(12, once_record, started, 8, "time of start"),
    NUMBER(13, once_record, used, 8, "time of use"),
    NUMBER(14, once_record, done, 8, "time of the report"),
    BYTES(15, once_record, server, 1, NETBOOT_ONCE_BY_SIZE - 1, "server", NULL, NULL),
    BYTES(16, once_record, file, 1, NETBOOT_FILE_SIZE - 1, "boot file", NULL, NULL),
    NUMBER(17, once_record, method, 2, "method"),
    NUMBER(18, once_record, ms, 8, "milliseconds of use"),
    NUMBER(19, once_record, clock, 8, "clock"),
    NUMBER(20, once_record, doubt, 8, "doubt"),
    LIST(21, once_record, stored, ONCE_EXCHANGE_SIZE, ONCE_EXCHANGE_SIZE, "exchange", NULL, NULL),
};

static const struct field entry_fields[] = {
    NUMBER(1, entry_record, first, 8, "first packet"),
    NUMBER(2, entry_record, last, 8, "last packet"),
    NUMBER(3, entry_record, packets, 2, "packets"),
    NUMBER(4, entry_record, family, 2, "family"),
    NUMBER(5, entry_record, stage, 2, "stage"),
    NUMBER(6, entry_record, arch, 2, "architecture type"),
    NUMBER(7, entry_record, platform, 2, "platform"),
    NUMBER(8, entry_record, replies, 2, "replies"),
    NUMBER(9, entry_record, transaction, 8, "transaction"),
    NUMBER(10, entry_record, outcome, 2, "outcome"),
    NUMBER(11, entry_record, source, 2, "source"),
    NUMBER(12, entry_record, armed, 2, "boot-once"),
    NUMBER(13, entry_record, flags, 2, "flags"),
    BYTES(14, entry_record, mac, NETBOOT_MAC_SIZE, NETBOOT_MAC_SIZE, "MAC", NULL, NULL),
    BYTES(15, entry_record, uuid, NETBOOT_UUID_SIZE, NETBOOT_UUID_SIZE, "UUID", NULL, NULL),
    BYTES(16, entry_record, duid, 3, NETBOOT_DUID_MAX, "DUID", NULL, NULL),
    BYTES(17, entry_record, address, NETBOOT_ADDRESS_SIZE, NETBOOT_ADDRESS_SIZE, "address", NULL, NULL),
    BYTES(18, entry_record, host, 1, NETBOOT_ID_TEXT_SIZE - 1, "host", NULL, NULL),
    BYTES(19, entry_record, target, 1, NETBOOT_NAME_MAX, "target", NULL, NULL),
    BYTES(20, entry_record, site, 1, NETBOOT_NAME_MAX, "site", NULL, NULL),
    BYTES(21, entry_record, boot_file, 1, NETBOOT_FILE_SIZE - 1, "boot file", NULL, NULL),
    BYTES(22, entry_record, tftp_server_name, 1, 255, "TFTP server name", NULL, NULL),
    BYTES(23, entry_record, next_server, 4, 4, "next server", NULL, NULL),
    BYTES(24, entry_record, reasons, 2, 2 * NETBOOT_REASONS_MAX, "reasons", reasons_shape, NULL),
    BYTES(25, entry_record, server, 1, NETBOOT_ONCE_BY_SIZE - 1, "server", NULL, NULL),
};

static const struct field machine_fields[] = {
    BYTES(1, machine_record, id, 4, 1 + NETBOOT_DUID_MAX, "identifier", id_shape, NULL),
    LIST(2, machine_record, ids, 4, 1 + NETBOOT_DUID_MAX, "further identifier", id_shape, NULL),
    NUMBER(3, machine_record, first, 8, "first packet"),
    NUMBER(4, machine_record, last, 8, "last packet"),
    NUMBER(5, machine_record, exchanges, 8, "exchanges"),
    NUMBER(6, machine_record, stages4, 2, "stages over DHCPv4"),
    NUMBER(7, machine_record, stages6, 2, "stages over DHCPv6"),
    NUMBER(8, machine_record, platform, 2, "platform"),
    NUMBER(9, machine_record, arch, 2, "architecture type"),
    NUMBER(10, machine_record, outcome, 2, "outcome"),
    BYTES(11, machine_record, address4, 4, 4, "IPv4 address", NULL, NULL),
    BYTES(12, machine_record, address6, NETBOOT_ADDRESS_SIZE, NETBOOT_ADDRESS_SIZE, "IPv6 address", NULL, NULL),
    BYTES(13, machine_record, host, 1, NETBOOT_ID_TEXT_SIZE - 1, "host", NULL, NULL),
    BYTES(14, machine_record, target, 1, NETBOOT_NAME_MAX, "target", NULL, NULL),
    BYTES(15, machine_record, entries, 8, 8 * JOURNAL_MACHINE_ENTRIES, "entries", numbers_shape, NULL),
};

static const struct field shown_fields[] = {
    LIST(1, shown_record, machines, 5, 2 + NETBOOT_DUID_MAX, "machine", NULL, NULL),
    NUMBER(2, shown_record, overflow, 2, "overflow"),
};

static const struct field history_fields[] = {
    NUMBER(1, history_record, when, 8, "time"),
    NUMBER(2, history_record, hosts, 8, "number of hosts"),
    NUMBER(3, history_record, others, 8, "number of other records"),
    BYTES(4, history_record, by, 1, NETBOOT_HISTORY_BY_SIZE - 1, "name of who changes", NULL, NULL),
    BYTES(5, history_record, what, 1, NETBOOT_HISTORY_WHAT_SIZE - 1, "change", NULL, NULL),
};

#define TYPE(table, required_tag)                                                                                      \
    {                                                                                                                  \
        sizeof(table) / sizeof((table)[0]), 1u << ((required_tag)-1), table                                            \
    }

/* With the tag of the field that each must have. */
const struct record_type record_site = TYPE(site_fields, 1);
const struct record_type record_loader = TYPE(loader_fields, 2);
const struct record_type record_target = TYPE(target_fields, 1);
const struct record_type record_host = TYPE(host_fields, 2);
const struct record_type record_once = TYPE(once_fields, 1);
const struct record_type record_entry = TYPE(entry_fields, 1);
const struct record_type record_machine = TYPE(machine_fields, 1);
const struct record_type record_shown = TYPE(shown_fields, 1);
const struct record_type record_history = TYPE(history_fields, 1);

/* ---- Numbers: the width in the record says which type the member has */

static uint64_t number_get(const struct field *field, const void *member)
{
    enum netboot_kind kind;
    uint16_t narrow;
    uint64_t wide;

    if (field->kind == FIELD_ENUM)
        return memcpy(&kind, member, sizeof(kind)), (uint64_t)kind;
    if (field->max == 2)
        return memcpy(&narrow, member, sizeof(narrow)), narrow;
    return memcpy(&wide, member, sizeof(wide)), wide;
}

static void number_set(const struct field *field, void *member, uint64_t number)
{
    enum netboot_kind kind = (enum netboot_kind)number;
    uint16_t narrow = (uint16_t)number;

    if (field->kind == FIELD_ENUM)
        memcpy(member, &kind, sizeof(kind));
    else if (field->max == 2)
        memcpy(member, &narrow, sizeof(narrow));
    else
        memcpy(member, &number, sizeof(number));
}

static void number_octets(const struct field *field, uint64_t number, uint8_t octets[8])
{
    for (unsigned i = 0; i < field->max; i++)
        octets[i] = (uint8_t)(number >> 8 * (field->max - 1 - i));
}

/* ---- Reading: a packet reads some four records, so nothing is done twice */

static inline void clear_field(const struct field *field, void *ret)
{
    void *member = (uint8_t *)ret + field->offset;

    if (field->kind == FIELD_BYTES)
        *(struct netboot_bytes *)member = (struct netboot_bytes){NULL, 0};
    else if (field->kind == FIELD_LIST)
        ((struct netboot_list *)member)->count = 0;
    else
        number_set(field, member, 0);
}

static bool set_number(const struct field *field, struct netboot_bytes value, void *ret)
{
    uint64_t number = 0;

    for (size_t i = 0; i < value.size; i++)
        number = number << 8 | value.data[i];
    number_set(field, (uint8_t *)ret + field->offset, number);
    return true;
}

/* `again`: the record had that field before. False: damaged. */
static inline bool set_field(const struct field *field, struct netboot_bytes value, bool again, void *ret)
{
    void *member = (uint8_t *)ret + field->offset;
    struct netboot_list *list = member;

    if (value.size < field->min || value.size > field->max || (field->shape && !field->shape(value)))
        return false;
    switch (field->kind) {
    case FIELD_BYTES:
        *(struct netboot_bytes *)member = value;
        return true;
    case FIELD_LIST:
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
        size_t size = read_be16(rest.data + 1);
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
    for (unsigned i = 0; i < type->count; i++)
        if (!(seen >> i & 1))
            clear_field(&type->fields[i], ret);
    return (seen & type->required) == type->required ? 0 : -EBADMSG;
}

/* ---- Checking */

static int check_value(const struct field *field, struct netboot_bytes value, struct netboot_error *error)
{
    if (value.size > field->max)
        return failure(error, -EINVAL, "the %s is %zu octets long: at most %u fit", field->name, value.size,
                       field->max);
    if (value.size < field->min || (field->shape && !field->shape(value)))
        return failure(error, -EINVAL, "the %s is not well-formed", field->name);
    return field->check ? field->check(field->name, value, error) : 0;
}

static int check_list(const struct field *field, const struct netboot_list *list, struct netboot_error *error)
{
    if (list->count > NETBOOT_LIST_MAX)
        return failure(error, -EINVAL, "there are %zu values of '%s': at most %d fit", list->count, field->name,
                       NETBOOT_LIST_MAX);
    for (size_t i = 0; i < list->count; i++) {
        int code = check_value(field, list->items[i], error);
        if (code != 0)
            return code;
    }
    return 0;
}

static int check_field(const struct field *field, const void *member, struct netboot_error *error)
{
    uint8_t octets[8];

    switch (field->kind) {
    case FIELD_BYTES:
        if (((const struct netboot_bytes *)member)->size == 0)
            return 0;
        return check_value(field, *(const struct netboot_bytes *)member, error);
    case FIELD_LIST:
        return check_list(field, member, error);
    case FIELD_ENUM:
    case FIELD_NUMBER:
    case FIELD_PLACE:
        number_octets(field, number_get(field, member), octets);
        return check_value(field, (struct netboot_bytes){octets, field->max}, error);
    }
    return 0;
}

static bool is_empty(const struct field *field, const void *member)
{
    if (field->kind == FIELD_LIST)
        return ((const struct netboot_list *)member)->count == 0;
    return field->kind == FIELD_BYTES && ((const struct netboot_bytes *)member)->size == 0;
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
            return failure(error, -EINVAL, "the %s is missing: give it", type->fields[i].name);
    return 0;
}

/* ---- Writing */

struct writer {
    uint8_t *at;
    size_t room;
    bool full;
};

static void write_field(struct writer *writer, uint8_t tag, struct netboot_bytes value)
{
    if (writer->full || value.size > UINT16_MAX || writer->room < FIELD_HEADER + value.size) {
        writer->full = true;
        return;
    }
    writer->at[0] = tag;
    writer->at[1] = (uint8_t)(value.size >> 8);
    writer->at[2] = (uint8_t)value.size;
    if (value.size > 0)
        memcpy(writer->at + FIELD_HEADER, value.data, value.size);
    writer->at += FIELD_HEADER + value.size;
    writer->room -= FIELD_HEADER + value.size;
}

static void write_number(struct writer *writer, const struct field *field, uint64_t number)
{
    uint8_t octets[8];

    number_octets(field, number, octets);
    write_field(writer, field->tag, (struct netboot_bytes){octets, field->max});
}

ssize_t record_encode(const struct record_type *type, const void *record, uint8_t *buffer, size_t size)
{
    struct writer writer = {buffer + 1, size - 1, false};

    if (size < 1)
        return -ENOBUFS;
    buffer[0] = RECORD_VERSION;
    for (size_t i = 0; i < type->count; i++) {
        const struct field *field = &type->fields[i];
        const void *member = (const uint8_t *)record + field->offset;
        const struct netboot_list *list = member;
        const struct netboot_bytes *bytes = member;
        if (field->kind == FIELD_BYTES && bytes->size > 0)
            write_field(&writer, field->tag, *bytes);
        for (size_t j = 0; field->kind == FIELD_LIST && j < list->count; j++)
            write_field(&writer, field->tag, list->items[j]);
        bool always = field->kind == FIELD_ENUM || field->kind == FIELD_NUMBER;
        if (always || (field->kind == FIELD_PLACE && number_get(field, member) != 0))
            write_number(&writer, field, number_get(field, member));
    }
    return writer.full ? -ENOBUFS : writer.at - buffer;
}
