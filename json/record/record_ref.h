/* SPDX-License-Identifier: MPL-2.0 */
/* The four tables of the store behind one set of calls. Nothing here prints. */
#ifndef NETBOOT_TABLE_H
#define NETBOOT_TABLE_H

#include "json/record/json.h"

/* What a record is found by. */
struct key {
    enum table table;
    uint16_t platform;    /* TABLE_LOADER */
    const char *name;     /* TABLE_SITE, TABLE_TARGET */
    struct netboot_id id; /* TABLE_HOST */
};

/* Reads a key as it is typed. -EINVAL. `text` must outlive the key. */
int key_parse(enum table table, const char *text, struct key *ret, struct netboot_error *error);
/* The key of a record of a known table; text of it is put into `memory`. -EINVAL: a host without any. */
int key_of(enum table table, const void *record, struct memory *memory, struct key *ret);
#define KEY_TEXT_SIZE (NETBOOT_ID_TEXT_SIZE + 16)
/* "host 52:54:00:12:34:56". Returns `text`. */
const char *key_text(const struct key *key, char text[KEY_TEXT_SIZE]);
/* "host web1", or by its first identifier if it has no name. */
const char *record_text(enum table table, const void *record, char text[KEY_TEXT_SIZE]);

/* 0, -ENOENT, -EBADMSG. */
int table_get(struct netboot_view *view, const struct key *key, struct record *ret);
int table_each(struct netboot_view *view, enum table table, int (*each)(enum table, const void *, void *user),
               void *user);
int table_put(struct netboot_change *change, const struct key *key, const struct record *record,
              struct netboot_error *error);
int table_delete(struct netboot_change *change, const struct key *key, struct netboot_error *error);
uint64_t table_count(const struct netboot_status *status, enum table table);

/* Whether two records of a table hold the same; when they were changed does not count. */
bool record_equal(const struct record *a, const struct record *b);

#endif
