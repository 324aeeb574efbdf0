/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A packet's record into the journal: it is joined to the entry of the step that it goes on with, or is a new entry of
 * its machine.
 */
#include "journal/batch.h"

#include "base/bytes.h"
#include "store/view.h"

#define JOIN_BACK 4 /* entries of a machine that are looked through for the one that a record goes on with */

static bool goes_on(const struct entry_record *before, const struct entry_record *now)
{
    return entry_is_same_step(before, now) && journal_goes_on(before->family, (uint8_t)before->replies, before->last,
                                                              (uint8_t)(now->replies >> 8), now->first);
}

/* Where the entry is that `record` goes on with, or the number of entries. It is the newest of the same server and
 * family, if at all. */
static size_t find_step(const struct journal_batch *batch, const struct numbers *numbers,
                        const struct entry_record *record, struct journal_row *row, struct entry_record *ret)
{
    for (size_t i = numbers->count; i-- > 0 && numbers->count - i <= JOIN_BACK;) {
        uint8_t key[8];
        journal_number_key(numbers->values[i], key);
        if (batch_get(batch, JOURNAL_ENTRY, (MDB_val){sizeof(key), key}, &record_entry, row, ret) != 0)
            continue;
        if (ret->family == record->family && bytes_same(ret->server, record->server))
            return goes_on(ret, record) ? i : numbers->count;
    }
    return numbers->count;
}

/* Joins `record` to an entry, or makes room for one. */
static int join_entry(struct journal_batch *batch, struct machine_record *machine, struct numbers *numbers,
                      struct entry_record *record)
{
    struct journal_row row;
    struct entry_record before;
    size_t at = find_step(batch, numbers, record, &row, &before);
    int rc = 0;

    if (at < numbers->count) {
        record->first = before.first;
        record->packets =
            (uint16_t)(before.packets < UINT16_MAX - record->packets ? before.packets + record->packets : UINT16_MAX);
        record->replies = (uint16_t)((before.replies & 0xff00) | (record->replies & 0xff));
    } else {
        machine->exchanges++;
        at = 0;
        if (numbers->count < JOURNAL_MACHINE_ENTRIES)
            return 0;
    }
    rc = batch_delete_entry(batch, numbers->values[at]);
    numbers_remove(numbers, at);
    return rc;
}

static int put_entry(struct journal_batch *batch, const struct entry_record *record)
{
    uint8_t key[8];

    journal_number_key(batch->number, key);
    return batch_put(batch, JOURNAL_ENTRY, (MDB_val){sizeof(key), key}, &record_entry, record);
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

static int note_ids(const struct journal_batch *batch, struct machine_record *machine, const struct store_key *key,
                    const struct entry_record *record, struct id_items *items)
{
    bool over4 = record->family == NETBOOT_V4;
    int rc = 0;

    if (record->uuid.size > 0) {
        items->uuid[0] = NETBOOT_ID_UUID;
        memcpy(items->uuid + 1, record->uuid.data, record->uuid.size);
        rc = shown_note(batch, machine, key, (struct netboot_bytes){items->uuid, 1 + record->uuid.size}, over4);
    }
    if (rc == 0 && record->duid.size > 0) {
        items->duid[0] = NETBOOT_ID_DUID;
        memcpy(items->duid + 1, record->duid.data, record->duid.size);
        rc = shown_note(batch, machine, key, (struct netboot_bytes){items->duid, 1 + record->duid.size}, over4);
    }
    return rc;
}

int batch_add(struct journal_batch *batch, const struct netboot_journal_entry *entry)
{
    struct journal_row row;
    struct machine_record machine;
    struct entry_octets octets;
    struct entry_record record;
    struct id_items items;
    struct numbers numbers;
    struct store_key key;
    int code, rc;

    batch->number += entry->packets; /* one for each of them: the entry goes by the last one's */
    entry_to_record(entry, &octets, &record);
    if (!journal_client_key(&entry->client, &key))
        return put_entry(batch, &record);
    code = batch_get(batch, JOURNAL_MACHINE, key_value(&key), &record_machine, &row, &machine);
    if (code != 0)
        machine = (struct machine_record){.platform = NETBOOT_PLATFORM_NONE, .arch = NETBOOT_ARCH_NONE};
    machine.id = (struct netboot_bytes){key.octets, key.size};
    numbers_read(&machine, &numbers);
    if ((rc = join_entry(batch, &machine, &numbers, &record)) != 0 || (rc = put_entry(batch, &record)) != 0 ||
        (rc = note_ids(batch, &machine, &key, &record, &items)) != 0)
        return rc;
    describe_machine(&machine, &record);
    numbers.values[numbers.count++] = batch->number;
    numbers_write(&numbers, &machine);
    return batch_put(batch, JOURNAL_MACHINE, key_value(&key), &record_machine, &machine);
}
