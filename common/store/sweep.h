/* SPDX-License-Identifier: MPL-2.0 */
/* All rows of a store as they are, whatever they hold. */
#ifndef NETBOOT_SWEEP_H
#define NETBOOT_SWEEP_H

#include "store/store.h"

struct row {
    const struct record_type *type; /* NULL: it holds no record */
    uint8_t kind;                   /* ROW_..., or 'h' for a row of `host` */
    const struct key *key;
    struct netboot_bytes value;
};

/* Room for the public structure of any type. */
union any_record {
    struct netboot_site site;
    struct netboot_loader loader;
    struct netboot_target target;
    struct netboot_host host;
};

/* The type of the record that such a row holds, NULL for none. */
const struct record_type *row_type(unsigned table, const struct key *key, struct netboot_bytes value);
/* Calls `each` for every row of sites, loaders, targets and hosts, until it returns non-zero, which is returned. */
int view_sweep(struct netboot_view *view, int (*each)(const struct row *row, void *user), void *user);

#endif
