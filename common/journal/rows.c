/* SPDX-License-Identifier: MPL-2.0 */
/* The rows of the journal: their keys, their numbers, and what a batch reads and writes. */
#include "journal/batch.h"

#include "base/bytes.h"
#include "store/view.h"

#include <errno.h>

void journal_number_key(uint64_t number, uint8_t ret[8])
{
    be_put64(ret, number);
}

uint64_t journal_key_number(const uint8_t octets[8])
{
    return be_get64(octets);
}

int journal_get(const struct journal *journal, MDB_txn *txn, unsigned table, MDB_val key,
                const struct record_type *type, struct journal_row *row, void *ret)
{
    MDB_val value;
    int rc = mdb_get(txn, db_place_table(&journal->place, txn, table), &key, &value);

    if (rc != 0)
        return db_code(rc);
    if (value.mv_size > sizeof(row->octets))
        return -EBADMSG;
    memcpy(row->octets, value.mv_data, value.mv_size);
    return record_decode(type, (struct netboot_bytes){row->octets, value.mv_size}, ret);
}

uint64_t journal_meta(const struct journal *journal, MDB_txn *txn, const char *name)
{
    MDB_val key = {strlen(name), (void *)name}, value;
    int rc = mdb_get(txn, db_place_table(&journal->place, txn, JOURNAL_META), &key, &value);

    return rc == 0 && value.mv_size == 8 ? journal_key_number(value.mv_data) : 0;
}

int batch_put_meta(const struct batch *batch, const char *name, uint64_t number)
{
    uint8_t octets[8];
    MDB_val key = {strlen(name), (void *)name}, value = {sizeof(octets), octets};

    journal_number_key(number, octets);
    return mdb_put(batch->txn, db_place_table(&batch->journal->place, batch->txn, JOURNAL_META), &key, &value, 0);
}

int batch_put(const struct batch *batch, unsigned table, MDB_val key, const struct record_type *type,
              const void *record)
{
    uint8_t octets[JOURNAL_RECORD_MAX];
    ssize_t size = record_encode(type, record, octets, sizeof(octets));
    MDB_val value = {(size_t)size, octets};

    return size < 0 ? EINVAL
                    : mdb_put(batch->txn, db_place_table(&batch->journal->place, batch->txn, table), &key, &value, 0);
}

int batch_delete(const struct batch *batch, unsigned table, MDB_val key)
{
    int rc = mdb_del(batch->txn, db_place_table(&batch->journal->place, batch->txn, table), &key, NULL);

    return rc == MDB_NOTFOUND ? 0 : rc;
}

int batch_get(const struct batch *batch, unsigned table, MDB_val key, const struct record_type *type,
              struct journal_row *row, void *ret)
{
    return journal_get(batch->journal, batch->txn, table, key, type, row, ret);
}

int journal_used(const struct journal *journal, MDB_txn *txn, size_t *ret)
{
    MDB_stat status;

    *ret = 0;
    for (unsigned i = 0; i < JOURNAL_TABLES; i++) {
        int rc = mdb_stat(txn, db_place_table(&journal->place, txn, i), &status);
        if (rc != 0)
            return rc;
        *ret += (status.ms_branch_pages + status.ms_leaf_pages + status.ms_overflow_pages) * status.ms_psize;
    }
    return 0;
}

/* ---- Keys */

bool journal_client_key(const struct netboot_client *client, struct store_key *ret)
{
    if (client->has_mac)
        return key_of_id(ret, NETBOOT_ID_MAC, client->mac, sizeof(client->mac));
    if (client->has_uuid)
        return key_of_id(ret, NETBOOT_ID_UUID, client->uuid, sizeof(client->uuid));
    return key_of_id(ret, NETBOOT_ID_DUID, client->duid.data, client->duid.size);
}

bool journal_record_key(const struct entry_record *record, struct store_key *ret)
{
    if (record->mac.size > 0)
        return key_of_id(ret, NETBOOT_ID_MAC, record->mac.data, record->mac.size);
    if (record->uuid.size > 0)
        return key_of_id(ret, NETBOOT_ID_UUID, record->uuid.data, record->uuid.size);
    return key_of_id(ret, NETBOOT_ID_DUID, record->duid.data, record->duid.size);
}

/* ---- Numbers of entries */

void numbers_read(const struct machine_record *machine, struct numbers *ret)
{
    ret->count = machine->entries.size / 8;
    for (size_t i = 0; i < ret->count; i++)
        ret->values[i] = journal_key_number(machine->entries.data + 8 * i);
}

void numbers_write(struct numbers *numbers, struct machine_record *ret)
{
    for (size_t i = 0; i < numbers->count; i++)
        journal_number_key(numbers->values[i], numbers->octets + 8 * i);
    ret->entries = (struct netboot_bytes){numbers->octets, 8 * numbers->count};
}

void numbers_remove(struct numbers *numbers, size_t at)
{
    numbers->count--;
    memmove(&numbers->values[at], &numbers->values[at + 1], (numbers->count - at) * sizeof(numbers->values[0]));
}

int batch_delete_entry(struct batch *batch, uint64_t number)
{
    uint8_t octets[8];
    MDB_val key = {sizeof(octets), octets};

    journal_number_key(number, octets);
    int rc = mdb_del(batch->txn, db_place_table(&batch->journal->place, batch->txn, JOURNAL_ENTRY), &key, NULL);
    if (rc == 0)
        keep_deleted(&batch->keep, number);
    return rc == MDB_NOTFOUND ? 0 : rc;
}
