/* SPDX-License-Identifier: MPL-2.0 */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 1024

/* Only the hash of a key is kept: at a million records two of them share one with a chance of 1 in 30 million. */
struct seen_item {
    uint64_t hash;
    uint64_t line; /* 0: a free slot */
};

static uint64_t hash_more(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *octets = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ octets[i]) * 0x100000001b3; /* FNV-1a */
    return hash;
}

static uint64_t hash_of(const struct key *key)
{
    uint8_t type[2] = {(uint8_t)key->table, (uint8_t)key->id.type};
    uint64_t hash = hash_more(0xcbf29ce484222325, type, sizeof(type));

    if (key->table == TABLE_HOST)
        hash = hash_more(hash, key->id.value, key->id.size);
    else if (key->table == TABLE_LOADER)
        hash = hash_more(hash, &key->platform, sizeof(key->platform));
    else
        hash = hash_more(hash, key->name, strlen(key->name));
    return hash ^ hash >> 32;
}

/* The slot that has the hash, or the free one where it belongs. */
static struct seen_item *slot_of(const struct seen *seen, uint64_t hash)
{
    size_t i = hash & (seen->size - 1);

    while (seen->slots[i].line && seen->slots[i].hash != hash)
        i = (i + 1) & (seen->size - 1);
    return &seen->slots[i];
}

/* Makes the table large enough for all items, and sorts in those that are not. */
static int sort_in(struct seen *seen)
{
    if (4 * seen->count > 3 * seen->size) {
        size_t size = seen->size ? seen->size : SIZE_FIRST;
        while (2 * seen->count > size)
            size *= 2;
        struct seen_item *slots = calloc(size, sizeof(*slots));
        if (!slots)
            return -ENOMEM;
        free(seen->slots);
        seen->slots = slots;
        seen->size = size;
        seen->sorted = 0;
    }
    for (; seen->sorted < seen->count; seen->sorted++)
        *slot_of(seen, seen->items[seen->sorted].hash) = seen->items[seen->sorted];
    return 0;
}

int64_t seen_find(struct seen *seen, const struct key *key)
{
    if (seen->count == 0)
        return 0;
    if (seen->sorted < seen->count && sort_in(seen) != 0)
        return -ENOMEM;
    return (int64_t)slot_of(seen, hash_of(key))->line;
}

int seen_add(struct seen *seen, const struct key *key, uint64_t line)
{
    if (seen->count == seen->room) {
        size_t room = seen->room ? 2 * seen->room : SIZE_FIRST;
        struct seen_item *items = realloc(seen->items, room * sizeof(*items));
        if (!items)
            return -ENOMEM;
        seen->items = items;
        seen->room = room;
    }
    seen->items[seen->count++] = (struct seen_item){hash_of(key), line};
    return 0;
}

void seen_free(struct seen *seen)
{
    free(seen->items);
    free(seen->slots);
    *seen = (struct seen){.items = NULL};
}
