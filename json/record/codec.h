/* SPDX-License-Identifier: MPL-2.0 */
/* How one field of a record is read from JSON and written as JSON. */
#ifndef NETBOOT_CODEC_H
#define NETBOOT_CODEC_H

#include "netboot-store.h"
#include "json/record/arena.h"

#include <cjson/cJSON.h>

struct json_field;

struct codec {
    /* `value` is neither null nor "". -EINVAL, -ENOMEM. */
    int (*decode)(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                  struct netboot_error *error);
    /* NULL: out of memory. */
    cJSON *(*encode)(const struct json_field *field, const void *at);
};

struct json_field {
    const char *key;
    const struct codec *codec;
    size_t offset;      /* in the record's structure */
    unsigned parameter; /* for the codec: a type of identifier, a size of address */
};

extern const struct codec codec_text, codec_name, codec_file, codec_base_url, codec_address, codec_prefixes, codec_ids,
    codec_platform, codec_platform_files, codec_labels, codec_kind, codec_time, codec_files, codec_order;

#endif
