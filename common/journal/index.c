/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/index.h"

#include "base/hash.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>

int index_init(struct journal_index *index, uint64_t octets)
{
    enum { OCTETS_EACH = 1024, LEAST = 1024, MOST = 1 << 20 };
    size_t buckets = LEAST;

    while (buckets < MOST && buckets * OCTETS_EACH < octets)
        buckets *= 2;
    *index = (struct journal_index){.buckets = buckets};
    index->items = calloc(buckets, sizeof(*index->items));
    index->keys = calloc(buckets, sizeof(*index->keys));
    if (index->items && index->keys && getrandom(&index->secret, sizeof(index->secret), 0) == sizeof(index->secret))
        return 0;
    index_fini(index);
    return -ENOMEM;
}

void index_fini(struct journal_index *index)
{
    for (unsigned file = 0; file < JOURNAL_FILES; file++)
        index_forget_file(index, file);
    free(index->items);
    free(index->keys);
    *index = (struct journal_index){.buckets = 0};
}

/* ---- Keys */

static struct journal_key **key_place(const struct journal_index *index, const uint8_t *octets, size_t size)
{
    struct journal_key **place = &index->keys[hash64(index->secret, octets, size) & (index->buckets - 1)];

    while (*place && ((*place)->size != size || memcmp((*place)->octets, octets, size) != 0))
        place = &(*place)->next;
    return place;
}

struct journal_key *index_find_key(const struct journal_index *index, const struct store_key *key)
{
    return index->buckets > 0 ? *key_place(index, key->octets, key->size) : NULL;
}

void journal_key_read(const struct journal_key *key, struct store_key *ret)
{
    ret->size = key->size;
    memcpy(ret->octets, key->octets, key->size);
}

static struct journal_key *make_key(const struct journal_index *index, const struct store_key *key)
{
    struct journal_key **place = key_place(index, key->octets, key->size);

    if (!*place && (*place = calloc(1, offsetof(struct journal_key, octets) + key->size))) {
        (*place)->size = (uint8_t)key->size;
        memcpy((*place)->octets, key->octets, key->size);
    }
    return *place;
}

static void drop_unused_key(const struct journal_index *index, struct journal_key *key)
{
    if (key->newest)
        return;
    *key_place(index, key->octets, key->size) = key->next;
    free(key);
}

/* ---- Entries */

static struct journal_item **item_place(const struct journal_index *index, uint64_t number)
{
    struct journal_item **place = &index->items[number & (index->buckets - 1)];

    while (*place && (*place)->number != number)
        place = &(*place)->next;
    return place;
}

struct journal_item *index_find(const struct journal_index *index, uint64_t number)
{
    return index->buckets > 0 ? *item_place(index, number) : NULL;
}

void index_take_out(struct journal_index *index, struct journal_item *item)
{
    *(item->older ? &item->older->newer : &index->files[item->file].oldest) = item->newer;
    *(item->newer ? &item->newer->older : &index->files[item->file].newest) = item->older;
}

void index_put_last(struct journal_index *index, struct journal_item *item, uint64_t offset)
{
    item->offset = offset;
    item->newer = NULL;
    item->older = index->files[item->file].newest;
    *(item->older ? &item->older->newer : &index->files[item->file].oldest) = item;
    index->files[item->file].newest = item;
}

static void link_show(struct journal_item *item, struct journal_key *key, unsigned which)
{
    struct journal_show *show = &item->shows[which];

    *show = (struct journal_show){.older = key->newest, .item = item, .key = key};
    if (key->newest)
        key->newest->newer = show;
    key->newest = show;
}

static void unlink_show(const struct journal_index *index, struct journal_show *show)
{
    if (!show->key)
        return;
    if (show->older)
        show->older->newer = show->newer;
    *(show->newer ? &show->newer->older : &show->key->newest) = show->older;
    drop_unused_key(index, show->key);
}

static void count(struct journal_index *index, const struct journal_item *item)
{
    struct journal_key *account = item_account(item), *machine = item_machine(item);

    index->files[item->file].size += item->size;
    index->files[item->file].entries++;
    if (account)
        index->files[item->file].accounts += account->accounted[item->file]++ == 0;
    if (machine)
        index->machines += machine->machine++ == 0;
    if (item->number > index->newest)
        index->newest = item->number;
}

static void discount(struct journal_index *index, const struct journal_item *item)
{
    struct journal_key *account = item_account(item), *machine = item_machine(item);

    index->files[item->file].size -= item->size;
    index->files[item->file].entries--;
    if (account)
        index->files[item->file].accounts -= --account->accounted[item->file] == 0;
    if (machine)
        index->machines -= --machine->machine == 0;
}

void index_forget(struct journal_index *index, struct journal_item *item)
{
    *item_place(index, item->number) = item->next;
    index_take_out(index, item);
    discount(index, item);
    for (unsigned i = 0; i < JOURNAL_IDS; i++)
        unlink_show(index, &item->shows[i]);
    free(item);
}

void index_forget_file(struct journal_index *index, unsigned file)
{
    while (index->files[file].oldest)
        index_forget(index, index->files[file].oldest);
}

void index_overwrite(struct journal_index *index, unsigned file, uint64_t from, uint64_t to)
{
    struct journal_item *item;

    while ((item = index->files[file].oldest) && item->offset < to && item->offset + item->size > from)
        index_forget(index, item);
}

/* Looks no further than at the entries of the account, which are mostly the newest. */
static struct journal_item *oldest_of(const struct journal_key *account, size_t entries)
{
    struct journal_item *ret = NULL;

    for (struct journal_show *show = account->newest; show && entries > 0; show = show->older) {
        if (item_account(show->item) != account)
            continue;
        entries--;
        if (!ret || show->item->number < ret->number)
            ret = show->item;
    }
    return ret;
}

void index_trim(struct journal_index *index, struct journal_key *account, size_t most)
{
    for (size_t entries; (entries = account->accounted[0] + account->accounted[1]) > most;)
        index_forget(index, oldest_of(account, entries));
}

static struct journal_item *make_item(struct journal_index *index, const struct journal_placed *placed,
                                      const struct entry_record *record)
{
    struct journal_item *item = calloc(1, sizeof(*item));
    struct store_key keys[JOURNAL_IDS];

    if (!item)
        return NULL;
    item->number = placed->number;
    item->last = record->last;
    item->size = (uint32_t)placed->size;
    item->file = (uint8_t)placed->file;
    item->family = (uint8_t)record->family;
    item->account = placed->account;
    entry_keys(record, keys);
    for (unsigned i = 0; i < JOURNAL_IDS; i++) {
        struct journal_key *key = keys[i].size > 0 ? make_key(index, &keys[i]) : NULL;
        if (keys[i].size > 0 && !key) {
            while (i-- > 0)
                unlink_show(index, &item->shows[i]);
            free(item);
            return NULL;
        }
        if (key)
            link_show(item, key, i);
    }
    return item;
}

int index_add(struct journal_index *index, const struct journal_placed *placed, const struct entry_record *record)
{
    struct journal_item *item = index_find(index, placed->number), *before;

    if (item && item->file == placed->file && item->size == placed->size) {
        index_take_out(index, item);
        index_put_last(index, item, placed->offset);
        return 0;
    }
    before = item;
    if (!(item = make_item(index, placed, record))) /* first: what is known of its account stays */
        return -ENOMEM;
    if (before)
        index_forget(index, before);
    if (placed->replaces > 0 && (before = index_find(index, placed->replaces)))
        index_forget(index, before);
    item->next = index->items[placed->number & (index->buckets - 1)];
    index->items[placed->number & (index->buckets - 1)] = item;
    index_put_last(index, item, placed->offset);
    count(index, item);
    if (item_account(item))
        index_trim(index, item_account(item), JOURNAL_MACHINE_ENTRIES);
    return 0;
}

/* ---- What belongs together */

bool key_is_shared(const struct journal_key *key)
{
    const struct journal_key *first = NULL, *machine;

    for (const struct journal_show *show = key->newest; show; show = show->older) {
        if ((machine = item_machine(show->item)) == key)
            continue;
        if (first && first != machine)
            return true;
        first = machine;
    }
    return false;
}

const struct journal_key *key_joined(const struct journal_key *uuid)
{
    const struct journal_key *mac = NULL, *shown;
    bool over4 = false;

    for (const struct journal_show *show = uuid->newest; show; show = show->older) {
        if (!(shown = show->item->shows[JOURNAL_MAC].key))
            continue; /* a machine that goes by the UUID itself */
        if (mac && mac != shown)
            return NULL;
        mac = shown;
        over4 |= show->item->family == NETBOOT_V4;
    }
    if (!mac || !over4)
        return NULL;
    for (const struct journal_show *show = mac->newest; show; show = show->older)
        if (show->item->shows[JOURNAL_UUID].key && show->item->shows[JOURNAL_UUID].key != uuid)
            return NULL;
    return mac;
}
