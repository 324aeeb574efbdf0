/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rows as they were before a change, in the order of their changes:
 *
 *     octet of the table ('h', 'p'), octet of the key's size, 4 octets of the value's size (all ones: there was no such
 *     row), key, value
 */
#ifndef NETBOOT_CHANGE_IMAGES_H
#define NETBOOT_CHANGE_IMAGES_H

#include "store/key.h"

#define IMAGES_MAX ((size_t)8 << 20) /* octets of one change; a larger change keeps none */

struct images {
    uint8_t *octets;
    size_t size, room;
    bool too_large; /* no more is kept */
};

#define IMAGE_ABSENT UINT32_MAX

struct image {
    unsigned table;
    bool present;
    struct store_key key;
    struct netboot_bytes value;
};

/* Keeps a row (`value` NULL: there is none). */
void images_add(struct images *images, unsigned table, const struct store_key *key, const MDB_val *value);
/* Takes the first image off `rest`. False: there is none, or it is malformed (then `rest` is not empty). */
bool images_take(struct netboot_bytes *rest, struct image *ret);
void images_free(struct images *images);

#endif
