/* SPDX-License-Identifier: MPL-2.0 */
/* The byte format of the targets store's records; docs/store-format.md is its specification. */
#ifndef NETBOOT_RECORD_H
#define NETBOOT_RECORD_H

#include "netboot-store.h"

#include <sys/types.h>

/* First octet of a record; an alias in the table `host` has 0 there. */
#define RECORD_VERSION 1
/* No record that netboot_change_put() accepts is longer. */
#define RECORD_SIZE_MAX (160 * 1024)
#define RECORD_TEXT_MAX 1023

/* A type of record: a table of its fields, record/type.h. */
struct record_type;

/*
 * Reads `value` into the public structure of that type (struct netboot_site for record_site, ...), as views into it.
 * -EBADMSG: damaged; ignore what `ret` holds. Fields with an unknown tag are skipped. Items past the count of a list
 * are not touched: the structure need not be cleared before.
 */
int record_decode(const struct record_type *type, struct netboot_bytes value, void *ret);
/* Whether a person may store this: sizes, characters, names, URLs. -EINVAL with the reason. */
int record_check(const struct record_type *type, const void *record, struct netboot_error *error);
/* Writes a record that passed the check. Its size, or -ENOBUFS. */
ssize_t record_encode(const struct record_type *type, const void *record, uint8_t *buffer, size_t size);

/* Makes all fields absent, the items of lists untouched: clearing those would cost more than a look-up. */
void record_clear(const struct record_type *type, void *record);
/* Whether two records are equal; incidental fields do not count. */
bool record_same(const struct record_type *type, const void *a, const void *b);

/* Copies some fields of one record into another: bits 1 << index in the table. */
void record_set(const struct record_type *type, const void *from, uint32_t fields, void *record);
/* Removes from a record the values that `drop` has too, and the items of lists whose key an item of `drop` has. */
void record_drop(const struct record_type *type, const void *drop, void *record);

/* Whether a list has an item of just these octets. */
bool record_list_has(const struct netboot_list *list, struct netboot_bytes item);

/* The octets of the UTF-8 sequence at `data` (RFC 3629), 0 if it is none or a control character. */
size_t record_character_size(const uint8_t *data, size_t size);

#endif
