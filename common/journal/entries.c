/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The entries of the journal for people: first the numbers of those that are asked for, then they themselves, copied
 * out in portions, each from a short transaction of its own: whoever prints slowly, or is stopped, keeps no pages from
 * being used anew.
 */
#include "journal/read.h"

#include "base/bytes.h"
#include "base/sized.h"
#include "store/view.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Numbers of entries */

struct picked {
    uint64_t *numbers;
    size_t count, room;
};

static int pick(struct picked *picked, uint64_t number)
{
    if (picked->count == picked->room) {
        size_t room = picked->room > 0 ? 2 * picked->room : 256;
        uint64_t *numbers = realloc(picked->numbers, room * sizeof(*numbers));
        if (!numbers)
            return -ENOMEM;
        picked->numbers = numbers;
        picked->room = room;
    }
    picked->numbers[picked->count++] = number;
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static void sort(struct picked *picked)
{
    size_t kept = 0;

    if (picked->count == 0)
        return;
    qsort(picked->numbers, picked->count, sizeof(*picked->numbers), compare_numbers);
    for (size_t i = 1; i < picked->count; i++)
        if (picked->numbers[i] != picked->numbers[kept])
            picked->numbers[++kept] = picked->numbers[i];
    picked->count = kept + 1;
}

static bool is_since(const struct journal_row *row, size_t size, uint64_t since)
{
    struct entry_record record;

    return since == 0 || record_decode(&record_entry, (struct netboot_bytes){row->octets, size}, &record) != 0 ||
           record.last >= since;
}

/* All from a number on, by walking. */
static int pick_all(const struct journal *journal, MDB_txn *txn, const struct netboot_journal_filter *filter,
                    struct picked *picked)
{
    uint8_t octets[8];
    MDB_val key = {sizeof(octets), octets}, value;
    MDB_cursor *cursor;
    int rc, code = 0;

    if (filter->after == UINT64_MAX)
        return 0;
    if ((rc = mdb_cursor_open(txn, db_place_table(&journal->place, txn, JOURNAL_ENTRY), &cursor)) != 0)
        return db_code(rc);
    journal_number_key(filter->after + 1, octets);
    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE); rc == 0 && code == 0;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        if (key.mv_size == 8 && is_since(value.mv_data, value.mv_size, filter->since))
            code = pick(picked, journal_key_number(key.mv_data));
    }
    mdb_cursor_close(cursor);
    return code != 0 || rc == MDB_NOTFOUND ? code : db_code(rc);
}

struct picking {
    const struct journal *journal;
    MDB_txn *txn;
    const struct netboot_journal_filter *filter;
    struct picked *picked;
};

static int pick_of_machine(const struct store_key *key, void *user)
{
    const struct picking *picking = user;
    struct journal_row row, entry;
    struct machine_record machine;
    struct entry_record record;
    int code = 0;

    if (journal_get(picking->journal, picking->txn, JOURNAL_MACHINE, key_value(key), &record_machine, &row, &machine))
        return 0;
    for (size_t i = 0; i < machine.entries.size && code == 0; i += 8) {
        MDB_val number = {8, (void *)(machine.entries.data + i)};
        if (journal_key_number(machine.entries.data + i) <= picking->filter->after ||
            journal_get(picking->journal, picking->txn, JOURNAL_ENTRY, number, &record_entry, &entry, &record) != 0 ||
            record.last < picking->filter->since)
            continue;
        code = pick(picking->picked, journal_key_number(machine.entries.data + i));
    }
    return code;
}

static int pick_numbers(struct netboot_store *store, const struct netboot_journal_filter *filter, struct picked *picked,
                        struct netboot_error *error)
{
    struct db_reader *reader;
    int code = journal_read_begin(store, &reader, error);

    if (code != 0)
        return code;
    struct picking picking = {store->journal, reader->txn, filter, picked};
    if (!filter->ids)
        code = pick_all(store->journal, reader->txn, filter, picked);
    for (size_t i = 0; filter->ids && i < filter->id_count && code == 0; i++)
        code = journal_each_key(store->journal, reader->txn, &filter->ids[i], pick_of_machine, &picking);
    db_read_end(reader);
    if (code != 0)
        return failure(error, code, "the journal in %s cannot be read: %s", store->directory, strerror(-code));
    sort(picked);
    return 0;
}

/* ---- Entries */

#define PORTION 32

struct portion {
    struct listed_entry {
        struct netboot_journal_entry entry;
        uint8_t duid[NETBOOT_DUID_MAX];
    } entries[PORTION];
    size_t count;
};

/* What is gone by now, or damaged, is left out. */
static int read_portion(struct netboot_store *store, const uint64_t *numbers, size_t count, struct portion *ret,
                        struct netboot_error *error)
{
    struct journal_row row;
    struct entry_record record;
    struct db_reader *reader;
    uint8_t octets[8];
    int code = journal_read_begin(store, &reader, error);

    if (code != 0)
        return code;
    ret->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct listed_entry *entry = &ret->entries[ret->count];
        journal_number_key(numbers[i], octets);
        MDB_val key = {sizeof(octets), octets};
        if (journal_get(store->journal, reader->txn, JOURNAL_ENTRY, key, &record_entry, &row, &record) != 0 ||
            entry_from_record(&record, numbers[i], &entry->entry) != 0)
            continue;
        if (record.duid.size > 0)
            memcpy(entry->duid, record.duid.data, record.duid.size);
        entry->entry.client.duid.data = entry->duid;
        ret->count++;
    }
    db_read_end(reader);
    return 0;
}

#define FILTER_LEAST SIZED_UP_TO(struct netboot_journal_filter, last)

int netboot_journal_entries(struct netboot_store *store, const struct netboot_journal_filter *filter,
                            int (*each)(const struct netboot_journal_entry *, void *user), void *user,
                            struct netboot_error *error)
{
    struct netboot_journal_filter known = {.size = sizeof(known)};
    struct picked picked = {.count = 0};
    struct portion *portion = malloc(sizeof(*portion));
    int code = portion ? 0 : failure(error, -ENOMEM, "no memory to read the journal");

    if (code == 0 && filter)
        code = sized_read(filter, FILTER_LEAST, "filter of the journal", &known, sizeof(known), error);
    if (code == 0)
        code = pick_numbers(store, &known, &picked, error);
    size_t at = known.last > 0 && picked.count > known.last ? picked.count - known.last : 0;
    for (; code == 0 && at < picked.count; at += PORTION) {
        code = read_portion(store, picked.numbers + at, smaller(picked.count - at, PORTION), portion, error);
        for (size_t i = 0; code == 0 && i < portion->count; i++)
            code = each(&portion->entries[i].entry, user);
    }
    free(picked.numbers);
    free(portion);
    return code;
}
