/* SPDX-License-Identifier: MPL-2.0 */
/* The rows of the journal, and their keys. */
#include "journal/journal.h"

#include "base/bytes.h"
#include "store/key.h"

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
