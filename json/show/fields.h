/* SPDX-License-Identifier: MPL-2.0 */
/* The fields and options of a server's reply that have to do with network boot, as they are on the wire. */
#ifndef NETBOOT_FIELDS_H
#define NETBOOT_FIELDS_H

#include "netboot.h"

#define BOOT_FIELDS_MAX 6

/* `field` as in netboot_edit; empty `data` of an option is an option without data. */
struct boot_field {
    uint32_t field;
    bool present;
    struct netboot_bytes data;
};

struct boot_fields {
    enum netboot_family family;
    unsigned count;
    struct boot_field items[BOOT_FIELDS_MAX];
};

/* Begins with all fields of that family, none present. */
void fields_clear(enum netboot_family family, struct boot_fields *ret);
/* The field of that number, or NULL if it has nothing to do with network boot. */
struct boot_field *fields_find(struct boot_fields *fields, uint32_t field);
const struct boot_field *fields_get(const struct boot_fields *fields, uint32_t field);
void fields_set(struct boot_fields *fields, uint32_t field, struct netboot_bytes data);
/* Carries out an answer's edits, as a server does. */
void fields_edit(struct boot_fields *fields, const struct netboot_answer *answer);

/* Whether they have a boot file, by the rule of netboot_query.reply_has_boot_file. */
bool fields_have_boot_file(const struct boot_fields *fields);

/* "file", "option 67 (boot-file-name)", ... */
const char *field_name(enum netboot_family family, uint32_t field);
/* A field's value for people. Cut to fit; "" where it is absent. Returns `text`. */
#define FIELD_TEXT_SIZE 1100
const char *field_text(const struct boot_fields *fields, uint32_t field, char text[FIELD_TEXT_SIZE]);

/* ---- What they mean to the client, whichever of them says it */

enum meaning { MEANING_FILE, MEANING_SERVER, MEANING_VENDOR_CLASS, MEANING_PARAMETERS, MEANING_COUNT };
const char *meaning_name(enum meaning meaning); /* "file", "server", "vendor class", "parameters" */
/* "" if the reply has none. Returns `text`. */
const char *fields_meaning(const struct boot_fields *fields, enum meaning meaning, char text[FIELD_TEXT_SIZE]);

#endif
