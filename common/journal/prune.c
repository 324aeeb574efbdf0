/* SPDX-License-Identifier: MPL-2.0 */
/* What is too much in the journal goes, as journal_keep.h says; a machine goes with its last entry. */
#include "journal/batch.h"

#include "store/view.h"

static int forget_machine(const struct journal_batch *batch, const struct store_key *key,
                          const struct machine_record *machine)
{
    struct store_key id;
    int rc = 0;

    for (size_t i = 0; i < machine->ids.count && rc == 0; i++)
        if (key_of_item(&id, machine->ids.items[i]))
            rc = shown_forget(batch, &id, key);
    return rc == 0 ? batch_delete(batch, JOURNAL_MACHINE, key_value(key)) : rc;
}

/* Takes the number off its machine's. */
static int forget_entry(const struct journal_batch *batch, const struct entry_record *record, uint64_t number)
{
    struct journal_row row;
    struct machine_record machine;
    struct numbers numbers;
    struct store_key key;

    if (!journal_record_key(record, &key) ||
        batch_get(batch, JOURNAL_MACHINE, key_value(&key), &record_machine, &row, &machine) != 0)
        return 0;
    numbers_read(&machine, &numbers);
    for (size_t i = 0; i < numbers.count; i++)
        if (numbers.values[i] == number)
            numbers_remove(&numbers, i--);
    if (numbers.count == 0)
        return forget_machine(batch, &key, &machine);
    numbers_write(&numbers, &machine);
    return batch_put(batch, JOURNAL_MACHINE, key_value(&key), &record_machine, &machine);
}

int batch_forget_one(struct journal_batch *batch)
{
    struct journal_row row;
    struct entry_record record;
    uint64_t number;
    uint8_t key[8];
    int rc = keep_find(batch->journal, batch->txn, &batch->keep, &number);

    if (rc != 0)
        return rc;
    journal_number_key(number, key);
    int code = batch_get(batch, JOURNAL_ENTRY, (MDB_val){sizeof(key), key}, &record_entry, &row, &record);
    if ((rc = batch_delete_entry(batch, number)) != 0 || code != 0)
        return rc;
    return forget_entry(batch, &record, number);
}

/* Below three quarters of the limit: the rest is for what a change needs beside what it replaces. Not all at once, if
 * the limit has become a smaller one. */
int batch_prune(struct journal_batch *batch, size_t budget)
{
    size_t used, most = batch->journal->limit / 4 * 3;
    int rc = journal_used(batch->journal, batch->txn, &used);

    for (; rc == 0 && used > most && budget > 0; budget--)
        if ((rc = batch_forget_one(batch)) == 0)
            rc = journal_used(batch->journal, batch->txn, &used);
    return rc == MDB_NOTFOUND ? 0 : rc;
}
