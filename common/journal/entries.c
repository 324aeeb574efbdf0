/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The entries of the journal for people: first the numbers of those that are asked for, then they themselves, one by
 * one: the journal is held by nobody who prints slowly.
 */
#include "journal/journal.h"

#include "base/sized.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Numbers of entries */

struct picked {
    uint64_t *numbers;
    size_t count, room;
    const struct netboot_journal_filter *filter;
};

static int pick(struct picked *picked, const struct journal_item *item)
{
    if (item->number <= picked->filter->after || item->last < picked->filter->since)
        return 0;
    if (picked->count == picked->room) {
        size_t room = picked->room > 0 ? 2 * picked->room : 256;
        uint64_t *numbers = realloc(picked->numbers, room * sizeof(*numbers));
        if (!numbers)
            return -ENOMEM;
        picked->numbers = numbers;
        picked->room = room;
    }
    picked->numbers[picked->count++] = item->number;
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

static int pick_all(const struct journal_index *index, struct picked *picked)
{
    int code = 0;

    if (index->newest <= picked->filter->after)
        return 0;
    for (unsigned i = 0; i < JOURNAL_FILES; i++)
        for (const struct journal_item *item = index->files[i].newest; item && code == 0; item = item->older)
            code = pick(picked, item);
    return code;
}

/* All entries of the machines that have shown an identifier. */
static int pick_of_id(const struct journal_index *index, const struct netboot_id *id, struct picked *picked)
{
    struct journal_key *key, *machine;
    struct store_key octets;
    int code = 0;

    if (id->type == NETBOOT_ID_NAME || !key_of_id(&octets, (uint8_t)id->type, id->value, id->size) ||
        !(key = index_find_key(index, &octets)))
        return 0;
    for (const struct journal_show *show = key->newest; show && code == 0; show = show->older) {
        if ((machine = item_machine(show->item)) == key)
            code = pick(picked, show->item);
        else
            for (const struct journal_show *own = machine->newest; own && code == 0; own = own->older)
                if (item_machine(own->item) == machine)
                    code = pick(picked, own->item);
    }
    return code;
}

static int pick_numbers(struct journal *journal, struct picked *picked, struct netboot_error *error)
{
    const struct netboot_journal_filter *filter = picked->filter;
    int code = journal_begin(journal, error);

    if (code != 0)
        return code;
    if (!filter->ids)
        code = pick_all(&journal->index, picked);
    for (size_t i = 0; filter->ids && i < filter->id_count && code == 0; i++)
        code = pick_of_id(&journal->index, &filter->ids[i], picked);
    journal_end(journal);
    if (code != 0)
        return failure(error, code, "no memory to read the journal");
    sort(picked);
    return 0;
}

/* ---- Entries */

/* False: it is gone by now, or damaged. The entry may point into `row`. */
static bool read_entry(struct journal *journal, uint64_t number, struct journal_row *row,
                       struct netboot_journal_entry *ret)
{
    struct entry_record record;

    pthread_mutex_lock(&journal->mutex);
    const struct journal_item *item = index_find(&journal->index, number);
    bool is_there = item && journal_read(journal, item, row, &record);
    pthread_mutex_unlock(&journal->mutex);
    return is_there && entry_from_record(&record, number, ret) == 0;
}

struct reading {
    struct journal_row row;
    struct netboot_journal_entry entry;
};

#define FILTER_LEAST SIZED_UP_TO(struct netboot_journal_filter, last)

int netboot_journal_entries(struct netboot_store *store, const struct netboot_journal_filter *filter,
                            int (*each)(const struct netboot_journal_entry *, void *user), void *user,
                            struct netboot_error *error)
{
    struct netboot_journal_filter known = {.size = sizeof(known)};
    struct picked picked = {.filter = &known};
    struct reading *reading = malloc(sizeof(*reading));
    int code = reading ? 0 : failure(error, -ENOMEM, "no memory to read the journal");

    if (code == 0 && filter)
        code = sized_read(filter, FILTER_LEAST, "filter of the journal", &known, sizeof(known), error);
    if (code == 0)
        code = pick_numbers(store->journal, &picked, error);
    for (size_t i = known.last > 0 && picked.count > known.last ? picked.count - known.last : 0;
         code == 0 && i < picked.count; i++)
        if (read_entry(store->journal, picked.numbers[i], &reading->row, &reading->entry))
            code = each(&reading->entry, user);
    free(picked.numbers);
    free(reading);
    return code;
}
