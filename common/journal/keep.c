/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/keep.h"

#include "journal/journal.h"
#include "store/view.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define LOOKS_MOST 8192 /* in one transaction: past that the oldest goes, whoever it is */

static const char meta_name[] = "kept";

/* ---- Machines */

struct candidate {
    struct store_key key;
    struct machine_record machine;
    struct journal_row row;
};

/* Whether the identifier is one of a host of the store; where that cannot be looked at, whether the machine was one. */
static bool is_of_host(const struct journal *journal, const struct store_key *id, const struct machine_record *machine)
{
    struct netboot_store *store = journal->store;
    MDB_val key = key_value(id), value;
    struct db_reader *reader;

    if (!store || db_read_begin(&store->place, &reader) != 0)
        return machine->host.size > 0;
    int rc = mdb_get(reader->txn, db_place_table(&store->place, reader->txn, TABLE_HOST), &key, &value);
    db_read_end(reader);
    return rc == 0;
}

/* Who shows a UUID or DUID of a host need not be it: so many that have shown it are believed as are kept of it. */
static bool has_shown(const struct journal *journal, MDB_txn *txn, const struct store_key *id,
                      const struct store_key *machine)
{
    struct journal_row row;
    struct shown_record shown;

    if (journal_get(journal, txn, JOURNAL_ID, key_value(id), &record_shown, &row, &shown) != 0)
        return false;
    for (size_t i = 0; i < shown.machines.count; i++)
        if (key_equals(machine, shown.machines.items[i].data + 1, shown.machines.items[i].size - 1))
            return true;
    return false;
}

static bool is_known(const struct journal *journal, MDB_txn *txn, const struct candidate *candidate)
{
    const struct machine_record *machine = &candidate->machine;
    struct store_key id;

    if (is_of_host(journal, &candidate->key, machine))
        return true;
    for (size_t i = 0; i < machine->ids.count; i++) {
        struct netboot_bytes item = machine->ids.items[i];
        if (key_of_item(&id, item) && is_of_host(journal, &id, machine) &&
            has_shown(journal, txn, &id, &candidate->key))
            return true;
    }
    return false;
}

static bool is_regular(const struct journal *journal, MDB_txn *txn, const struct candidate *candidate)
{
    return candidate->machine.last >= candidate->machine.first + DAY_MS || is_known(journal, txn, candidate);
}

/* The share that those who are kept may have, as a part of all entries. */
static const struct keep_rule {
    bool (*keeps)(const struct journal *, MDB_txn *, const struct candidate *);
    uint64_t share, of;
} rules[KEEP_RULES] = {
    [KEEP_REGULAR] = {is_regular, 3, 4},
    [KEEP_KNOWN] = {is_known,   1, 2},
};

/* An entry that cannot be read is nobody's. */
static bool is_kept(const struct journal *journal, MDB_txn *txn, const struct keep_rule *rule, MDB_val number)
{
    struct candidate candidate;
    struct entry_record entry;
    struct journal_row row;

    return journal_get(journal, txn, JOURNAL_ENTRY, number, &record_entry, &row, &entry) == 0 &&
           journal_record_key(&entry, &candidate.key) &&
           journal_get(journal, txn, JOURNAL_MACHINE, key_value(&candidate.key), &record_machine, &candidate.row,
                       &candidate.machine) == 0 &&
           rule->keeps(journal, txn, &candidate);
}

/* ---- Entries */

static int number_of(MDB_val key, uint64_t *ret)
{
    if (key.mv_size != 8)
        return MDB_CORRUPTED;
    *ret = journal_key_number(key.mv_data);
    return 0;
}

/* The next one that the rule does not keep; it passes over those that it does. MDB_NOTFOUND: there is none, or not
 * within the looks that are left. */
static int find_next(const struct journal *journal, MDB_txn *txn, const struct keep_rule *rule,
                     struct rule_progress *kept, unsigned *looks, uint64_t *ret)
{
    uint8_t octets[8];
    MDB_val key = {sizeof(octets), octets}, value;
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn, db_place_table(&journal->place, txn, JOURNAL_ENTRY), &cursor);

    if (rc != 0)
        return rc;
    journal_number_key(kept->below, octets);
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        if ((rc = *looks > 0 ? number_of(key, ret) : MDB_NOTFOUND) != 0 || !is_kept(journal, txn, rule, key))
            break;
        --*looks;
        kept->below = *ret + 1;
        kept->count++;
    }
    mdb_cursor_close(cursor);
    return rc;
}

static int find_oldest(const struct journal *journal, MDB_txn *txn, uint64_t *ret)
{
    MDB_val key, value;
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn, db_place_table(&journal->place, txn, JOURNAL_ENTRY), &cursor);

    if (rc != 0)
        return rc;
    if ((rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST)) == 0)
        rc = number_of(key, ret);
    mdb_cursor_close(cursor);
    return rc;
}

int keep_find(const struct journal *journal, MDB_txn *txn, struct keep *keep, uint64_t *ret_number)
{
    MDB_stat status;
    int rc = mdb_stat(txn, db_place_table(&journal->place, txn, JOURNAL_ENTRY), &status);

    for (unsigned i = 0; i < KEEP_RULES && rc == 0; i++) {
        struct rule_progress *kept = &keep->rules[i];
        if (kept->count * rules[i].of > status.ms_entries * rules[i].share)
            continue;
        rc = find_next(journal, txn, &rules[i], kept, &keep->looks, ret_number);
        if (rc == 0)
            return 0;
        rc = rc == MDB_NOTFOUND ? 0 : rc;
    }
    return rc == 0 ? find_oldest(journal, txn, ret_number) : rc;
}

void keep_deleted(struct keep *keep, uint64_t number)
{
    for (unsigned i = 0; i < KEEP_RULES; i++)
        keep->rules[i].count -= number < keep->rules[i].below && keep->rules[i].count > 0;
}

/* ---- Between transactions */

void keep_begin(const struct journal *journal, MDB_txn *txn, struct keep *ret)
{
    MDB_val key = {sizeof(meta_name) - 1, (void *)meta_name}, value;
    int rc = mdb_get(txn, db_place_table(&journal->place, txn, JOURNAL_META), &key, &value);
    bool known = rc == 0 && value.mv_size == 16 * KEEP_RULES;

    *ret = (struct keep){.looks = LOOKS_MOST};
    for (unsigned i = 0; known && i < KEEP_RULES; i++) {
        ret->rules[i].below = journal_key_number((const uint8_t *)value.mv_data + 16 * i);
        ret->rules[i].count = journal_key_number((const uint8_t *)value.mv_data + 16 * i + 8);
    }
}

int keep_end(const struct journal *journal, MDB_txn *txn, const struct keep *keep)
{
    uint8_t octets[16 * KEEP_RULES];
    MDB_val key = {sizeof(meta_name) - 1, (void *)meta_name}, value = {sizeof(octets), octets};

    for (unsigned i = 0; i < KEEP_RULES; i++) {
        journal_number_key(keep->rules[i].below, octets + 16 * i);
        journal_number_key(keep->rules[i].count, octets + 16 * i + 8);
    }
    return mdb_put(txn, db_place_table(&journal->place, txn, JOURNAL_META), &key, &value, 0);
}
