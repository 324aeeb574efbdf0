/* SPDX-License-Identifier: MPL-2.0 */
#include "json/record/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    _Alignas(max_align_t) uint8_t data[];
};

static struct arena_block *block_new(struct arena_block *next, size_t size)
{
    struct arena_block *block = malloc(sizeof(*block) + size);

    if (block)
        *block = (struct arena_block){.next = next, .size = size};
    return block;
}

void *arena_take(struct arena *memory, size_t size)
{
    const size_t unit = _Alignof(max_align_t);
    size_t rounded = (size + unit - 1) / unit * unit;
    struct arena_block *block = memory->block;

    if (!block || block->size - block->used < rounded) {
        block = block_new(memory->block, rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE);
        if (!block)
            return NULL;
        memory->block = block;
    }
    void *ret = block->data + block->used;
    block->used += rounded;
    return ret;
}

struct netboot_bytes arena_copy(struct arena *memory, const void *data, size_t size)
{
    uint8_t *copy = arena_take(memory, size);

    if (!copy)
        return (struct netboot_bytes){NULL, 0};
    if (size > 0)
        memcpy(copy, data, size);
    return (struct netboot_bytes){copy, size};
}

void arena_reset(struct arena *memory)
{
    struct arena_block *block = memory->block;

    if (!block)
        return;
    while (block->next) {
        struct arena_block *next = block->next->next;
        free(block->next);
        block->next = next;
    }
    block->used = 0;
}

void arena_free(struct arena *memory)
{
    arena_reset(memory);
    free(memory->block);
    memory->block = NULL;
}
