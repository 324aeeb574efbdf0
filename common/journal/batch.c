/* SPDX-License-Identifier: MPL-2.0 */
/* What a batch reads and writes. */
#include "journal/batch.h"

#include "base/bytes.h"
#include "store/key.h"

#include <errno.h>

int batch_put_meta(const struct journal_batch *batch, const char *name, uint64_t number)
{
    uint8_t octets[8];
    MDB_val key = {strlen(name), (void *)name}, value = {sizeof(octets), octets};

    journal_number_key(number, octets);
    return mdb_put(batch->txn, db_place_table(&batch->journal->place, batch->txn, JOURNAL_META), &key, &value, 0);
}

int batch_put(const struct journal_batch *batch, unsigned table, MDB_val key, const struct record_type *type,
              const void *record)
{
    uint8_t octets[JOURNAL_RECORD_MAX];
    ssize_t size = record_encode(type, record, octets, sizeof(octets));
    MDB_val value = {(size_t)size, octets};

    return size < 0 ? EINVAL
                    : mdb_put(batch->txn, db_place_table(&batch->journal->place, batch->txn, table), &key, &value, 0);
}

int batch_delete(const struct journal_batch *batch, unsigned table, MDB_val key)
{
    int rc = mdb_del(batch->txn, db_place_table(&batch->journal->place, batch->txn, table), &key, NULL);

    return rc == MDB_NOTFOUND ? 0 : rc;
}

int batch_get(const struct journal_batch *batch, unsigned table, MDB_val key, const struct record_type *type,
              struct journal_row *row, void *ret)
{
    return journal_get(batch->journal, batch->txn, table, key, type, row, ret);
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

int batch_delete_entry(struct journal_batch *batch, uint64_t number)
{
    uint8_t octets[8];
    MDB_val key = {sizeof(octets), octets};

    journal_number_key(number, octets);
    int rc = mdb_del(batch->txn, db_place_table(&batch->journal->place, batch->txn, JOURNAL_ENTRY), &key, NULL);
    if (rc == 0)
        keep_deleted(&batch->keep, number);
    return rc == MDB_NOTFOUND ? 0 : rc;
}
