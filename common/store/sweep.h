/* SPDX-License-Identifier: MPL-2.0 */
/* All rows of a store, also damaged ones. */
#ifndef NETBOOT_SWEEP_H
#define NETBOOT_SWEEP_H

#include "store/kind.h"

struct store_row {
    int holds;    /* the kind of its record, or -ENOENT */
    uint8_t kind; /* ROW_..., or 'h' for a row of `host` */
    const struct store_key *key;
    struct netboot_bytes value;
};

/* The kind of record that such a row holds, or -ENOENT. */
int row_kind(unsigned table, const struct store_key *key, struct netboot_bytes value);
/* Reads the record of a row that holds one. */
static inline int row_decode(const struct store_row *row, struct netboot_record *ret)
{
    ret->kind = (enum netboot_record_kind)row->holds;
    return record_decode(record_kinds[row->holds].type, row->value, ret->room);
}
/* Calls `each` for every row of sites, loaders, targets and hosts, until it returns non-zero, which is returned. */
int view_sweep(struct netboot_view *view, int (*each)(const struct store_row *row, void *user), void *user);

#endif
