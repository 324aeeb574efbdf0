/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/fields.h"

#include "common/base/bytes.h"
#include "common/dhcp/codes.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint32_t fields4[] = {
    NETBOOT_FIELD_SIADDR,   NETBOOT_FIELD_SNAME,  NETBOOT_FIELD_FILE,
    DHCP4_TFTP_SERVER_NAME, DHCP4_BOOT_FILE_NAME, DHCP4_VENDOR_CLASS,
};
static const uint32_t fields6[] = {DHCP6_BOOT_FILE_URL, DHCP6_BOOT_FILE_PARAMETERS, DHCP6_VENDOR_CLASS};

void fields_clear(enum netboot_family family, struct boot_fields *ret)
{
    bool v4 = family == NETBOOT_V4;
    const uint32_t *fields = v4 ? fields4 : fields6;

    *ret = (struct boot_fields){.family = family};
    ret->count = v4 ? sizeof(fields4) / sizeof(fields4[0]) : sizeof(fields6) / sizeof(fields6[0]);
    for (unsigned i = 0; i < ret->count; i++)
        ret->items[i].field = fields[i];
}

struct boot_field *fields_find(struct boot_fields *fields, uint32_t field)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->items[i].field == field)
            return &fields->items[i];
    return NULL;
}

const struct boot_field *fields_get(const struct boot_fields *fields, uint32_t field)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->items[i].field == field && fields->items[i].present)
            return &fields->items[i];
    return NULL;
}

void fields_set(struct boot_fields *fields, uint32_t field, struct netboot_bytes data)
{
    struct boot_field *found = fields_find(fields, field);

    if (!found)
        return;
    found->present = true;
    found->data = data;
}

void fields_edit(struct boot_fields *fields, const struct netboot_answer *answer)
{
    for (unsigned i = 0; i < answer->edit_count; i++) {
        const struct netboot_edit *edit = &answer->edits[i];
        struct boot_field *field = fields_find(fields, edit->field);
        if (field && edit->remove)
            field->present = false;
        else
            fields_set(fields, edit->field, edit->data);
    }
}

bool fields_have_boot_file(const struct boot_fields *fields)
{
    static const uint32_t files[] = {NETBOOT_FIELD_FILE, DHCP4_BOOT_FILE_NAME, DHCP6_BOOT_FILE_URL};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (fields_get(fields, files[i]))
            return true;
    return false;
}

/* ---- Text */

const char *field_name(enum netboot_family family, uint32_t field)
{
    static const struct {
        enum netboot_family family;
        uint32_t field;
        const char *name;
    } names[] = {
        {NETBOOT_V4, NETBOOT_FIELD_SIADDR,       "siaddr"                             },
        {NETBOOT_V4, NETBOOT_FIELD_SNAME,        "sname"                              },
        {NETBOOT_V4, NETBOOT_FIELD_FILE,         "file"                               },
        {NETBOOT_V4, DHCP4_VENDOR_CLASS,         "option 60 (vendor-class-identifier)"},
        {NETBOOT_V4, DHCP4_TFTP_SERVER_NAME,     "option 66 (tftp-server-name)"       },
        {NETBOOT_V4, DHCP4_BOOT_FILE_NAME,       "option 67 (boot-file-name)"         },
        {NETBOOT_V6, DHCP6_VENDOR_CLASS,         "option 16 (vendor-class)"           },
        {NETBOOT_V6, DHCP6_BOOT_FILE_URL,        "option 59 (bootfile-url)"           },
        {NETBOOT_V6, DHCP6_BOOT_FILE_PARAMETERS, "option 60 (bootfile-param)"         },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].family == family && names[i].field == field)
            return names[i].name;
    return "option";
}

/* Text that is written piece by piece, and cut when its room is full. */
struct field_writer {
    char *text;
    size_t used;
};

static void put(struct field_writer *writer, char c)
{
    if (writer->used + 1 < FIELD_TEXT_SIZE)
        writer->text[writer->used++] = c;
    writer->text[writer->used] = '\0';
}

/* Writes octets as text: those that are not printable ASCII as \xNN. A NUL at the end, which some servers send, is left
 * out. */
static void put_octets(struct field_writer *writer, struct netboot_bytes octets)
{
    static const char digits[] = "0123456789abcdef";

    if (octets.size > 0 && octets.data[octets.size - 1] == '\0')
        octets.size--;
    for (size_t i = 0; i < octets.size; i++) {
        uint8_t c = octets.data[i];
        if (c >= ' ' && c <= '~' && c != '\\') {
            put(writer, (char)c);
            continue;
        }
        put(writer, '\\');
        put(writer, 'x');
        put(writer, digits[c >> 4]);
        put(writer, digits[c & 15]);
    }
}

/* Items with a 2-octet length, separated by blanks. */
static void put_items(struct field_writer *writer, struct netboot_bytes items)
{
    struct netboot_bytes item;

    while (bytes_take_item(&items, 2, &item)) {
        if (writer->used > 0)
            put(writer, ' ');
        put_octets(writer, item);
    }
}

static struct netboot_bytes without_enterprise(struct netboot_bytes class)
{
    return class.size < 4 ? (struct netboot_bytes){NULL, 0} : bytes_after(class, 4);
}

/* RFC 8415, section 21.16: 4 octets enterprise number, then items. */
static void put_class(struct field_writer *writer, struct netboot_bytes class)
{
    unsigned enterprise = be_get32(class.data);
    char text[40] = "";

    put_items(writer, without_enterprise(class));
    if (enterprise != ENTERPRISE_INTEL)
        snprintf(text, sizeof(text), "%s(enterprise %u)", writer->used > 0 ? " " : "", enterprise);
    for (const char *c = text; *c; c++)
        put(writer, *c);
}

const char *field_text(const struct boot_fields *fields, uint32_t field, char text[FIELD_TEXT_SIZE])
{
    const struct boot_field *found = fields_get(fields, field);
    struct field_writer writer = {.text = text};
    bool v6 = fields->family == NETBOOT_V6;

    text[0] = '\0';
    if (!found)
        return text;
    if (field == NETBOOT_FIELD_SIADDR && found->data.size == 4) {
        inet_ntop(AF_INET, found->data.data, text, FIELD_TEXT_SIZE);
    } else if (v6 && field == DHCP6_VENDOR_CLASS && found->data.size >= 4) {
        put_class(&writer, found->data);
    } else if (v6 && field == DHCP6_BOOT_FILE_PARAMETERS) {
        put_items(&writer, found->data);
    } else {
        put_octets(&writer, found->data);
    }
    return text;
}

/* ---- Meaning */

const char *meaning_name(enum meaning meaning)
{
    static const char *const names[MEANING_COUNT] = {
        [MEANING_FILE] = "file",
        [MEANING_SERVER] = "server",
        [MEANING_VENDOR_CLASS] = "vendor class",
        [MEANING_PARAMETERS] = "parameters",
    };

    return names[meaning];
}

/* Where each meaning is in a reply: the first field or option with a value counts. DHCPv4's options go before its
 * header fields. */
static const struct {
    enum netboot_family family;
    enum meaning meaning;
    uint32_t field;
} places[] = {
    {NETBOOT_V4, MEANING_FILE,         DHCP4_BOOT_FILE_NAME      },
    {NETBOOT_V4, MEANING_FILE,         NETBOOT_FIELD_FILE        },
    {NETBOOT_V4, MEANING_SERVER,       NETBOOT_FIELD_SIADDR      },
    {NETBOOT_V4, MEANING_SERVER,       DHCP4_TFTP_SERVER_NAME    },
    {NETBOOT_V4, MEANING_SERVER,       NETBOOT_FIELD_SNAME       },
    {NETBOOT_V4, MEANING_VENDOR_CLASS, DHCP4_VENDOR_CLASS        },
    {NETBOOT_V6, MEANING_FILE,         DHCP6_BOOT_FILE_URL       },
    {NETBOOT_V6, MEANING_VENDOR_CLASS, DHCP6_VENDOR_CLASS        },
    {NETBOOT_V6, MEANING_PARAMETERS,   DHCP6_BOOT_FILE_PARAMETERS},
};

/* No client looks at the enterprise number. */
static const char *class_text(const struct boot_field *class, char text[FIELD_TEXT_SIZE])
{
    struct field_writer writer = {.text = text};

    put_items(&writer, without_enterprise(class->data));
    return text;
}

const char *fields_meaning(const struct boot_fields *fields, enum meaning meaning, char text[FIELD_TEXT_SIZE])
{
    text[0] = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !text[0]; i++) {
        const struct boot_field *found = fields_get(fields, places[i].field);
        if (places[i].family != fields->family || places[i].meaning != meaning || !found)
            continue;
        if (meaning == MEANING_SERVER && found->data.size == 4 && found->field == NETBOOT_FIELD_SIADDR &&
            is_zero(found->data.data, 4))
            continue;
        if (fields->family == NETBOOT_V6 && meaning == MEANING_VENDOR_CLASS)
            class_text(found, text);
        else
            field_text(fields, found->field, text);
    }
    return text;
}
