/* SPDX-License-Identifier: MPL-2.0 */
#include "repeats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 1024

/* Only the hash of a key is kept: at a million records two of them share one with a chance of 1 in 30 million. */
struct repeats_item {
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

static uint64_t hash_of(const struct netboot_record_key *key)
{
    uint8_t type[2] = {(uint8_t)key->kind, (uint8_t)key->id.type};
    uint64_t hash = hash_more(0xcbf29ce484222325, type, sizeof(type));

    if (key->kind == NETBOOT_RECORD_HOST)
        hash = hash_more(hash, key->id.value, key->id.size);
    else if (key->kind == NETBOOT_RECORD_LOADER)
        hash = hash_more(hash, &key->platform, sizeof(key->platform));
    else
        hash = hash_more(hash, key->name, strlen(key->name));
    return hash ^ hash >> 32;
}

/* The slot that has the hash, or the free one where it belongs. */
static struct repeats_item *slot_of(const struct repeats *repeats, uint64_t hash)
{
    size_t i = hash & (repeats->size - 1);

    while (repeats->slots[i].line && repeats->slots[i].hash != hash)
        i = (i + 1) & (repeats->size - 1);
    return &repeats->slots[i];
}

/* Makes the table large enough for all items, and sorts in those that are not. */
static int sort_in(struct repeats *repeats)
{
    if (4 * repeats->count > 3 * repeats->size) {
        size_t size = repeats->size ? repeats->size : SIZE_FIRST;
        while (2 * repeats->count > size)
            size *= 2;
        struct repeats_item *slots = calloc(size, sizeof(*slots));
        if (!slots)
            return -ENOMEM;
        free(repeats->slots);
        repeats->slots = slots;
        repeats->size = size;
        repeats->sorted = 0;
    }
    for (; repeats->sorted < repeats->count; repeats->sorted++)
        *slot_of(repeats, repeats->items[repeats->sorted].hash) = repeats->items[repeats->sorted];
    return 0;
}

int64_t repeats_find(struct repeats *repeats, const struct netboot_record_key *key)
{
    if (repeats->count == 0)
        return 0;
    if (repeats->sorted < repeats->count && sort_in(repeats) != 0)
        return -ENOMEM;
    return (int64_t)slot_of(repeats, hash_of(key))->line;
}

int repeats_add(struct repeats *repeats, const struct netboot_record_key *key, uint64_t line)
{
    if (repeats->count == repeats->room) {
        size_t room = repeats->room ? 2 * repeats->room : SIZE_FIRST;
        struct repeats_item *items = realloc(repeats->items, room * sizeof(*items));
        if (!items)
            return -ENOMEM;
        repeats->items = items;
        repeats->room = room;
    }
    repeats->items[repeats->count++] = (struct repeats_item){hash_of(key), line};
    return 0;
}

void repeats_free(struct repeats *repeats)
{
    free(repeats->items);
    free(repeats->slots);
    *repeats = (struct repeats){.items = NULL};
}
