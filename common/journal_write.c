/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Records into the journal, a batch of them as one transaction.
 *
 * A packet that goes on with a step is joined to its entry, which gets a new number by that: whoever follows the
 * journal by numbers sees it again. Entries go where the journal becomes too large (journal_keep.h), and the oldest of
 * a machine where it has too many; a machine goes with its last entry.
 */
#include "journal.h"

#include "failure.h"
#include "journal_keep.h"
#include "options.h"
#include "store.h"

#include <errno.h>
#include <unistd.h>

#define JOIN_MS 60000 /* between two packets of one step */
#define JOIN_BACK 4   /* entries of a machine that are looked through for it */

struct batch {
    struct journal *journal;
    MDB_txn *txn;
    uint64_t number; /* the last one given */
    struct keep keep;
};

/* ---- Rows */

void journal_number_key(uint64_t number, uint8_t ret[8])
{
    for (unsigned i = 0; i < 8; i++)
        ret[i] = (uint8_t)(number >> (56 - 8 * i));
}

uint64_t journal_key_number(const uint8_t octets[8])
{
    uint64_t number = 0;

    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | octets[i];
    return number;
}

int journal_get(const struct journal *journal, MDB_txn *txn, unsigned table, MDB_val key,
                const struct record_type *type, struct journal_row *row, void *ret)
{
    MDB_val value;
    int rc = mdb_get(txn, journal->env.tables[table], &key, &value);

    if (rc != 0)
        return env_code(rc);
    if (value.mv_size > sizeof(row->octets))
        return -EBADMSG;
    memcpy(row->octets, value.mv_data, value.mv_size);
    return record_decode(type, (struct netboot_bytes){row->octets, value.mv_size}, ret);
}

uint64_t journal_meta(const struct journal *journal, MDB_txn *txn, const char *name)
{
    MDB_val key = {strlen(name), (void *)name}, value;
    int rc = mdb_get(txn, journal->env.tables[JOURNAL_META], &key, &value);

    return rc == 0 && value.mv_size == 8 ? journal_key_number(value.mv_data) : 0;
}

/* LMDB's code, as all below. */
static int put_meta(const struct batch *batch, const char *name, uint64_t number)
{
    uint8_t octets[8];
    MDB_val key = {strlen(name), (void *)name}, value = {sizeof(octets), octets};

    journal_number_key(number, octets);
    return mdb_put(batch->txn, batch->journal->env.tables[JOURNAL_META], &key, &value, 0);
}

static int put(const struct batch *batch, unsigned table, MDB_val key, const struct record_type *type,
               const void *record)
{
    uint8_t octets[JOURNAL_RECORD_MAX];
    ssize_t size = record_encode(type, record, octets, sizeof(octets));
    MDB_val value = {(size_t)size, octets};

    return size < 0 ? EINVAL : mdb_put(batch->txn, batch->journal->env.tables[table], &key, &value, 0);
}

static int delete (const struct batch *batch, unsigned table, MDB_val key)
{
    int rc = mdb_del(batch->txn, batch->journal->env.tables[table], &key, NULL);

    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int get(const struct batch *batch, unsigned table, MDB_val key, const struct record_type *type,
               struct journal_row *row, void *ret)
{
    return journal_get(batch->journal, batch->txn, table, key, type, row, ret);
}

/* ---- Keys */

bool journal_client_key(const struct netboot_client *client, struct key *ret)
{
    if (client->has_mac)
        return key_of_id(ret, NETBOOT_ID_MAC, client->mac, sizeof(client->mac));
    if (client->has_uuid)
        return key_of_id(ret, NETBOOT_ID_UUID, client->uuid, sizeof(client->uuid));
    return key_of_id(ret, NETBOOT_ID_DUID, client->duid.data, client->duid.size);
}

bool journal_record_key(const struct entry_record *record, struct key *ret)
{
    if (record->mac.size > 0)
        return key_of_id(ret, NETBOOT_ID_MAC, record->mac.data, record->mac.size);
    if (record->uuid.size > 0)
        return key_of_id(ret, NETBOOT_ID_UUID, record->uuid.data, record->uuid.size);
    return key_of_id(ret, NETBOOT_ID_DUID, record->duid.data, record->duid.size);
}

static bool item_key(struct netboot_bytes item, struct key *ret)
{
    return key_of_id(ret, item.data[0], item.data + 1, item.size - 1);
}

static void list_remove(struct netboot_list *list, size_t at)
{
    list->count--;
    memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof(list->items[0]));
}

/* ---- Further identifiers, and who has shown them */

/* Where the machine is among those of an identifier, or their number. */
static size_t find_machine(const struct shown_record *shown, const struct key *machine)
{
    size_t i = 0;

    while (i < shown->machines.count &&
           !key_equals(machine, shown->machines.items[i].data + 1, shown->machines.items[i].size - 1))
        i++;
    return i;
}

static int note_shown(const struct batch *batch, const struct key *id, const struct key *machine, bool over4)
{
    struct journal_row row;
    struct shown_record shown;
    uint8_t item[1 + KEY_SIZE] = {over4};
    int code = get(batch, JOURNAL_ID, key_value(id), &record_shown, &row, &shown);

    if (code != 0)
        shown = (struct shown_record){.overflow = 0};
    size_t at = find_machine(&shown, machine);
    if (at < shown.machines.count && (shown.machines.items[at].data[0] || !over4))
        return 0;
    memcpy(item + 1, machine->octets, machine->size);
    if (at < shown.machines.count)
        shown.machines.items[at] = (struct netboot_bytes){item, 1 + machine->size};
    else if (shown.machines.count < JOURNAL_SHOWN_MACHINES)
        shown.machines.items[shown.machines.count++] = (struct netboot_bytes){item, 1 + machine->size};
    else if (shown.overflow)
        return 0;
    else
        shown.overflow = 1;
    return put(batch, JOURNAL_ID, key_value(id), &record_shown, &shown);
}

/* An identifier that once had more machines than are kept stays one of several as long as it has any. */
static int forget_shown(const struct batch *batch, const struct key *id, const struct key *machine)
{
    struct journal_row row;
    struct shown_record shown;

    if (get(batch, JOURNAL_ID, key_value(id), &record_shown, &row, &shown) != 0)
        return 0;
    size_t at = find_machine(&shown, machine);
    if (at == shown.machines.count)
        return 0;
    list_remove(&shown.machines, at);
    if (shown.machines.count == 0)
        return delete (batch, JOURNAL_ID, key_value(id));
    return put(batch, JOURNAL_ID, key_value(id), &record_shown, &shown);
}

/* Puts the identifier last among the machine's. `item` is of the caller's, as long as the record is used. */
static int note_id(const struct batch *batch, struct machine_record *machine, const struct key *machine_key,
                   struct netboot_bytes item, bool over4)
{
    struct netboot_list *ids = &machine->ids;
    struct key key, other;
    int rc = 0;

    if (!item_key(item, &key) || key_equals(machine_key, key.octets, key.size))
        return 0;
    for (size_t i = 0; i < ids->count; i++) {
        if (item_key(ids->items[i], &other) && key_equals(&key, other.octets, other.size)) {
            list_remove(ids, i);
            break;
        }
    }
    if (ids->count >= JOURNAL_MACHINE_IDS) {
        if (item_key(ids->items[0], &other))
            rc = forget_shown(batch, &other, machine_key);
        list_remove(ids, 0);
    }
    ids->items[ids->count++] = item;
    return rc == 0 ? note_shown(batch, &key, machine_key, over4) : rc;
}

/* ---- Machines and their entries */

struct numbers {
    size_t count;
    uint64_t values[JOURNAL_MACHINE_ENTRIES];
    uint8_t octets[8 * JOURNAL_MACHINE_ENTRIES];
};

static void numbers_read(const struct machine_record *machine, struct numbers *ret)
{
    ret->count = machine->entries.size / 8;
    for (size_t i = 0; i < ret->count; i++)
        ret->values[i] = journal_key_number(machine->entries.data + 8 * i);
}

static void numbers_write(struct numbers *numbers, struct machine_record *ret)
{
    for (size_t i = 0; i < numbers->count; i++)
        journal_number_key(numbers->values[i], numbers->octets + 8 * i);
    ret->entries = (struct netboot_bytes){numbers->octets, 8 * numbers->count};
}

static void numbers_remove(struct numbers *numbers, size_t at)
{
    numbers->count--;
    memmove(&numbers->values[at], &numbers->values[at + 1], (numbers->count - at) * sizeof(numbers->values[0]));
}

static int delete_entry(struct batch *batch, uint64_t number)
{
    uint8_t octets[8];
    MDB_val key = {sizeof(octets), octets};

    journal_number_key(number, octets);
    int rc = mdb_del(batch->txn, batch->journal->env.tables[JOURNAL_ENTRY], &key, NULL);
    if (rc == 0)
        keep_deleted(&batch->keep, number);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* A server's first reply in an exchange; it may be followed by another one. */
static bool is_offer(const struct entry_record *record)
{
    uint8_t reply = (uint8_t)record->replies;

    return reply == (record->family == NETBOOT_V4 ? DHCPOFFER : ADVERTISE);
}

static bool goes_on(const struct entry_record *before, const struct entry_record *now)
{
    /* A second offer to one that has been acknowledged is a new exchange. */
    return entry_is_same_step(before, now) && (is_offer(before) || !is_offer(now)) &&
           now->last + JOIN_MS >= before->last && now->last <= before->last + JOIN_MS;
}

static bool bytes_same(struct netboot_bytes a, struct netboot_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Where the entry is that `record` goes on with, or the number of entries. It is the newest of the same server and
 * family, if at all. */
static size_t find_step(const struct batch *batch, const struct numbers *numbers, const struct entry_record *record,
                        struct journal_row *row, struct entry_record *ret)
{
    for (size_t i = numbers->count; i-- > 0 && numbers->count - i <= JOIN_BACK;) {
        uint8_t key[8];
        journal_number_key(numbers->values[i], key);
        if (get(batch, JOURNAL_ENTRY, (MDB_val){sizeof(key), key}, &record_entry, row, ret) != 0)
            continue;
        if (ret->family == record->family && bytes_same(ret->server, record->server))
            return goes_on(ret, record) ? i : numbers->count;
    }
    return numbers->count;
}

/* Joins `record` to an entry, or makes room for one. */
static int join_entry(struct batch *batch, struct machine_record *machine, struct numbers *numbers,
                      struct entry_record *record)
{
    struct journal_row row;
    struct entry_record before;
    size_t at = find_step(batch, numbers, record, &row, &before);
    int rc = 0;

    if (at < numbers->count) {
        record->first = before.first;
        record->packets = before.packets < UINT16_MAX ? (uint16_t)(before.packets + 1) : UINT16_MAX;
        record->replies = (uint16_t)((before.replies & 0xff00) | (record->replies & 0xff));
    } else {
        machine->exchanges++;
        at = 0;
        if (numbers->count < JOURNAL_MACHINE_ENTRIES)
            return 0;
    }
    rc = delete_entry(batch, numbers->values[at]);
    numbers_remove(numbers, at);
    return rc;
}

static int put_entry(struct batch *batch, const struct entry_record *record, uint64_t *ret_number)
{
    uint8_t key[8];

    *ret_number = ++batch->number;
    journal_number_key(*ret_number, key);
    return put(batch, JOURNAL_ENTRY, (MDB_val){sizeof(key), key}, &record_entry, record);
}

/* What is known of the machine by its last packet. The platform is the firmware's: iPXE may be built for another. */
static void describe_machine(struct machine_record *machine, const struct entry_record *record)
{
    bool is_new = machine->first == 0;
    uint16_t bit = (uint16_t)(1 << record->stage);

    if (is_new)
        machine->first = record->first;
    machine->last = record->last;
    machine->outcome = record->outcome;
    machine->host = record->host;
    machine->target = record->target;
    if (record->family == NETBOOT_V4) {
        machine->stages4 |= bit;
        if (record->address.size > 0)
            machine->address4 = (struct netboot_bytes){record->address.data, 4};
    } else {
        machine->stages6 |= bit;
        if (record->address.size > 0)
            machine->address6 = record->address;
    }
    if (is_new || record->stage != NETBOOT_STAGE_IPXE || machine->platform == NETBOOT_PLATFORM_NONE) {
        machine->platform = record->platform;
        machine->arch = record->arch;
    }
}

struct id_items {
    uint8_t uuid[1 + NETBOOT_UUID_SIZE], duid[1 + NETBOOT_DUID_MAX];
};

static int note_ids(const struct batch *batch, struct machine_record *machine, const struct key *key,
                    const struct entry_record *record, struct id_items *items)
{
    bool over4 = record->family == NETBOOT_V4;
    int rc = 0;

    if (record->uuid.size > 0) {
        items->uuid[0] = NETBOOT_ID_UUID;
        memcpy(items->uuid + 1, record->uuid.data, record->uuid.size);
        rc = note_id(batch, machine, key, (struct netboot_bytes){items->uuid, 1 + record->uuid.size}, over4);
    }
    if (rc == 0 && record->duid.size > 0) {
        items->duid[0] = NETBOOT_ID_DUID;
        memcpy(items->duid + 1, record->duid.data, record->duid.size);
        rc = note_id(batch, machine, key, (struct netboot_bytes){items->duid, 1 + record->duid.size}, over4);
    }
    return rc;
}

static int add(struct batch *batch, const struct netboot_journal_entry *entry)
{
    struct journal_row row;
    struct machine_record machine;
    struct entry_octets octets;
    struct entry_record record;
    struct id_items items;
    struct numbers numbers;
    struct key key;
    uint64_t number;
    int code, rc;

    entry_to_record(entry, &octets, &record);
    if (!journal_client_key(&entry->client, &key))
        return put_entry(batch, &record, &number);
    code = get(batch, JOURNAL_MACHINE, key_value(&key), &record_machine, &row, &machine);
    if (code != 0)
        machine = (struct machine_record){.platform = NETBOOT_PLATFORM_NONE, .arch = NETBOOT_ARCH_NONE};
    machine.id = (struct netboot_bytes){key.octets, key.size};
    numbers_read(&machine, &numbers);
    if ((rc = join_entry(batch, &machine, &numbers, &record)) != 0 || (rc = put_entry(batch, &record, &number)) != 0 ||
        (rc = note_ids(batch, &machine, &key, &record, &items)) != 0)
        return rc;
    describe_machine(&machine, &record);
    numbers.values[numbers.count++] = number;
    numbers_write(&numbers, &machine);
    return put(batch, JOURNAL_MACHINE, key_value(&key), &record_machine, &machine);
}

/* ---- What is too much */

static int forget_machine(const struct batch *batch, const struct key *key, const struct machine_record *machine)
{
    struct key id;
    int rc = 0;

    for (size_t i = 0; i < machine->ids.count && rc == 0; i++)
        if (item_key(machine->ids.items[i], &id))
            rc = forget_shown(batch, &id, key);
    return rc == 0 ? delete (batch, JOURNAL_MACHINE, key_value(key)) : rc;
}

/* Takes the number off its machine's. */
static int forget_entry(const struct batch *batch, const struct entry_record *record, uint64_t number)
{
    struct journal_row row;
    struct machine_record machine;
    struct numbers numbers;
    struct key key;

    if (!journal_record_key(record, &key) ||
        get(batch, JOURNAL_MACHINE, key_value(&key), &record_machine, &row, &machine) != 0)
        return 0;
    numbers_read(&machine, &numbers);
    for (size_t i = 0; i < numbers.count; i++)
        if (numbers.values[i] == number)
            numbers_remove(&numbers, i--);
    if (numbers.count == 0)
        return forget_machine(batch, &key, &machine);
    numbers_write(&numbers, &machine);
    return put(batch, JOURNAL_MACHINE, key_value(&key), &record_machine, &machine);
}

/* MDB_NOTFOUND: there is none. */
static int forget_one(struct batch *batch)
{
    struct journal_row row;
    struct entry_record record;
    uint64_t number;
    uint8_t key[8];
    int rc = keep_find(batch->journal, batch->txn, &batch->keep, &number);

    if (rc != 0)
        return rc;
    journal_number_key(number, key);
    int code = get(batch, JOURNAL_ENTRY, (MDB_val){sizeof(key), key}, &record_entry, &row, &record);
    if ((rc = delete_entry(batch, number)) != 0 || code != 0)
        return rc;
    return forget_entry(batch, &record, number);
}

static int used_octets(const struct batch *batch, size_t *ret)
{
    MDB_stat status;

    *ret = 0;
    for (unsigned i = 0; i < JOURNAL_TABLES; i++) {
        int rc = mdb_stat(batch->txn, batch->journal->env.tables[i], &status);
        if (rc != 0)
            return rc;
        *ret += (status.ms_branch_pages + status.ms_leaf_pages + status.ms_overflow_pages) * status.ms_psize;
    }
    return 0;
}

/* Below three quarters of the limit: the rest is for what a change needs beside what it replaces. Not all at once, if
 * the limit has become a smaller one. */
static int prune(struct batch *batch, size_t budget)
{
    size_t used, most = batch->journal->limit / 4 * 3;
    int rc = used_octets(batch, &used);

    for (; rc == 0 && used > most && budget > 0; budget--)
        if ((rc = forget_one(batch)) == 0)
            rc = used_octets(batch, &used);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* ---- A batch */

static size_t batch_size(const struct journal *journal)
{
    enum { OCTETS_EACH = 65536, MOST = 512 };
    size_t size = journal->limit / OCTETS_EACH;

    return size < MOST ? size : MOST;
}

static int write_records(struct batch *batch, size_t *ret_count)
{
    struct journal *journal = batch->journal;
    struct netboot_journal_entry entry = {0};
    uint64_t dropped = journal_all_dropped(journal);
    size_t most = batch_size(journal), count = 0;
    int rc = 0;

    snprintf(entry.server, sizeof(entry.server), "%s", journal->server);
    batch->number = journal_meta(journal, batch->txn, "number");
    keep_begin(journal, batch->txn, &batch->keep);
    while (rc == 0 && count < most && queue_look(&journal->queue, count, &entry)) {
        rc = add(batch, &entry);
        count++;
    }
    if (rc == 0)
        rc = prune(batch, 4 * most);
    if (rc == 0)
        rc = keep_end(journal, batch->txn, &batch->keep);
    if (rc == 0)
        rc = put_meta(batch, "number", batch->number);
    if (rc == 0 && journal_meta(journal, batch->txn, "limit") != journal->limit)
        rc = put_meta(batch, "limit", journal->limit);
    if (rc == 0 && dropped > journal->kept)
        rc = put_meta(batch, "dropped", journal_meta(journal, batch->txn, "dropped") + dropped - journal->kept);
    *ret_count = count;
    if (rc != 0) {
        mdb_txn_abort(batch->txn);
        return rc;
    }
    if ((rc = mdb_txn_commit(batch->txn)) == 0)
        journal->kept = dropped;
    return rc;
}

/* Makes room where there is none, by what can be done without any. */
static int write_pruned(struct batch *batch)
{
    keep_begin(batch->journal, batch->txn, &batch->keep);
    int rc = prune(batch, SIZE_MAX);

    for (size_t i = batch_size(batch->journal); i > 0 && rc == 0; i--)
        rc = forget_one(batch);
    if (rc == 0 || rc == MDB_NOTFOUND)
        rc = keep_end(batch->journal, batch->txn, &batch->keep);
    if (rc == 0)
        return mdb_txn_commit(batch->txn);
    mdb_txn_abort(batch->txn);
    return rc;
}

static void lose(struct journal *journal, size_t count)
{
    queue_drop(&journal->queue, count);
    atomic_fetch_add_explicit(&journal->lost, count, memory_order_relaxed);
}

static ssize_t write_locked(struct journal *journal, struct netboot_error *error)
{
    enum { TRIES = 2 };
    size_t count = 0;
    int rc = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        struct batch batch = {.journal = journal};
        struct env_slot *slot;
        int code = env_write_begin(&journal->env, &batch.txn, &slot, error);
        if (code != 0)
            return code;
        rc = write_records(&batch, &count);
        if (rc == MDB_MAP_FULL && mdb_txn_begin(journal->env.mdb, NULL, 0, &batch.txn) == 0)
            write_pruned(&batch);
        env_give(slot);
        if (rc == 0) {
            queue_drop(&journal->queue, count);
            atomic_fetch_add_explicit(&journal->written, count, memory_order_relaxed);
            return (ssize_t)count;
        }
        if (rc != MDB_MAP_FULL)
            break;
    }
    lose(journal, count); /* else the same would be tried for ever */
    if (rc == MDB_MAP_FULL)
        return failure(error, -ENOSPC,
                       "the journal in %s is full, and a program that reads it keeps what was forgotten from being "
                       "used anew: see whether a netbootctl is stopped",
                       journal->env.directory);
    return env_failure(&journal->env, rc, "write", error);
}

ssize_t journal_write(struct journal *journal, unsigned deadline_ms, struct netboot_error *error)
{
    struct netboot_journal_entry entry;
    int lock;

    if (!queue_look(&journal->queue, 0, &entry))
        return 0;
    if ((lock = env_lock_writers(&journal->env, deadline_ms, error)) < 0)
        return lock;
    ssize_t count = write_locked(journal, error);
    close(lock);
    return count;
}
