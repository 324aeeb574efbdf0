/* SPDX-License-Identifier: MPL-2.0 */
/* The fields of the records that people set. A tag is never used again for another field. */
#include "store/schema.h"

#include "base/address.h"
#include "record/type.h"
#include "record/value.h"

static const struct record_field site_fields[] = {
    FIELD_BYTES(1, netboot_site, name, 1, NETBOOT_NAME_MAX, "name of a site", NULL, record_check_name),
    FIELD_LIST(2, netboot_site, prefixes, 5, 17, "prefix", record_shape_prefix, prefix_check),
    FIELD_BYTES(3, netboot_site, tftp4, 4, 4, "IPv4 TFTP server", NULL, NULL),
    FIELD_BYTES(4, netboot_site, tftp6, 16, 16, "IPv6 TFTP server", NULL, NULL),
    FIELD_BYTES(5, netboot_site, http4, 1, RECORD_TEXT_MAX, "HTTP base URL for IPv4", NULL, record_check_url),
    FIELD_BYTES(6, netboot_site, http6, 1, RECORD_TEXT_MAX, "HTTP base URL for IPv6", NULL, record_check_url),
};

static const struct record_field loader_fields[] = {
    FIELD_CHECKED(1, netboot_loader, platform, 2, "loader", NULL, record_check_platform),
    FIELD_BYTES(2, netboot_loader, file, 1, RECORD_TEXT_MAX, "file of the loader", NULL, record_check_file),
};

static const struct record_field target_fields[] = {
    FIELD_BYTES(1, netboot_target, name, 1, NETBOOT_NAME_MAX, "name of a target", NULL, record_check_name),
    FIELD_CHECKED(2, netboot_target, kind, 1, "kind of a target", record_shape_kind, NULL),
    FIELD_BYTES(3, netboot_target, script, 1, RECORD_TEXT_MAX, "script", NULL, record_check_file),
    FIELD_MAP(4, netboot_target, files, 3, 2 + RECORD_TEXT_MAX, "file of the target", record_platform_size,
              record_check_platform_file),
    FIELD_BYTES(5, netboot_target, description, 1, RECORD_TEXT_MAX, "description", NULL, record_check_text),
    FIELD_BYTES(6, netboot_target, kernel, 1, RECORD_TEXT_MAX, "kernel", NULL, record_check_kernel),
    FIELD_LIST(7, netboot_target, initrds, 1, RECORD_TEXT_MAX, "initrd", NULL, record_check_kernel),
    FIELD_BYTES(8, netboot_target, command_line, 1, RECORD_TEXT_MAX, "command line", NULL, record_check_command_line),
    FIELD_OPTIONAL(9, netboot_target, order, 2, "place in the menu"),
};

static const struct record_field host_fields[] = {
    FIELD_BYTES(1, netboot_host, name, 1, NETBOOT_NAME_MAX, "name of a host", NULL, record_check_name),
    FIELD_LIST(2, netboot_host, ids, 4, 1 + NETBOOT_DUID_MAX, "identifier", record_shape_id, record_check_id),
    FIELD_BYTES(3, netboot_host, target, 1, NETBOOT_NAME_MAX, "name of a target", NULL, record_check_name),
    FIELD_MAP(4, netboot_host, loaders, 3, 2 + RECORD_TEXT_MAX, "loader of the host", record_platform_size,
              record_check_platform_file),
    FIELD_MAP(5, netboot_host, labels, 1, RECORD_TEXT_MAX, "label", record_label_size, record_check_label),
    FIELD_BYTES(6, netboot_host, note, 1, RECORD_TEXT_MAX, "note", NULL, record_check_text),
    FIELD_INCIDENTAL(7, RECORD_NUMBER, netboot_host, changed, 8, "time of change"),
    FIELD_INCIDENTAL(8, RECORD_OPTIONAL, netboot_host, born, 8, "number of a host"),
};

/* With the tag of the field that each must have. */
const struct record_type record_site = RECORD_TYPE(site_fields, 1);
const struct record_type record_loader = RECORD_TYPE(loader_fields, 2);
const struct record_type record_target = RECORD_TYPE(target_fields, 1);
const struct record_type record_host = RECORD_TYPE(host_fields, 2);
