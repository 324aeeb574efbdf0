/* SPDX-License-Identifier: MPL-2.0 */
#include "pages_damage.h"

static bool flip_header(const struct damage *damage)
{
    damage->page[damage->seed % 16] ^= (uint8_t)(1 << damage->seed / 16 % 8);
    return true;
}

static bool spoil_header(const struct damage *damage)
{
    damage->page[damage->seed % 16] ^= 0xff;
    return true;
}

/* The place of a node, by its number; 0: none. */
static unsigned node_at(const uint8_t *page, unsigned number)
{
    unsigned lower = page[12] | (unsigned)page[13] << 8, nodes = lower < 16 || lower > PAGE ? 0 : (lower - 16) / 2;

    if (nodes == 0)
        return 0;
    unsigned at = 16 + 2 * (number % nodes);
    return page[at] | (unsigned)page[at + 1] << 8;
}

static bool flip_pointer(const struct damage *damage)
{
    unsigned lower = damage->page[12] | (unsigned)damage->page[13] << 8;

    if (lower <= 16 || lower > PAGE)
        return false;
    damage->page[16 + damage->seed / 8 % (lower - 16)] ^= (uint8_t)(1 << damage->seed % 8);
    return true;
}

static bool flip_node(const struct damage *damage)
{
    unsigned at = node_at(damage->page, damage->seed / 64);

    if (at < 16 || at > PAGE - 8)
        return false;
    damage->page[at + damage->seed / 8 % 8] ^= (uint8_t)(1 << damage->seed % 8);
    return true;
}

static bool all_ones_in_node(const struct damage *damage)
{
    unsigned at = node_at(damage->page, damage->seed / 8);

    if (at < 16 || at > PAGE - 8)
        return false;
    damage->page[at + damage->seed % 8] = 0xff;
    return true;
}

static bool flip_any(const struct damage *damage)
{
    damage->page[damage->seed / 8 % PAGE] ^= (uint8_t)(1 << damage->seed % 8);
    return true;
}

static bool zero_page(const struct damage *damage)
{
    memset(damage->page, 0, PAGE);
    return true;
}

static bool zero_sector(const struct damage *damage)
{
    memset(damage->page + damage->seed % 8 * 512, 0, 512);
    return true;
}

static bool random_sector(const struct damage *damage)
{
    unsigned seed = damage->seed;

    for (size_t i = 0; i < 512; i++)
        damage->page[damage->seed % 8 * 512 + i] = (uint8_t)rand_r(&seed);
    return true;
}

static bool stale_page(const struct damage *damage)
{
    const uint8_t *old = damage->before->octets + damage->number * PAGE;

    if (damage->number >= damage->before->pages || memcmp(old, damage->page, PAGE) == 0)
        return false;
    memcpy(damage->page, old, PAGE);
    return true;
}

static bool other_page(const struct damage *damage)
{
    memcpy(damage->page, damage->now->octets + (damage->number + 1 + damage->seed) % damage->now->pages * PAGE, PAGE);
    return true;
}

/* A page that was written to the wrong place says which it is; here that is right again. */
static bool other_page_renumbered(const struct damage *damage)
{
    other_page(damage);
    memcpy(damage->page, &damage->number, sizeof(damage->number));
    return true;
}

const struct kind kinds[KINDS] = {
    {"a page of zeros",          zero_page,             1,  1,    true },
    {"a bit of the header",      flip_header,           8,  21,   true },
    {"an octet of the header",   spoil_header,          8,  3,    true },
    {"a bit of a pointer",       flip_pointer,          6,  37,   false},
    {"a bit of a node",          flip_node,             12, 29,   false},
    {"ones in a node",           all_ones_in_node,      8,  11,   false},
    {"any bit",                  flip_any,              6,  2749, false},
    {"a sector of zeros",        zero_sector,           4,  3,    false},
    {"a random sector",          random_sector,         4,  3,    false},
    {"a page of before",         stale_page,            1,  1,    false},
    {"another page",             other_page,            1,  1,    true },
    {"another page, renumbered", other_page_renumbered, 1,  1,    false},
};
