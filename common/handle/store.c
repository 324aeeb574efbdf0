/* SPDX-License-Identifier: MPL-2.0 */
/* The targets store as a whole: creation, opening, closing, and the events about its state. */
#include "store/store.h"

#include "base/bytes.h"
#include "base/sized.h"
#include "dhcp/codes.h"

#include <errno.h>
#include <stdlib.h>
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

/* ---- Creation */

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

/* One site for all addresses. */
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

int netboot_store_create(const char *directory, struct netboot_error *error)
{
    int code = db_place_create(&store_spec, directory, fill, error), other;

    if (code != 0 && code != -EEXIST)
        return code;
    other = once_create(directory, code == 0 ? error : NULL);
    if (other == 0 || other == -EEXIST)
        other = journal_create(directory, code == 0 ? error : NULL);
    if (other == -EEXIST && code == -EEXIST)
        journal_mend(directory, NULL);
    return code == 0 && other != -EEXIST ? other : code;
}

enum netboot_event netboot_store_event(struct netboot_store *store, struct netboot_error *error)
{
    if (!notice_waits(&store->notice) || db_place_in_child(&store->place))
        return NETBOOT_EVENT_NONE;
    return notice_take(&store->notice, error);
}

/* ---- Opening and closing */

#define OPTIONS_LEAST SIZED_UP_TO(struct netboot_store_options, check_most)

static void store_free(struct netboot_store *store)
{
    db_place_fini(&store->place);
    once_fini(&store->once);
    journal_fini(&store->journal);
    free(store->directory);
    free(store);
}

static int store_new(const char *directory, const struct netboot_store_options *options, struct netboot_store **ret,
                     struct netboot_error *error)
{
    struct netboot_store *store = aligned_alloc(_Alignof(struct netboot_store), sizeof(*store));
    int code;

    if (!store)
        return failure(error, -ENOMEM, "out of memory for the targets store");
    memset(store, 0, sizeof(*store));
    store->directory = strdup(directory);
    store->follow = options->follow;
    code = store->directory ? db_place_init(&store->place, &store_spec, store->directory, error) : -ENOMEM;
    if (code == 0)
        code = db_place_prepare(&store->place, options->readers, error);
    if (code == 0)
        code = once_prepare(&store->once, store->directory, options, error);
    if (code == 0)
        code = journal_prepare(&store->journal, store->directory, options, store->once.server, error);
    if (code != 0) {
        store_free(store);
        return code == -ENOMEM ? failure(error, code, "out of memory for the targets store") : code;
    }
    store->place.first_map_size = options->map_size;
    store->place.check_most = options->check_most;
    store->place.server = options->follow;
    notice_init(&store->notice);
    *ret = store;
    return 0;
}

int netboot_store_open(const char *directory, const struct netboot_store_options *options, struct netboot_store **ret,
                       struct netboot_error *error)
{
    struct netboot_store_options known = {.size = sizeof(known)};
    struct netboot_error reason = {0};
    struct netboot_store *store = NULL;
    int code;

    if (!directory || !*directory)
        return failure(error, -EINVAL, "no directory given for the targets store");
    if (options &&
        (code = sized_read(options, OPTIONS_LEAST, "options of the store", &known, sizeof(known), error)) != 0)
        return code;
    if ((code = store_new(directory, &known, &store, error)) != 0)
        return code;
    if (store->follow) {
        code = follow_start(store, error);
    } else if ((code = db_place_open(&store->place, 0, &reason)) == 0) {
        once_open(&store->once);
        notice_tell(&store->notice, true, &reason);
    } else if (error) {
        *error = reason;
    }
    if (code != 0) {
        store_free(store);
        return code;
    }
    if ((code = journal_start(&store->journal, error)) != 0) {
        netboot_store_close(store);
        return code;
    }
    *ret = store;
    return 0;
}

void netboot_store_close(struct netboot_store *store)
{
    if (!store)
        return;
    if (!db_place_in_child(&store->place)) {
        if (store->follow)
            worker_stop(&store->worker);
        db_place_close(&store->place);
        once_close(&store->once);
        journal_close(&store->journal);
        if (store->follow)
            worker_fini(&store->worker); /* no packet wakes it any more */
        notice_fini(&store->notice);
    }
    store_free(store);
}
