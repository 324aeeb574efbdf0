/* SPDX-License-Identifier: MPL-2.0 */
/* What the files of the codecs share. */
#ifndef NETBOOT_CODEC_VALUE_H
#define NETBOOT_CODEC_VALUE_H

#include "json/record/codec.h"

/* Checks that the value is a string. -EINVAL. */
int codec_string_wanted(const struct json_field *field, const cJSON *value, struct netboot_error *error);
/* Puts the key before a reason of the library, which does not know it. Returns `status`. */
int codec_with_key(const char *key, int status, const struct netboot_error *reason, struct netboot_error *error);
int codec_file_check(const char *key, const char *file, struct netboot_error *error);
/* Appends an item that arena_copy() made. -ENOMEM: it is empty; -EINVAL: the list is full. */
int codec_list_append(const struct json_field *field, struct netboot_list *list, struct netboot_bytes item,
                      struct netboot_error *error);

/* NULL: out of memory. */
cJSON *codec_string_new(struct netboot_bytes text);
/* Moves `item` into `list`, by `key` if there is one; on failure both are freed. */
bool codec_add(cJSON **list, const char *key, cJSON *item);

#endif
