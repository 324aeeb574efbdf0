/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Records of the targets store as JSON, both ways: the one place that knows their keys. Nothing here prints.
 *
 *   host    name, mac [..], uuid [..], duid [..], target, loader {platform: file}, labels {key: value}, note, changed
 *   site    name, prefixes [..], tftp4, tftp6, http4, http6
 *   target  name, kind, script, files {platform: file}, description, kernel, initrds [..], command_line, order
 *   loader  platform, file
 *
 * An absent value is null, [] or {}. A single string may stand for a list. `changed` is read, but not used.
 */
#ifndef NETBOOT_JSON_H
#define NETBOOT_JSON_H

#include "netboot-store.h"
#include "json/record/arena.h"

#include <cjson/cJSON.h>

/* Key number `index` of those that record_from_json() takes; NULL past the last one. */
const char *record_key(enum netboot_record_kind kind, size_t index);

/* The key of the host that has an identifier, and the record by it: 0, -ENOENT, -EBADMSG. */
static inline struct netboot_record_key host_key(const struct netboot_id *id)
{
    return (struct netboot_record_key){.kind = NETBOOT_RECORD_HOST, .id = *id};
}
static inline int host_get(struct netboot_view *view, const struct netboot_id *id, struct netboot_record *ret)
{
    const struct netboot_record_key key = host_key(id);

    return netboot_view_get(view, &key, ret, NULL);
}

/* Reads one JSON value that fills the whole text. NULL with the reason. cJSON_Delete() the result. */
cJSON *json_parse(const char *text, size_t size, struct netboot_error *error);

/* All keys of a record. NULL: out of memory. */
cJSON *record_to_json(const struct netboot_record *record);
/* Fills `ret` as ret->kind says; values live in `memory`. Absent and null keys are absent in the record. Unknown
 * keys, keys that come twice and wrong values are -EINVAL with key, value and rule. */
int record_from_json(const cJSON *object, struct netboot_record *ret, struct arena *memory,
                     struct netboot_error *error);
/* The same as a change of a record: `values` gets the values, and the patch names their keys. Only a `whole` record
 * must have all keys that its kind needs. */
int patch_from_json(const cJSON *object, bool whole, struct netboot_record *values, struct netboot_record_patch *ret,
                    struct arena *memory, struct netboot_error *error);
/* An identifier as an item of a host's list; empty: out of memory. */
struct netboot_bytes host_item(const struct netboot_id *id, struct arena *memory);

/* Removes absent values: null, "", [], {}. */
void json_prune(cJSON *object);

/* The text of a string item, or NULL. */
const char *json_text(const cJSON *object, const char *key);

#endif
