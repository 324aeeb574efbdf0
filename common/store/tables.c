/* SPDX-License-Identifier: MPL-2.0 */
/* The tables of the targets store, and a store without records. */
#include "store/lookup.h"
#include "store/schema.h"
#include "store/store.h"

#include "base/bytes.h"
#include "dhcp/codes.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

const struct db_spec store_spec = {
    .name = "targets",
    .what = "targets store",
    .format = STORE_FORMAT,
    .tables = TABLES,
    .optional_tables = ALL_TABLES - TABLES,
    .table_names =
        {[TABLE_META] = "meta", [TABLE_POLICY] = "policy", [TABLE_HOST] = "host", [TABLE_HISTORY] = "history"},
    .cursor_table = TABLE_POLICY,
    .cache_size = sizeof(struct lookup_cache),
};

static int put_row(MDB_txn *txn, MDB_dbi table, const void *key, size_t key_size, const void *value, size_t size)
{
    MDB_val row = {key_size, (void *)key}, data = {size, (void *)value};

    return mdb_put(txn, table, &row, &data, 0);
}

static int put_number(MDB_txn *txn, MDB_dbi table, const char *name, uint64_t number, size_t width)
{
    uint8_t octets[8];

    be_put(octets, number, width);
    return put_row(txn, table, name, strlen(name), octets, width);
}

/* Adds the site `default`, for all addresses. */
static int fill(MDB_txn *txn, const MDB_dbi *tables)
{
    static const uint8_t last_address[NETBOOT_ADDRESS_SIZE] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                               255, 255, 255, 255, 255, 255, 255, 255};
    const struct netboot_site site = {.name = bytes_of_text(NETBOOT_NAME_DEFAULT)};
    uint8_t value[64];
    ssize_t size = record_encode(&record_site, &site, value, sizeof(value));
    struct store_key key;
    uint64_t id; /* tells this store from any earlier one in this place */
    int rc;

    if (size < 0)
        return (int)-size;
    if (getrandom(&id, sizeof(id), 0) != sizeof(id))
        return EIO;
    key_of_name(&key, ROW_SITE, site.name.data, site.name.size);
    rc = put_row(txn, tables[TABLE_POLICY], key.octets, key.size, value, (size_t)size);
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        key_of_range(&key, i == 0 ? NETBOOT_V4 : NETBOOT_V6, last_address);
        rc = put_row(txn, tables[TABLE_POLICY], key.octets, key.size, value, (size_t)size);
    }
    if (rc == 0)
        rc = put_number(txn, tables[TABLE_META], "format", STORE_FORMAT, 4);
    if (rc == 0)
        rc = put_number(txn, tables[TABLE_META], "id", id, 8);
    if (rc == 0)
        rc = put_number(txn, tables[TABLE_META], "generation", 1, 8);
    if (rc == 0)
        rc = put_number(txn, tables[TABLE_META], "changed", (uint64_t)time(NULL), 8);
    if (rc == 0)
        rc = put_number(txn, tables[TABLE_META], "hosts", 0, 8);
    return rc;
}

int store_create(const char *directory, struct netboot_error *error)
{
    return db_place_create(&store_spec, directory, fill, error);
}
