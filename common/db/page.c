/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One page of LMDB's by itself: a header, the places of its nodes in the order of their keys, what is free, the nodes:
 *
 *     0         16                lower       upper                  page size
 *     | header  | places of nodes | free      | node | node | ...    |
 */
#include "db/page.h"

#include "base/failure.h"

#include <errno.h>

int page_damaged(const struct verification *all, size_t number, const char *what)
{
    const struct db_place *place = all->place;
    char remedy[DB_REMEDY_SIZE];

    return failure(all->error, -EBADMSG, "%s is damaged, page %zu at octet %zu %s: %s", place->data_path, number,
                   number * all->page_size, what, db_place_remedy(place, remedy));
}

static size_t node_size(const struct checked_page *page, const struct lmdb_node *node)
{
    size_t size = sizeof(*node) + node->key_size;

    if (page->level == 1)
        size += node->flags & NODE_BIG ? sizeof(size_t) : node_value_size(node);
    return size + (size & 1);
}

/* Notes in all->starts where nodes begin. */
static int mark_starts(const struct checked_page *page)
{
    const struct verification *all = page->tree->all;

    memset(all->starts, 0, all->page_size / 16);
    for (size_t i = 0; i < page->nodes; i++) {
        size_t at = page_place(page, i);
        if (at % 2 != 0 || at < page->head.upper || at > all->page_size - sizeof(struct lmdb_node))
            return page_damaged(all, page->number, "has an entry outside of it");
        if (all->starts[at / 16] & 1 << at / 2 % 8)
            return page_damaged(all, page->number, "has an entry twice");
        all->starts[at / 16] |= (uint8_t)(1 << at / 2 % 8);
    }
    return 0;
}

/* Each node begins where the one before it ends, and the last one ends with the page. */
static int check_places(const struct checked_page *page)
{
    const struct verification *all = page->tree->all;
    size_t at = page->head.upper, nodes = 0;
    int code = mark_starts(page);

    if (code != 0)
        return code;
    for (; at < all->page_size && all->starts[at / 16] & 1 << at / 2 % 8; nodes++) {
        struct lmdb_node node = page_node(page, at);
        size_t size = node_size(page, &node);
        if (size > all->page_size - at)
            return page_damaged(all, page->number, "has an entry that reaches past its end");
        at += size;
    }
    if (at != all->page_size || nodes != page->nodes)
        return page_damaged(all, page->number, "has entries that overlap");
    return 0;
}

int page_check(struct checked_page *page)
{
    const struct verification *all = page->tree->all;
    struct lmdb_page *head = &page->head;
    /* LMDB itself may leave a branch of the free list with one page below it. */
    size_t least = page->level == 1 || page->tree->kind == TREE_FREE ? 1 : 2;

    memcpy(head, page->octets, sizeof(*head));
    if (head->number == 0 && head->flags == 0)
        return page_damaged(all, page->number, "has zeros in place of a header");
    if (head->number != page->number)
        return page_damaged(all, page->number, "has the number of another page");
    if (head->flags != (page->level == 1 ? PAGE_LEAF : PAGE_BRANCH))
        return page_damaged(all, page->number, "has the wrong kind");
    if (head->lower < sizeof(*head) || head->lower > head->upper || head->upper > all->page_size ||
        head->lower % 2 != 0 || head->upper % 2 != 0)
        return page_damaged(all, page->number, "has a wrong header");
    page->nodes = (head->lower - sizeof(*head)) / sizeof(uint16_t);
    if (page->nodes < least)
        return page_damaged(all, page->number, "has too few entries");
    return check_places(page);
}
