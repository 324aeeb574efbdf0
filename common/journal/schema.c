/* SPDX-License-Identifier: MPL-2.0 */
/* The fields of the journal's record. A tag is never used again for something else. */
#include "journal/record.h"
#include "record/type.h"
#include "record/value.h"

static const struct record_field entry_fields[] = {
    FIELD_NUMBER(1, entry_record, first, 8, "first packet"),
    FIELD_NUMBER(2, entry_record, last, 8, "last packet"),
    FIELD_NUMBER(3, entry_record, packets, 2, "packets"),
    FIELD_NUMBER(4, entry_record, family, 2, "family"),
    FIELD_NUMBER(5, entry_record, stage, 2, "stage"),
    FIELD_NUMBER(6, entry_record, arch, 2, "architecture type"),
    FIELD_NUMBER(7, entry_record, platform, 2, "platform"),
    FIELD_NUMBER(8, entry_record, replies, 2, "replies"),
    FIELD_NUMBER(9, entry_record, transaction, 8, "transaction"),
    FIELD_NUMBER(10, entry_record, outcome, 2, "outcome"),
    FIELD_NUMBER(11, entry_record, source, 2, "source"),
    FIELD_NUMBER(12, entry_record, armed, 2, "boot-once"),
    FIELD_NUMBER(13, entry_record, flags, 2, "flags"),
    FIELD_BYTES(14, entry_record, mac, NETBOOT_MAC_SIZE, NETBOOT_MAC_SIZE, "MAC", NULL, NULL),
    FIELD_BYTES(15, entry_record, uuid, NETBOOT_UUID_SIZE, NETBOOT_UUID_SIZE, "UUID", NULL, NULL),
    FIELD_BYTES(16, entry_record, duid, 3, NETBOOT_DUID_MAX, "DUID", NULL, NULL),
    FIELD_BYTES(17, entry_record, address, NETBOOT_ADDRESS_SIZE, NETBOOT_ADDRESS_SIZE, "address", NULL, NULL),
    FIELD_BYTES(18, entry_record, host, 1, NETBOOT_ID_TEXT_SIZE - 1, "host", NULL, NULL),
    FIELD_BYTES(19, entry_record, target, 1, NETBOOT_NAME_MAX, "target", NULL, NULL),
    FIELD_BYTES(20, entry_record, site, 1, NETBOOT_NAME_MAX, "site", NULL, NULL),
    FIELD_BYTES(21, entry_record, boot_file, 1, NETBOOT_FILE_SIZE - 1, "boot file", NULL, NULL),
    FIELD_BYTES(22, entry_record, tftp_server_name, 1, 255, "TFTP server name", NULL, NULL),
    FIELD_BYTES(23, entry_record, next_server, 4, 4, "next server", NULL, NULL),
    FIELD_BYTES(24, entry_record, reasons, 2, 2 * NETBOOT_REASONS_MAX, "reasons", record_shape_reasons, NULL),
    FIELD_BYTES(25, entry_record, server, 1, NETBOOT_ONCE_BY_SIZE - 1, "server", NULL, NULL),
    FIELD_OPTIONAL(26, entry_record, machine_first, 8, "first packet of the machine"),
    FIELD_OPTIONAL(27, entry_record, exchanges, 8, "exchanges of the machine"),
};

const struct record_type record_entry = RECORD_TYPE(entry_fields, 1);
