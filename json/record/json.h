/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Records of the targets store as JSON, both ways: the one place that knows their keys. Nothing here prints.
 *
 *   host    name, mac [..], uuid [..], duid [..], target, loader {platform: file}, labels {key: value}, note, changed
 *   site    name, prefixes [..], tftp4, tftp6, http4, http6
 *   target  name, kind, script, files {platform: file}, description, kernel, initrds [..], command_line, order
 *   loader  platform, file
 *
 * What is absent is null, [] or {}. Where a list is wanted a single string does. `changed` is read and not used.
 */
#ifndef NETBOOT_JSON_H
#define NETBOOT_JSON_H

#include "netboot-store.h"
#include "json/record/arena.h"

#include <cjson/cJSON.h>

enum table { TABLE_SITE, TABLE_LOADER, TABLE_TARGET, TABLE_HOST, TABLE_COUNT };

const char *table_name(enum table table); /* "site", ... */
int table_find(const char *name);         /* or -ENOENT */
/* The keys that record_from_json() takes, one by one; NULL past the last one. */
const char *record_key(enum table table, size_t index);

struct record {
    enum table table;
    union {
        struct netboot_site site;
        struct netboot_loader loader;
        struct netboot_target target;
        struct netboot_host host;
    };
};

/* Reads one JSON value that fills the whole text. NULL with the reason. cJSON_Delete() the result. */
cJSON *json_parse(const char *text, size_t size, struct netboot_error *error);

/* All keys of a record (`record` points to the structure of that table). NULL: out of memory. */
cJSON *record_to_json(enum table table, const void *record);
/* Fills `ret` as ret->table says; values live in `memory`. Absent and null keys are absent in the record. Unknown
 * keys, keys that come twice and wrong values are -EINVAL with key, value and rule. */
int record_from_json(const cJSON *object, struct record *ret, struct memory *memory, struct netboot_error *error);

/* Takes from `changes` every key that it has into `object`. Both stay the caller's. -ENOMEM. */
int json_merge(cJSON *object, const cJSON *changes);
/* Removes what is absent: null, "", [], {}. */
void json_prune(cJSON *object);

/* The text of a string item, or NULL. */
const char *json_text(const cJSON *object, const char *key);

#endif
