/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The journal for people: entries and machines. What is asked for is copied out in portions, each from a short
 * transaction of its own: whoever prints slowly, or is stopped, keeps no pages from being used anew.
 */
#include "journal.h"

#include "failure.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Opening: the thread does it where there is one */

static int open_for_reading(struct netboot_store *store, struct netboot_error *error)
{
    enum { DEADLINE_MS = 1000 };
    struct journal *journal = &store->journal;
    struct env_slot *slot;
    int code = env_take(&journal->env, &slot);

    if (code == -ECHILD)
        return failure(error, code, "the journal cannot be used after fork: open the store anew");
    if (code == 0) {
        bool reopen = atomic_load(&journal->env.broken) || env_is_replaced(&journal->env);
        env_give(slot);
        if (!reopen || journal->on)
            return 0;
    }
    if (!journal->on)
        return env_open(&journal->env, DEADLINE_MS, error);
    pthread_mutex_lock(&journal->mutex);
    struct netboot_error state = journal->state;
    bool usable = journal->usable;
    pthread_mutex_unlock(&journal->mutex);
    if (usable || state.code == 0)
        return failure(error, -EAGAIN, "the journal in %s is busy: try again", journal->env.directory);
    return failure(error, state.code, "%s", state.text);
}

static int begin(struct netboot_store *store, struct env_slot **ret, struct netboot_error *error)
{
    struct env *env = &store->journal.env;
    int code = open_for_reading(store, error);

    if (code != 0)
        return code;
    code = env_read_begin(env, ret);
    return code == 0 ? 0
                     : failure(error, code, "the journal in %s cannot be read: %s", env->directory, strerror(-code));
}

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
    int rc = mdb_cursor_open(txn, journal->env.tables[JOURNAL_ENTRY], &cursor), code = 0;

    if (rc != 0)
        return env_code(rc);
    journal_number_key(filter->after + 1, octets);
    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE); rc == 0 && code == 0;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        if (key.mv_size == 8 && is_since(value.mv_data, value.mv_size, filter->since))
            code = pick(picked, journal_key_number(key.mv_data));
    }
    mdb_cursor_close(cursor);
    return code != 0 || rc == MDB_NOTFOUND ? code : env_code(rc);
}

/* ---- Machines by identifier */

static int each_machine_key(const struct journal *journal, MDB_txn *txn, const struct netboot_id *id,
                            int (*each)(const struct key *, void *user), void *user)
{
    struct journal_row row;
    struct shown_record shown;
    struct key key, machine;

    if (id->type == NETBOOT_ID_NAME || !key_of_id(&key, (uint8_t)id->type, id->value, id->size))
        return 0;
    int code = each(&key, user);
    if (code != 0 || journal_get(journal, txn, JOURNAL_ID, key_value(&key), &record_shown, &row, &shown) != 0)
        return code;
    for (size_t i = 0; i < shown.machines.count && code == 0; i++) {
        machine.size = shown.machines.items[i].size - 1;
        memcpy(machine.octets, shown.machines.items[i].data + 1, machine.size);
        code = each(&machine, user);
    }
    return code;
}

struct picking {
    const struct journal *journal;
    MDB_txn *txn;
    const struct netboot_journal_filter *filter;
    struct picked *picked;
};

static int pick_of_machine(const struct key *key, void *user)
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
    struct env_slot *slot;
    int code = begin(store, &slot, error);

    if (code != 0)
        return code;
    struct picking picking = {&store->journal, slot->txn, filter, picked};
    if (!filter->ids)
        code = pick_all(&store->journal, slot->txn, filter, picked);
    for (size_t i = 0; filter->ids && i < filter->id_count && code == 0; i++)
        code = each_machine_key(&store->journal, slot->txn, &filter->ids[i], pick_of_machine, &picking);
    env_read_end(slot);
    if (code != 0)
        return failure(error, code, "the journal in %s cannot be read: %s", store->directory, strerror(-code));
    sort(picked);
    return 0;
}

/* ---- Entries */

#define PORTION 32

struct portion {
    struct entry {
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
    struct env_slot *slot;
    uint8_t octets[8];
    int code = begin(store, &slot, error);

    if (code != 0)
        return code;
    ret->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &ret->entries[ret->count];
        journal_number_key(numbers[i], octets);
        MDB_val key = {sizeof(octets), octets};
        if (journal_get(&store->journal, slot->txn, JOURNAL_ENTRY, key, &record_entry, &row, &record) != 0 ||
            entry_from_record(&record, numbers[i], &entry->entry) != 0)
            continue;
        if (record.duid.size > 0)
            memcpy(entry->duid, record.duid.data, record.duid.size);
        entry->entry.client.duid.data = entry->duid;
        ret->count++;
    }
    env_read_end(slot);
    return 0;
}

int netboot_journal_entries(struct netboot_store *store, const struct netboot_journal_filter *filter,
                            int (*each)(const struct netboot_journal_entry *, void *user), void *user,
                            struct netboot_error *error)
{
    static const struct netboot_journal_filter everything;
    struct picked picked = {.count = 0};
    struct portion *portion = malloc(sizeof(*portion));
    int code = portion ? 0 : failure(error, -ENOMEM, "no memory to read the journal");

    if (!filter)
        filter = &everything;
    if (code == 0)
        code = pick_numbers(store, filter, &picked, error);
    size_t at = filter->last > 0 && picked.count > filter->last ? picked.count - filter->last : 0;
    for (; code == 0 && at < picked.count; at += PORTION) {
        code = read_portion(store, picked.numbers + at, smaller(picked.count - at, PORTION), portion, error);
        for (size_t i = 0; code == 0 && i < portion->count; i++)
            code = each(&portion->entries[i].entry, user);
    }
    free(picked.numbers);
    free(portion);
    return code;
}

/* ---- Machines */

struct machine {
    struct netboot_journal_machine machine;
    struct journal_row row;
};

static bool is_shared(const struct journal *journal, MDB_txn *txn, struct netboot_bytes id)
{
    struct journal_row row;
    struct shown_record shown;
    struct key key;

    return key_of_id(&key, id.data[0], id.data + 1, id.size - 1) &&
           journal_get(journal, txn, JOURNAL_ID, key_value(&key), &record_shown, &row, &shown) == 0 &&
           (shown.machines.count > 1 || shown.overflow);
}

static int read_machine(const struct journal *journal, MDB_txn *txn, MDB_val key, struct machine *ret)
{
    struct netboot_journal_machine *machine = &ret->machine;
    struct machine_record record;
    int code = journal_get(journal, txn, JOURNAL_MACHINE, key, &record_machine, &ret->row, &record);

    if (code != 0)
        return code;
    if (record.outcome > NETBOOT_ANSWERED)
        return -EBADMSG;
    *machine = (struct netboot_journal_machine){
        .id = {.type = (enum netboot_id_type)record.id.data[0], .size = (uint8_t)(record.id.size - 1)},
        .ids = record.ids,
        .first = record.first,
        .last = record.last,
        .exchanges = record.exchanges,
        .stages4 = record.stages4,
        .stages6 = record.stages6,
        .platform = record.platform,
        .arch = record.arch,
        .outcome = (enum netboot_outcome)record.outcome,
    };
    memcpy(machine->id.value, record.id.data + 1, record.id.size - 1);
    if (record.address4.size > 0)
        memcpy(machine->address4, record.address4.data, sizeof(machine->address4));
    if (record.address6.size > 0)
        memcpy(machine->address6, record.address6.data, sizeof(machine->address6));
    journal_copy_text(machine->host, sizeof(machine->host), record.host);
    journal_copy_text(machine->target, sizeof(machine->target), record.target);
    for (size_t i = 0; i < record.ids.count; i++)
        machine->shared |= (uint64_t)is_shared(journal, txn, record.ids.items[i]) << i;
    return 0;
}

/* The first machine behind `after` (size 0: at all), which becomes that one's key. -ENOENT. */
static int next_machine(struct netboot_store *store, struct key *after, struct machine *ret,
                        struct netboot_error *error)
{
    MDB_val key = key_value(after), value;
    MDB_cursor *cursor;
    struct env_slot *slot;
    int code = begin(store, &slot, error), rc;

    if (code != 0)
        return code;
    rc = mdb_cursor_open(slot->txn, store->journal.env.tables[JOURNAL_MACHINE], &cursor);
    if (rc == 0) {
        rc = mdb_cursor_get(cursor, &key, &value, after->size > 0 ? MDB_SET_RANGE : MDB_FIRST);
        if (rc == 0 && key_equals(after, key.mv_data, key.mv_size))
            rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        while (rc == 0 && (key.mv_size > KEY_SIZE || read_machine(&store->journal, slot->txn, key, ret) != 0))
            rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        mdb_cursor_close(cursor);
    }
    if (rc == 0) {
        after->size = key.mv_size;
        memcpy(after->octets, key.mv_data, key.mv_size);
    }
    env_read_end(slot);
    if (rc != 0 && rc != MDB_NOTFOUND)
        return failure(error, env_code(rc), "the journal in %s cannot be read: %s", store->directory, mdb_strerror(rc));
    return rc == 0 ? 0 : -ENOENT;
}

static int each_machine(struct netboot_store *store, struct machine *machine,
                        int (*each)(const struct netboot_journal_machine *, void *user), void *user,
                        struct netboot_error *error)
{
    struct key key = {.size = 0};
    int code;

    while ((code = next_machine(store, &key, machine, error)) == 0)
        if ((code = each(&machine->machine, user)) != 0)
            return code;
    /* Without a journal there is no key either; a machine that was there is not the journal's absence. */
    struct env_slot *slot;
    if (code == -ENOENT && begin(store, &slot, error) == 0) {
        env_read_end(slot);
        return 0;
    }
    return code;
}

struct keys {
    struct key *keys;
    size_t count, room;
};

static int keep_key(const struct key *key, void *user)
{
    struct keys *keys = user;

    for (size_t i = 0; i < keys->count; i++)
        if (key_equals(key, keys->keys[i].octets, keys->keys[i].size))
            return 0;
    if (keys->count == keys->room) {
        size_t room = keys->room > 0 ? 2 * keys->room : 16;
        struct key *more = realloc(keys->keys, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        keys->keys = more;
        keys->room = room;
    }
    keys->keys[keys->count++] = *key;
    return 0;
}

static int each_wanted(struct netboot_store *store, const struct keys *keys, struct machine *machine,
                       int (*each)(const struct netboot_journal_machine *, void *user), void *user,
                       struct netboot_error *error)
{
    struct env_slot *slot;
    int code = 0;

    for (size_t i = 0; i < keys->count && code == 0; i++) {
        if ((code = begin(store, &slot, error)) != 0)
            return code;
        int found = read_machine(&store->journal, slot->txn, key_value(&keys->keys[i]), machine);
        env_read_end(slot);
        if (found == 0)
            code = each(&machine->machine, user);
    }
    return code;
}

static int find_keys(struct netboot_store *store, const struct netboot_id *ids, size_t count, struct keys *ret,
                     struct netboot_error *error)
{
    struct env_slot *slot;
    int code = begin(store, &slot, error);

    if (code != 0)
        return code;
    for (size_t i = 0; i < count && code == 0; i++)
        code = each_machine_key(&store->journal, slot->txn, &ids[i], keep_key, ret);
    env_read_end(slot);
    return code == 0 ? 0 : failure(error, code, "no memory to read the journal");
}

int netboot_journal_machines(struct netboot_store *store, const struct netboot_id *ids, size_t count,
                             int (*each)(const struct netboot_journal_machine *, void *user), void *user,
                             struct netboot_error *error)
{
    struct keys keys = {.count = 0};
    struct machine *machine = malloc(sizeof(*machine));
    int code = machine ? 0 : failure(error, -ENOMEM, "no memory to read the journal");

    if (code == 0 && !ids)
        code = each_machine(store, machine, each, user, error);
    else if (code == 0 && (code = find_keys(store, ids, count, &keys, error)) == 0)
        code = each_wanted(store, &keys, machine, each, user, error);
    free(keys.keys);
    free(machine);
    return code;
}

/* ---- Status */

static uint64_t newest_entry(const struct journal *journal, MDB_txn *txn)
{
    MDB_val key, value;
    MDB_cursor *cursor;
    uint64_t ret = 0;

    if (mdb_cursor_open(txn, journal->env.tables[JOURNAL_ENTRY], &cursor) != 0)
        return 0;
    if (mdb_cursor_get(cursor, &key, &value, MDB_LAST) == 0 && key.mv_size == 8)
        ret = journal_key_number(key.mv_data);
    mdb_cursor_close(cursor);
    return ret;
}

int netboot_journal_status(struct netboot_store *store, struct netboot_journal_state *ret, struct netboot_error *error)
{
    const struct journal *journal = &store->journal;
    MDB_stat stats[JOURNAL_TABLES];
    struct env_slot *slot;
    uint64_t size = 0, limit;
    int code = begin(store, &slot, error), rc = 0;

    if (code != 0)
        return code;
    for (unsigned i = 0; i < JOURNAL_TABLES && rc == 0; i++) {
        rc = mdb_stat(slot->txn, journal->env.tables[i], &stats[i]);
        if (rc == 0)
            size +=
                (stats[i].ms_branch_pages + stats[i].ms_leaf_pages + stats[i].ms_overflow_pages) * stats[i].ms_psize;
    }
    limit = journal_meta(journal, slot->txn, "limit");
    if (rc == 0)
        *ret = (struct netboot_journal_state){
            .identity = journal_meta(journal, slot->txn, "id"),
            .newest = newest_entry(journal, slot->txn),
            .entries = stats[JOURNAL_ENTRY].ms_entries,
            .machines = stats[JOURNAL_MACHINE].ms_entries,
            .size = size,
            .limit = limit > 0 ? limit : journal->limit,
            .dropped = journal_meta(journal, slot->txn, "dropped"),
        };
    env_read_end(slot);
    return rc == 0 ? 0
                   : failure(error, env_code(rc), "the journal in %s cannot be read: %s", store->directory,
                             mdb_strerror(rc));
}
