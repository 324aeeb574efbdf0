/* SPDX-License-Identifier: MPL-2.0 */
/*
 * LMDB's file format, for the checks before LMDB opens a file: version 1, of LMDB 0.9, in the processor's byte order
 * and word size. docs/store-format.md says what is checked.
 */
#ifndef NETBOOT_ENV_LMDB_H
#define NETBOOT_ENV_LMDB_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LMDB_MAGIC 0xBEEFC0DE
#define LMDB_VERSION 1
#define LMDB_NO_PAGE SIZE_MAX
#define LMDB_DEPTH_MAX 32
#define LMDB_KEY_MAX 511
#define LMDB_PAGE_MAX 65536

enum { PAGE_BRANCH = 0x01, PAGE_LEAF = 0x02, PAGE_OVERFLOW = 0x04, PAGE_META = 0x08 };
enum { NODE_BIG = 0x01, NODE_TREE = 0x02 }; /* the value has overflow pages; it is a struct lmdb_tree */
enum { TREE_FREE, TREE_MAIN, TREES };
enum { TREE_INTEGER_KEYS = 0x08, TREE_ORDER_FLAGS = 0x7e }; /* all flags of the order of keys, or of duplicates */

struct lmdb_page {
    size_t number;
    uint16_t pad, flags;
    union {
        struct {
            uint16_t lower, upper; /* begin and end of the free space: after the nodes' places, before the nodes */
        };
        uint32_t count; /* of the first overflow page: the number of overflow pages */
    };
};

struct lmdb_tree {
    uint32_t pad; /* of the free list: the page size */
    uint16_t flags, depth;
    size_t branches, leaves, overflows, entries, root;
};

struct lmdb_meta {
    uint32_t magic, version;
    void *address;
    size_t map_size;
    struct lmdb_tree trees[TREES];
    size_t last_page, transaction;
};

/* What the first two pages begin with. */
struct lmdb_head {
    struct lmdb_page page;
    struct lmdb_meta meta;
};

struct lmdb_node {
#if __BYTE_ORDER == __LITTLE_ENDIAN
    uint16_t low, high;
#else
    uint16_t high, low;
#endif
    uint16_t flags, key_size;
};

_Static_assert(sizeof(struct lmdb_page) == 8 + sizeof(size_t), "a page's header has no padding");
_Static_assert(sizeof(struct lmdb_node) == 8, "a node's header has no padding");

/* Of a leaf's node: the size of its value. */
static inline size_t node_value_size(const struct lmdb_node *node)
{
    return node->low | (size_t)node->high << 16;
}

/* Of a branch's node: the page below it. */
static inline size_t node_child(const struct lmdb_node *node)
{
    return (size_t)(node->low | (uint64_t)node->high << 16 | (uint64_t)node->flags << 32);
}

static inline bool tree_is_sane(const struct lmdb_tree *tree, size_t last_page)
{
    return tree->depth <= LMDB_DEPTH_MAX && (tree->root == LMDB_NO_PAGE || (tree->root > 1 && tree->root <= last_page));
}

static inline bool is_page_size(size_t size)
{
    return size >= 512 && size <= LMDB_PAGE_MAX && (size & (size - 1)) == 0;
}

static inline size_t meta_page_size(const struct lmdb_meta *meta)
{
    return meta->trees[TREE_FREE].pad;
}

static inline bool meta_is_sane(const struct lmdb_meta *meta, size_t page_size)
{
    return meta_page_size(meta) == page_size && meta->last_page >= 1 && meta->last_page <= SIZE_MAX / page_size - 1 &&
           tree_is_sane(&meta->trees[TREE_FREE], meta->last_page) &&
           tree_is_sane(&meta->trees[TREE_MAIN], meta->last_page);
}

#endif
