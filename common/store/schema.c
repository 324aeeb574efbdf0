/* SPDX-License-Identifier: MPL-2.0 */
/* The fields of every type of record. A tag is never used again for something else. */
#include "record/type.h"

#include "change/history.h"
#include "journal/record.h"
#include "once/machine.h"
#include "record/value.h"

#define BYTES(tag, type, member, ...)                                                                                  \
    {                                                                                                                  \
        tag, FIELD_BYTES, offsetof(struct type, member), __VA_ARGS__                                                   \
    }
#define LIST(tag, type, member, ...)                                                                                   \
    {                                                                                                                  \
        tag, FIELD_LIST, offsetof(struct type, member), __VA_ARGS__                                                    \
    }

static const struct field site_fields[] = {
    BYTES(1, netboot_site, name, 1, NETBOOT_NAME_MAX, "name of a site", NULL, record_check_name),
    LIST(2, netboot_site, prefixes, 5, 17, "prefix", record_shape_prefix, NULL),
    BYTES(3, netboot_site, tftp4, 4, 4, "IPv4 TFTP server", NULL, NULL),
    BYTES(4, netboot_site, tftp6, 16, 16, "IPv6 TFTP server", NULL, NULL),
    BYTES(5, netboot_site, http4, 1, RECORD_TEXT_MAX, "HTTP base URL for IPv4", NULL, record_check_url),
    BYTES(6, netboot_site, http6, 1, RECORD_TEXT_MAX, "HTTP base URL for IPv6", NULL, record_check_url),
};

static const struct field loader_fields[] = {
    {1, FIELD_NUMBER, offsetof(struct netboot_loader, platform), 2, 2, "loader", NULL, record_check_platform},
    BYTES(2, netboot_loader, file, 1, RECORD_TEXT_MAX, "file of the loader", NULL, record_check_file),
};

static const struct field target_fields[] = {
    BYTES(1, netboot_target, name, 1, NETBOOT_NAME_MAX, "name of a target", NULL, record_check_name),
    {2, FIELD_ENUM,  offsetof(struct netboot_target, kind),  1, 1, "kind of a target",  record_shape_kind, NULL},
    BYTES(3, netboot_target, script, 1, RECORD_TEXT_MAX, "script", NULL, record_check_file),
    LIST(4, netboot_target, files, 3, 2 + RECORD_TEXT_MAX, "file of the target", NULL, record_check_platform_file),
    BYTES(5, netboot_target, description, 1, RECORD_TEXT_MAX, "description", NULL, record_check_text),
    BYTES(6, netboot_target, kernel, 1, RECORD_TEXT_MAX, "kernel", NULL, record_check_kernel),
    LIST(7, netboot_target, initrds, 1, RECORD_TEXT_MAX, "initrd", NULL, record_check_kernel),
    BYTES(8, netboot_target, command_line, 1, RECORD_TEXT_MAX, "command line", NULL, record_check_command_line),
    {9, FIELD_PLACE, offsetof(struct netboot_target, order), 2, 2, "place in the menu", NULL,              NULL},
};

static const struct field host_fields[] = {
    BYTES(1, netboot_host, name, 1, NETBOOT_NAME_MAX, "name of a host", NULL, record_check_name),
    LIST(2, netboot_host, ids, 4, 1 + NETBOOT_DUID_MAX, "identifier", record_shape_id, record_check_id),
    BYTES(3, netboot_host, target, 1, NETBOOT_NAME_MAX, "name of a target", NULL, record_check_name),
    LIST(4, netboot_host, loaders, 3, 2 + RECORD_TEXT_MAX, "loader of the host", NULL, record_check_platform_file),
    LIST(5, netboot_host, labels, 1, RECORD_TEXT_MAX, "label", NULL, record_check_label),
    BYTES(6, netboot_host, note, 1, RECORD_TEXT_MAX, "note", NULL, record_check_text),
    {7, FIELD_NUMBER, offsetof(struct netboot_host, changed), 8, 8, "time of change", NULL, NULL},
};

#define NUMBER(tag, type, member, size, name)                                                                          \
    {                                                                                                                  \
        tag, FIELD_NUMBER, offsetof(struct type, member), size, size, name, NULL, NULL                                 \
    }

static const struct field once_fields[] = {
    BYTES(1, once_record, token, ONCE_TOKEN_SIZE, ONCE_TOKEN_SIZE, "token", NULL, NULL),
    NUMBER(2, once_record, store, 8, "store"),
    BYTES(3, once_record, target, 1, NETBOOT_NAME_MAX, "name of a target", NULL, record_check_name),
    BYTES(4, once_record, by, 1, NETBOOT_ONCE_BY_SIZE - 1, "name of who arms", NULL, record_check_text),
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
    BYTES(24, entry_record, reasons, 2, 2 * NETBOOT_REASONS_MAX, "reasons", record_shape_reasons, NULL),
    BYTES(25, entry_record, server, 1, NETBOOT_ONCE_BY_SIZE - 1, "server", NULL, NULL),
};

static const struct field machine_fields[] = {
    BYTES(1, machine_record, id, 4, 1 + NETBOOT_DUID_MAX, "identifier", record_shape_id, NULL),
    LIST(2, machine_record, ids, 4, 1 + NETBOOT_DUID_MAX, "further identifier", record_shape_id, NULL),
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
    BYTES(15, machine_record, entries, 8, 8 * JOURNAL_MACHINE_ENTRIES, "entries", record_shape_numbers, NULL),
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
