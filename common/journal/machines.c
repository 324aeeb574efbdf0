/* SPDX-License-Identifier: MPL-2.0 */
/* The machines of the journal for people: each as its entries tell of it. */
#include "journal/journal.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

/* ---- One machine */

struct listed_machine {
    struct netboot_journal_machine machine;
    struct store_key ids[JOURNAL_MACHINE_IDS];
    uint8_t octets[JOURNAL_MACHINE_IDS][1 + NETBOOT_DUID_MAX]; /* as they were shown */
    size_t id_count;
};

static void forget_id(struct listed_machine *listed, size_t at)
{
    listed->id_count--;
    memmove(&listed->ids[at], &listed->ids[at + 1], (listed->id_count - at) * sizeof(listed->ids[0]));
    memmove(&listed->octets[at], &listed->octets[at + 1], (listed->id_count - at) * sizeof(listed->octets[0]));
    memmove(&listed->machine.ids.items[at], &listed->machine.ids.items[at + 1],
            (listed->id_count - at) * sizeof(struct netboot_bytes));
}

/* Puts an identifier last among the machine's. */
static void add_id(struct listed_machine *listed, const struct store_key *key, uint8_t type, struct netboot_bytes value)
{
    size_t at = 0;

    while (at < listed->id_count && !key_equals(key, listed->ids[at].octets, listed->ids[at].size))
        at++;
    if (at < listed->id_count)
        forget_id(listed, at);
    else if (listed->id_count == JOURNAL_MACHINE_IDS)
        forget_id(listed, 0);
    at = listed->id_count++;
    listed->ids[at] = *key;
    listed->octets[at][0] = type;
    memcpy(listed->octets[at] + 1, value.data, value.size);
    listed->machine.ids.items[at].size = 1 + value.size;
}

static void add_ids(struct listed_machine *listed, const struct journal_key *machine, const struct entry_record *record)
{
    struct store_key keys[JOURNAL_IDS];

    entry_keys(record, keys);
    if (keys[JOURNAL_UUID].size > 0 && !key_equals(&keys[JOURNAL_UUID], machine->octets, machine->size))
        add_id(listed, &keys[JOURNAL_UUID], NETBOOT_ID_UUID, record->uuid);
    if (keys[JOURNAL_DUID].size > 0 && !key_equals(&keys[JOURNAL_DUID], machine->octets, machine->size))
        add_id(listed, &keys[JOURNAL_DUID], NETBOOT_ID_DUID, record->duid);
}

/* What is known of the machine by a later entry. The platform is the firmware's: iPXE may be built for another. */
static void describe(struct netboot_journal_machine *machine, const struct entry_record *record)
{
    unsigned bit = 1u << record->stage;
    bool is_first = machine->first == 0;

    machine->first = record->machine_first > 0 ? record->machine_first : record->first;
    machine->last = record->last > machine->last ? record->last : machine->last;
    machine->exchanges = record->exchanges;
    machine->outcome = (enum netboot_outcome)record->outcome;
    journal_copy_text(machine->host, sizeof(machine->host), record->host);
    journal_copy_text(machine->target, sizeof(machine->target), record->target);
    *(record->family == NETBOOT_V4 ? &machine->stages4 : &machine->stages6) |= bit;
    if (record->address.size > 0 && record->family == NETBOOT_V4)
        memcpy(machine->address4, record->address.data, sizeof(machine->address4));
    else if (record->address.size > 0)
        memcpy(machine->address6, record->address.data, sizeof(machine->address6));
    if (is_first || record->stage != NETBOOT_STAGE_IPXE || machine->platform == NETBOOT_PLATFORM_NONE) {
        machine->platform = record->platform;
        machine->arch = record->arch;
    }
}

static int compare_items(const void *a, const void *b)
{
    uint64_t left = (*(struct journal_item *const *)a)->number, right = (*(struct journal_item *const *)b)->number;

    return (left > right) - (left < right);
}

/* The identifier that a machine goes by, as its first entry showed it: keys have one of two byte orders. */
static void name_machine(struct netboot_journal_machine *machine, const struct entry_record *record)
{
    const struct netboot_bytes values[] = {record->mac, record->uuid, record->duid};
    static const enum netboot_id_type types[] = {NETBOOT_ID_MAC, NETBOOT_ID_UUID, NETBOOT_ID_DUID};
    unsigned i = 0;

    while (values[i].size == 0 && i < 2)
        i++;
    machine->id = (struct netboot_id){.type = types[i], .size = (uint8_t)values[i].size};
    memcpy(machine->id.value, values[i].data, values[i].size);
}

static bool add_entry(struct listed_machine *listed, const struct journal_key *key, const struct entry_record *record)
{
    struct netboot_journal_entry entry; /* read for its checks */

    if (entry_from_record(record, 1, &entry) != 0)
        return false;
    if (listed->machine.first == 0)
        name_machine(&listed->machine, record);
    describe(&listed->machine, record);
    add_ids(listed, key, record);
    return true;
}

static void finish(const struct journal_index *index, struct listed_machine *listed)
{
    struct netboot_journal_machine *machine = &listed->machine;

    machine->ids.count = listed->id_count;
    for (size_t i = 0; i < listed->id_count; i++) {
        const struct journal_key *key = index_find_key(index, &listed->ids[i]);
        machine->ids.items[i].data = listed->octets[i];
        machine->shared |= (uint64_t)(key && key_is_shared(key)) << i;
    }
}

/* False: it is gone, or all of it is damaged. */
static bool read_machine(const struct journal *journal, const struct store_key *octets, struct listed_machine *ret)
{
    enum { MOST = 4 * JOURNAL_MACHINE_ENTRIES };
    const struct journal_key *key = index_find_key(&journal->index, octets);
    struct journal_item *items[MOST];
    struct entry_record record;
    struct journal_row row;
    bool is_there = false;
    size_t count = 0;

    *ret = (struct listed_machine){
        .machine = {.platform = NETBOOT_PLATFORM_NONE, .arch = NETBOOT_ARCH_NONE}
    };
    for (const struct journal_show *show = key ? key->newest : NULL; show && count < MOST; show = show->older)
        if (item_machine(show->item) == key)
            items[count++] = show->item;
    qsort(items, count, sizeof(items[0]), compare_items);
    for (size_t i = 0; i < count; i++)
        if (journal_read(journal, items[i], &row, &record))
            is_there |= add_entry(ret, key, &record);
    finish(&journal->index, ret);
    return is_there;
}

/* ---- Those that are asked for */

struct keys {
    struct store_key *keys;
    size_t count, room;
};

static int keep_key(struct keys *keys, const struct journal_key *key)
{
    if (keys->count == keys->room) {
        size_t room = keys->room > 0 ? 2 * keys->room : 16;
        struct store_key *more = realloc(keys->keys, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        keys->keys = more;
        keys->room = room;
    }
    journal_key_read(key, &keys->keys[keys->count++]);
    return 0;
}

static int keep_all(const struct journal_index *index, struct keys *ret)
{
    int code = 0;

    for (size_t i = 0; i < index->buckets; i++)
        for (const struct journal_key *key = index->keys[i]; key && code == 0; key = key->next)
            if (key->machine > 0)
                code = keep_key(ret, key);
    return code;
}

static int keep_of_id(const struct journal_index *index, const struct netboot_id *id, struct keys *ret)
{
    struct journal_key *key;
    struct store_key octets;
    int code = 0;

    if (id->type == NETBOOT_ID_NAME || !key_of_id(&octets, (uint8_t)id->type, id->value, id->size) ||
        !(key = index_find_key(index, &octets)))
        return 0;
    for (const struct journal_show *show = key->newest; show && code == 0; show = show->older)
        code = keep_key(ret, item_machine(show->item));
    return code;
}

static int compare_keys(const void *a, const void *b)
{
    const struct store_key *left = a, *right = b;
    int order = memcmp(left->octets, right->octets, smaller(left->size, right->size));

    return order != 0 ? order : (left->size > right->size) - (left->size < right->size);
}

static int find_keys(struct journal *journal, const struct netboot_id *ids, size_t count, struct keys *ret,
                     struct netboot_error *error)
{
    int code = journal_begin(journal, error);

    if (code != 0)
        return code;
    if (!ids)
        code = keep_all(&journal->index, ret);
    for (size_t i = 0; ids && i < count && code == 0; i++)
        code = keep_of_id(&journal->index, &ids[i], ret);
    journal_end(journal);
    if (code != 0)
        return failure(error, code, "no memory to read the journal");
    if (ret->count > 0)
        qsort(ret->keys, ret->count, sizeof(ret->keys[0]), compare_keys);
    return 0;
}

static int each_machine(struct journal *journal, const struct keys *keys, struct listed_machine *listed,
                        int (*each)(const struct netboot_journal_machine *, void *user), void *user)
{
    int code = 0;

    for (size_t i = 0; i < keys->count && code == 0; i++) {
        if (i > 0 && compare_keys(&keys->keys[i - 1], &keys->keys[i]) == 0)
            continue;
        pthread_mutex_lock(&journal->mutex);
        bool is_there = read_machine(journal, &keys->keys[i], listed);
        pthread_mutex_unlock(&journal->mutex);
        if (is_there)
            code = each(&listed->machine, user);
    }
    return code;
}

int netboot_journal_machines(struct netboot_store *store, const struct netboot_id *ids, size_t count,
                             int (*each)(const struct netboot_journal_machine *, void *user), void *user,
                             struct netboot_error *error)
{
    struct keys keys = {.count = 0};
    struct listed_machine *listed = malloc(sizeof(*listed));
    int code = listed ? 0 : failure(error, -ENOMEM, "no memory to read the journal");

    if (code == 0)
        code = find_keys(store->journal, ids, count, &keys, error);
    if (code == 0)
        code = each_machine(store->journal, &keys, listed, each, user);
    free(keys.keys);
    free(listed);
    return code;
}
