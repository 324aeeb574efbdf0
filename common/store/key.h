/* SPDX-License-Identifier: MPL-2.0 */
/* The keys of the rows of the targets store; the journal and netbootd use them too. */
#ifndef NETBOOT_STORE_KEY_H
#define NETBOOT_STORE_KEY_H

#include "db/db.h"
#include "netboot-store.h"

#include <string.h>

/* First octet of a value that is not a record: an alias in `host`, a range without a site in `policy`. */
#define NO_RECORD_MARK 0

enum { ROW_LOADER = 'l', ROW_PREFIX = 'p', ROW_RANGE = 'r', ROW_SITE = 's', ROW_TARGET = 't' };

#define KEY_SIZE (1 + NETBOOT_DUID_MAX)
_Static_assert(KEY_SIZE > 1 + NETBOOT_NAME_MAX, "names fit into keys");

struct store_key {
    size_t size;
    uint8_t octets[KEY_SIZE];
};

static inline MDB_val key_value(const struct store_key *key)
{
    return (MDB_val){key->size, (void *)key->octets};
}

static inline bool key_equals(const struct store_key *key, const void *octets, size_t size)
{
    return key->size == size && memcmp(key->octets, octets, size) == 0;
}

static inline struct netboot_bytes value_bytes(MDB_val value)
{
    return (struct netboot_bytes){value.mv_data, value.mv_size};
}

/* Whether a row of `host` is an alias: it says under which other identifier the host is. */
static inline bool is_alias(struct netboot_bytes value)
{
    return value.size > 0 && value.data[0] == NO_RECORD_MARK;
}

/* The key of an identifier in `host`. UUIDs, and DUIDs that contain one, have two byte orders: both have the same key.
 * False: not an identifier. */
bool key_of_id(struct store_key *ret, uint8_t type, const uint8_t *value, size_t size);
/* The same for an identifier as records hold it: type, value. */
static inline bool key_of_item(struct store_key *ret, struct netboot_bytes item)
{
    return key_of_id(ret, item.data[0], item.data + 1, item.size - 1);
}
/* Row and name. False: too short or too long for a name. */
bool key_of_name(struct store_key *ret, uint8_t row, const void *name, size_t size);
void key_of_platform(struct store_key *ret, uint16_t platform);
/* 4 or 16 octets of address, by the family. */
void key_of_range(struct store_key *ret, enum netboot_family family, const uint8_t *address);
/* Of a prefix as records hold it: length, address. */
void key_of_prefix(struct store_key *ret, struct netboot_bytes prefix);
/* The key of a host's primary identifier, see decide/decide.h. False: the host has no identifier. */
bool key_of_host(struct store_key *ret, const struct netboot_host *host);

#endif
