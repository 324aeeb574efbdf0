/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The walk over LMDB's pages. LMDB trusts their contents: with a wrong offset, page number or size it reads outside of
 * the map or asserts, and the server ends. So all pages are checked before LMDB uses them. They are read from the file:
 * an unreadable page is an error there, and a signal in the map.
 *
 * The walk covers the state of a read transaction, which keeps other programs from writing to its pages. Pages of later
 * states come from programs that started from a checked state. Before LMDB opens the file, there is no transaction:
 * then the walk covers only the free list, to check the length of the file, and is repeated if the list changed
 * meanwhile.
 *
 * A tree is sound if each of its pages is used once, has its own number, and has the kind of its level; if the nodes of
 * a page fill it from `upper` to its end without a gap (LMDB moves them as one block); if all keys are in order from
 * the first leaf to the last one, across branches; and if there are as many pages and entries as the tree claims. In
 * the free list the values are checked too: falling numbers of pages that nothing uses.
 */
#include "db/verify.h"

#include "base/bytes.h"
#include "db/inside.h"
#include "db/page.h"

#include "base/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int visit(struct tree *tree, size_t number, unsigned level);
static int walk_tree(struct verification *all, const struct lmdb_tree *says, unsigned kind, struct netboot_bytes name);

/* ---- What is wrong, and where */

static int damaged_tree(const struct tree *tree, const char *what)
{
    static const char *const kinds[] = {"the free list", "the list of tables", "a table"};
    const struct db_place *place = tree->all->place;
    char remedy[DB_REMEDY_SIZE], name[64] = "";

    for (unsigned i = 0; i < place->spec->tables + place->spec->optional_tables && tree->kind == TREES; i++)
        if (strlen(place->spec->table_names[i]) == tree->name.size &&
            memcmp(place->spec->table_names[i], tree->name.data, tree->name.size) == 0)
            snprintf(name, sizeof(name), " '%s'", place->spec->table_names[i]);
    return failure(tree->all->error, -EBADMSG, "%s is damaged, %s%s %s: %s", place->data_path, kinds[tree->kind], name,
                   what, db_place_remedy(place, remedy));
}

static int foreign(const struct verification *all)
{
    char remedy[DB_REMEDY_SIZE];

    return failure(all->error, -EBADMSG, "%s is not a netboot %s: %s", all->place->data_path, all->place->spec->what,
                   db_place_remedy(all->place, remedy));
}

/* ---- Pages of the file */

static bool is_used(const struct verification *all, size_t number)
{
    return all->used[number / 8] & 1 << number % 8;
}

/* Notes that a page is used. `from` is the page that says so. */
static int use(const struct verification *all, size_t number, size_t from)
{
    if (number < TREES || number > all->last_page)
        return page_damaged(all, from, "points to a page that does not exist");
    if (is_used(all, number))
        return page_damaged(all, from, "points to a page that is used twice");
    all->used[number / 8] |= (uint8_t)(1 << number % 8);
    return 0;
}

/* The same for pages with data: the file must have them. */
static int use_stored(const struct verification *all, size_t number, size_t count, size_t from)
{
    int code = 0;

    if (number >= all->pages || count > all->pages - number)
        return page_damaged(all, from, "points past the end of the file");
    for (size_t i = 0; i < count && code == 0; i++)
        code = use(all, number + i, from);
    return code;
}

static int read_octets(const struct verification *all, size_t number, void *ret, size_t size)
{
    ssize_t got = pread(all->fd, ret, size, (off_t)(number * all->page_size));

    if (got == (ssize_t)size)
        return 0;
    if (got < 0 && errno != EIO)
        return failure(all->error, -errno, "cannot read %s: %s", all->place->data_path, strerror(errno));
    return page_damaged(all, number, "cannot be read");
}

/* ---- Keys */

static int compare_keys(const struct tree *tree, struct netboot_bytes a, struct netboot_bytes b)
{
    if (tree->kind == TREE_FREE) {
        size_t first, second;
        memcpy(&first, a.data, sizeof(first));
        memcpy(&second, b.data, sizeof(second));
        return first < second ? -1 : first > second;
    }
    int order = memcmp(a.data, b.data, smaller(a.size, b.size));
    return order != 0 ? order : a.size < b.size ? -1 : a.size > b.size;
}

/* Checks that the key is the next one in order. The pages above and before have left their last key in
 * tree->last_key. */
static int check_key(const struct checked_page *page, struct netboot_bytes key, bool is_bound)
{
    struct tree *tree = page->tree;

    if (key.size == 0 || key.size > LMDB_KEY_MAX || (tree->kind == TREE_FREE && key.size != sizeof(size_t)))
        return page_damaged(tree->all, page->number, "has a key of a wrong length");
    if (tree->last.size > 0) {
        int order = compare_keys(tree, tree->last, key);
        if (order > 0 || (order == 0 && !tree->last_is_bound))
            return page_damaged(tree->all, page->number, "has a key out of order");
    }
    tree->last = key;
    tree->last_is_bound = is_bound;
    return 0;
}

/* Copies the last key before its page is overwritten. */
static void keep_last_key(struct tree *tree)
{
    if (tree->last.data != tree->last_key && tree->last.size > 0)
        memcpy(tree->last_key, tree->last.data, tree->last.size);
    tree->last.data = tree->last_key;
}

/* ---- Values */

/* A list of free pages: how many there are, then their numbers, the highest first. */
static int check_list(const struct checked_page *page, const uint8_t *data, size_t size)
{
    const struct verification *all = page->tree->all;
    size_t count, before = SIZE_MAX, number;
    int code = 0;

    if (size < sizeof(count))
        return page_damaged(all, page->number, "has a list of free pages that is cut short");
    memcpy(&count, data, sizeof(count));
    if (count > size / sizeof(number) - 1)
        return page_damaged(all, page->number, "has a list of free pages that is cut short");
    for (size_t i = 1; i <= count && code == 0; i++) {
        memcpy(&number, data + i * sizeof(number), sizeof(number));
        if (number >= before)
            return page_damaged(all, page->number, "has a list of free pages out of order");
        before = number;
        code = use(all, number, page->number);
    }
    return code;
}

static int check_big_list(const struct checked_page *page, size_t number, size_t size)
{
    const struct verification *all = page->tree->all;
    uint8_t *octets = malloc(sizeof(struct lmdb_page) + size);
    int code;

    if (!octets)
        return failure(all->error, -ENOMEM, "out of memory while checking %s", all->place->data_path);
    code = read_octets(all, number, octets, sizeof(struct lmdb_page) + size);
    if (code == 0)
        code = check_list(page, octets + sizeof(struct lmdb_page), size);
    free(octets);
    return code;
}

/* A value in overflow pages; there may be more than it needs. */
static int check_big_value(const struct checked_page *page, const uint8_t *data, size_t size)
{
    struct tree *tree = page->tree;
    const struct verification *all = tree->all;
    struct lmdb_page head;
    size_t number;
    int code;

    memcpy(&number, data, sizeof(number));
    if (number >= all->pages)
        return page_damaged(all, page->number, "points past the end of the file");
    if ((code = read_octets(all, number, &head, sizeof(head))) != 0)
        return code;
    if (head.number != number || head.flags != PAGE_OVERFLOW)
        return page_damaged(all, number, "should be the page of a large value, but is not");
    if (head.count == 0 || (sizeof(head) + size - 1) / all->page_size >= head.count)
        return page_damaged(all, number, "is too short for the value in it");
    if ((code = use_stored(all, number, head.count, page->number)) != 0)
        return code;
    tree->overflows += head.count;
    return tree->kind == TREE_FREE ? check_big_list(page, number, size) : 0;
}

static int check_table(const struct checked_page *page, struct netboot_bytes name, const uint8_t *data, size_t size)
{
    struct lmdb_tree says;

    if (page->tree->kind != TREE_MAIN || size != sizeof(says))
        return page_damaged(page->tree->all, page->number, "has a table where none should be");
    memcpy(&says, data, sizeof(says));
    return walk_tree(page->tree->all, &says, TREES, name);
}

/* ---- Leaves and branches */

static int check_leaf_node(const struct checked_page *page, size_t at)
{
    const struct verification *all = page->tree->all;
    struct lmdb_node node = page_node(page, at);
    const uint8_t *data = page->octets + at + sizeof(node) + node.key_size;
    struct netboot_bytes key = {page->octets + at + sizeof(node), node.key_size};
    size_t size = node_value_size(&node);
    int code = check_key(page, key, false);

    if (code != 0)
        return code;
    page->tree->entries++;
    if (node.flags == NODE_BIG)
        return check_big_value(page, data, size);
    if (sizeof(node) + node.key_size + size > (all->page_size - sizeof(struct lmdb_page)) / 2)
        return page_damaged(all, page->number, "has an entry that is too large for it");
    if (node.flags == NODE_TREE)
        return check_table(page, key, data, size);
    if (node.flags != 0)
        return page_damaged(all, page->number, "has an entry of an unknown kind");
    return page->tree->kind == TREE_FREE ? check_list(page, data, size) : 0;
}

static int check_branch_node(const struct checked_page *page, size_t index)
{
    size_t at = page_place(page, index);
    struct lmdb_node node = page_node(page, at);
    struct netboot_bytes key = {page->octets + at + sizeof(node), node.key_size};
    int code = 0;

    if (index > 0) /* the first one has all keys that are less than the second one's */
        code = check_key(page, key, true);
    else if (key.size > LMDB_KEY_MAX)
        code = page_damaged(page->tree->all, page->number, "has a key of a wrong length");
    if (code == 0)
        code = use_stored(page->tree->all, node_child(&node), 1, page->number);
    return code == 0 ? visit(page->tree, node_child(&node), page->level - 1) : code;
}

static int visit(struct tree *tree, size_t number, unsigned level)
{
    uint8_t *octets = tree->pages + (level - 1) * tree->all->page_size;
    struct checked_page page = {.tree = tree, .number = number, .level = level, .octets = octets};
    int code;

    keep_last_key(tree);
    if ((code = read_octets(tree->all, number, octets, tree->all->page_size)) != 0 || (code = page_check(&page)) != 0)
        return code;
    *(level == 1 ? &tree->leaves : &tree->branches) += 1;
    for (size_t i = 0; i < page.nodes && code == 0; i++)
        code = level == 1 ? check_leaf_node(&page, page_place(&page, i)) : check_branch_node(&page, i);
    return code;
}

/* ---- A tree */

static int walk_pages(struct tree *tree)
{
    struct verification *all = tree->all;
    int code;

    if (!tree_is_sane(&tree->says, all->last_page) || (tree->says.depth == 0) != (tree->says.root == LMDB_NO_PAGE))
        return damaged_tree(tree, "has a wrong root");
    if (tree->says.depth == 0)
        return 0;
    if (tree->says.root >= all->pages)
        return damaged_tree(tree, "has its root past the end of the file");
    if ((code = use(all, tree->says.root, tree->says.root)) != 0)
        return code;
    tree->pages = malloc(tree->says.depth * all->page_size);
    if (!tree->pages)
        return failure(all->error, -ENOMEM, "out of memory while checking %s", all->place->data_path);
    code = visit(tree, tree->says.root, tree->says.depth);
    free(tree->pages);
    return code;
}

static int walk_tree(struct verification *all, const struct lmdb_tree *says, unsigned kind, struct netboot_bytes name)
{
    struct tree tree = {.all = all, .says = *says, .kind = kind, .name = name};
    int code;

    if ((says->flags & TREE_ORDER_FLAGS) != (kind == TREE_FREE ? TREE_INTEGER_KEYS : 0))
        return kind == TREE_FREE ? damaged_tree(&tree, "has wrong flags") : foreign(all);
    if ((code = walk_pages(&tree)) != 0)
        return code;
    if (tree.entries != says->entries)
        return damaged_tree(&tree, "has another number of entries than it claims");
    if (tree.branches != says->branches || tree.leaves != says->leaves || tree.overflows != says->overflows)
        return damaged_tree(&tree, "has another number of pages than it claims");
    return 0;
}

/* ---- The whole */

static int cut_short(const struct verification *all)
{
    char remedy[DB_REMEDY_SIZE];

    return failure(all->error, -EBADMSG, "%s is cut short, with %zu octets instead of %zu: %s", all->place->data_path,
                   all->size, (all->last_page + 1) * all->page_size, db_place_remedy(all->place, remedy));
}

/* Also checks that pages missing from the file are in the list: LMDB does not write pages at the end that a transaction
 * took and freed again. */
static int walk_free_list(struct verification *all, const struct lmdb_tree *says)
{
    int code = walk_tree(all, says, TREE_FREE, (struct netboot_bytes){0});

    for (size_t number = all->pages; number <= all->last_page && code == 0; number++)
        code = is_used(all, number) ? 0 : -EBADMSG;
    return code == -EBADMSG && all->pages <= all->last_page ? cut_short(all) : code;
}

int verify_state(const struct db_place *place, int fd, const struct lmdb_meta *state, size_t size, bool whole,
                 struct netboot_error *error)
{
    struct verification all = {
        .place = place, .fd = fd, .page_size = meta_page_size(state), .size = size, .error = error};
    int code;

    all.pages = size / all.page_size;
    all.last_page = state->last_page;
    if (all.pages > all.last_page && !whole)
        return 0;
    if (all.pages <= all.last_page && all.last_page - all.pages >= size / sizeof(size_t))
        return cut_short(&all); /* the file has no room for the numbers of so many free pages */
    all.used = calloc(1, all.last_page / 8 + 1);
    all.starts = malloc(all.page_size / 16);
    if (!all.used || !all.starts)
        code = failure(error, -ENOMEM, "out of memory while checking %s", place->data_path);
    else if ((code = walk_free_list(&all, &state->trees[TREE_FREE])) == 0 && whole)
        code = walk_tree(&all, &state->trees[TREE_MAIN], TREE_MAIN, (struct netboot_bytes){0});
    free(all.used);
    free(all.starts);
    return code;
}
