/* SPDX-License-Identifier: MPL-2.0 */
/* Values of the fields of records: what readers rely on, and what a person may store. */
#ifndef NETBOOT_RECORD_VALUE_H
#define NETBOOT_RECORD_VALUE_H

#include "netboot-store.h"

/* Shapes: whether the octets, of which there is one at least, can be what the field says. */
bool record_shape_prefix(struct netboot_bytes value);
bool record_shape_id(struct netboot_bytes value);
bool record_shape_kind(struct netboot_bytes value);
bool record_shape_reasons(struct netboot_bytes value);
bool record_shape_numbers(struct netboot_bytes value);

/* The key of an item of a list: how many octets it has. */
size_t record_platform_size(struct netboot_bytes item);
size_t record_label_size(struct netboot_bytes item);

/* Checks: 0, or -EINVAL with an error that calls the value `name`. The value has the field's shape and size. */
int record_check_text(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_name(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_url(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_file(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_kernel(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_command_line(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_platform(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_platform_file(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_label(const char *name, struct netboot_bytes value, struct netboot_error *error);
int record_check_id(const char *name, struct netboot_bytes value, struct netboot_error *error);

#endif
