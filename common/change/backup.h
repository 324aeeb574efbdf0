/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A backup as a stream of octets; docs/store-format.md is its specification.
 *
 *     header   "netboot backup\r\n", 4 octets of format, 8 of generation, 8 of the time when that was made
 *     items    octet of the kind ('s', 'l', 't', 'h'), 4 octets of size, the record as the store has it
 *     end      'e', 8 octets of the number of items, 8 of the CRC-64 of all before them
 */
#ifndef NETBOOT_BACKUP_H
#define NETBOOT_BACKUP_H

#include "store/sweep.h"

#define BACKUP_FORMAT 1
#define BACKUP_MAGIC "netboot backup\r\n"
#define BACKUP_MAGIC_SIZE 16
#define BACKUP_HEADER_SIZE (BACKUP_MAGIC_SIZE + 4 + 8 + 8)
#define BACKUP_ITEM_SIZE 5
#define BACKUP_END 'e'

/* CRC-64 of ECMA-182, as in xz. */
struct checksum {
    uint64_t value, table[256];
};
void checksum_begin(struct checksum *checksum);
void checksum_add(struct checksum *checksum, const void *data, size_t size);
uint64_t checksum_end(const struct checksum *checksum);

/* Calls `each` (NULL: none) with every well-formed record of a stream; a code other than 0 ends the reading. Only when
 * this returns 0 is the backup known to be whole and undamaged. */
int backup_read(netboot_read_fn read, void *user,
                int (*each)(const struct store_row *row, void *change, struct netboot_error *), void *change,
                struct netboot_backup *ret, struct netboot_error *error);

#endif
