/* SPDX-License-Identifier: MPL-2.0 */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 1024

/* Only the hash of a key is kept: at a million records two of them share one with a chance of 1 in 30 million. */
struct seen_slot {
    uint64_t hash;
    uint64_t line; /* 0: free */
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
static struct seen_slot *slot_of(struct seen_slot *slots, size_t size, uint64_t hash)
{
    size_t i = hash & (size - 1);

    while (slots[i].line && slots[i].hash != hash)
        i = (i + 1) & (size - 1);
    return &slots[i];
}

uint64_t seen_find(const struct seen *seen, const struct key *key)
{
    return seen->size ? slot_of(seen->slots, seen->size, hash_of(key))->line : 0;
}

static int grow(struct seen *seen)
{
    size_t size = seen->size ? 2 * seen->size : SIZE_FIRST;
    struct seen_slot *slots = calloc(size, sizeof(*slots));

    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < seen->size; i++)
        if (seen->slots[i].line)
            *slot_of(slots, size, seen->slots[i].hash) = seen->slots[i];
    free(seen->slots);
    seen->slots = slots;
    seen->size = size;
    return 0;
}

int seen_add(struct seen *seen, const struct key *key, uint64_t line)
{
    uint64_t hash = hash_of(key);

    if (4 * (seen->used + 1) > 3 * seen->size && grow(seen) != 0)
        return -ENOMEM;
    struct seen_slot *slot = slot_of(seen->slots, seen->size, hash);
    seen->used += slot->line == 0;
    *slot = (struct seen_slot){hash, line};
    return 0;
}

void seen_free(struct seen *seen)
{
    free(seen->slots);
    *seen = (struct seen){.slots = NULL};
}
