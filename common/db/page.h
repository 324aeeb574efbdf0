/* SPDX-License-Identifier: MPL-2.0 */
/* One of LMDB's pages, while all pages are checked. */
#ifndef NETBOOT_DB_PAGE_H
#define NETBOOT_DB_PAGE_H

#include "db/db.h"
#include "db/lmdb_format.h"

#include <string.h>

struct verification {
    const struct db_place *place;
    int fd;
    size_t page_size;
    size_t last_page;   /* as the header says */
    size_t size, pages; /* of the file: octets, and whole pages */
    uint8_t *used;      /* a bit for each page up to the last one: in a tree, or in the free list */
    uint8_t *starts;    /* a bit for every second octet of a page: a node begins there */
    struct netboot_error *error;
};

struct tree {
    struct verification *all;
    struct lmdb_tree says;
    unsigned kind; /* TREE_FREE, TREE_MAIN, TREES: a tree in the main tree */
    struct netboot_bytes name;
    uint8_t *pages; /* one for each level */
    size_t branches, leaves, overflows, entries;
    uint8_t last_key[LMDB_KEY_MAX]; /* the last key before this page */
    struct netboot_bytes last;
    bool last_is_bound; /* a branch's: the next key may be the same */
};

struct checked_page {
    struct tree *tree;
    size_t number;
    unsigned level; /* 1: a leaf */
    const uint8_t *octets;
    struct lmdb_page head;
    size_t nodes;
};

/* -EBADMSG, with a text: `what` follows the number of the page, as "has a wrong header". */
int page_damaged(const struct verification *all, size_t number, const char *what);

/* Checks the header of the page at page->octets and the places of its nodes: then all of them can be read. 0 or
 * page_damaged(). */
int page_check(struct checked_page *page);

/* Where a node is in its page, by its place in the order of keys; and its header. */
static inline size_t page_place(const struct checked_page *page, size_t index)
{
    uint16_t at;

    memcpy(&at, page->octets + sizeof(page->head) + index * sizeof(at), sizeof(at));
    return at;
}

static inline struct lmdb_node page_node(const struct checked_page *page, size_t at)
{
    struct lmdb_node node;

    memcpy(&node, page->octets + at, sizeof(node));
    return node;
}

#endif
