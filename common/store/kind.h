/* SPDX-License-Identifier: MPL-2.0 */
/* The four kinds of records of the targets store: their names, tables and keys. */
#ifndef NETBOOT_STORE_KIND_H
#define NETBOOT_STORE_KIND_H

#include "store/key.h"
#include "store/schema.h"

struct record_kind {
    const char *name;
    const struct record_type *type;
    unsigned table;
    uint8_t row; /* in `policy`; 0: the kind has a table of its own */
};

extern const struct record_kind record_kinds[NETBOOT_RECORD_KINDS];

/* Checks that a caller's number is that of a kind. -EINVAL. */
int kind_check(enum netboot_record_kind kind, struct netboot_error *error);
/* The key of the row that has the record, or leads to it. False: there can be none. */
bool key_of_record_key(struct store_key *ret, const struct netboot_record_key *key);

#endif
