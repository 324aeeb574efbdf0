/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One page of LMDB's by itself: a header, the places of its nodes in the order of their keys, what is free, the nodes:
 *
 *     0         16                lower       upper                  page size
 *     | header  | places of nodes | free      | node | node | ...    |
 */
#include "db/verify.h"

static size_t node_size(const struct page *page, const struct lmdb_node *node)
{
    size_t size = sizeof(*node) + node->key_size;

    if (page->level == 1)
        size += node->flags & NODE_BIG ? sizeof(size_t) : node_value_size(node);
    return size + (size & 1);
}

/* Notes in walk->starts where nodes begin. */
static int mark_starts(const struct page *page)
{
    const struct walk *walk = page->tree->walk;

    memset(walk->starts, 0, walk->page_size / 16);
    for (size_t i = 0; i < page->nodes; i++) {
        size_t at = page_place(page, i);
        if (at % 2 != 0 || at < page->head.upper || at > walk->page_size - sizeof(struct lmdb_node))
            return page_damaged(walk, page->number, "has an entry outside of it");
        if (walk->starts[at / 16] & 1 << at / 2 % 8)
            return page_damaged(walk, page->number, "has an entry twice");
        walk->starts[at / 16] |= (uint8_t)(1 << at / 2 % 8);
    }
    return 0;
}

/* Each node begins where the one before it ends, and the last one ends with the page. */
static int check_places(const struct page *page)
{
    const struct walk *walk = page->tree->walk;
    size_t at = page->head.upper, nodes = 0;
    int code = mark_starts(page);

    if (code != 0)
        return code;
    for (; at < walk->page_size && walk->starts[at / 16] & 1 << at / 2 % 8; nodes++) {
        struct lmdb_node node = page_node(page, at);
        size_t size = node_size(page, &node);
        if (size > walk->page_size - at)
            return page_damaged(walk, page->number, "has an entry that reaches past its end");
        at += size;
    }
    if (at != walk->page_size || nodes != page->nodes)
        return page_damaged(walk, page->number, "has entries that overlap");
    return 0;
}

int page_check(struct page *page)
{
    const struct walk *walk = page->tree->walk;
    struct lmdb_page *head = &page->head;
    /* LMDB itself may leave a branch of the free list with one page below it. */
    size_t least = page->level == 1 || page->tree->kind == TREE_FREE ? 1 : 2;

    memcpy(head, page->octets, sizeof(*head));
    if (head->number == 0 && head->flags == 0)
        return page_damaged(walk, page->number, "has zeros in place of a header");
    if (head->number != page->number)
        return page_damaged(walk, page->number, "has the number of another page");
    if (head->flags != (page->level == 1 ? PAGE_LEAF : PAGE_BRANCH))
        return page_damaged(walk, page->number, "has the wrong kind");
    if (head->lower < sizeof(*head) || head->lower > head->upper || head->upper > walk->page_size ||
        head->lower % 2 != 0 || head->upper % 2 != 0)
        return page_damaged(walk, page->number, "has a wrong header");
    page->nodes = (head->lower - sizeof(*head)) / sizeof(uint16_t);
    if (page->nodes < least)
        return page_damaged(walk, page->number, "has too few entries");
    return check_places(page);
}
