/* SPDX-License-Identifier: MPL-2.0 */
/* The history of a store, as the tests of it see and make it. */
#ifndef HISTORY_UNIT_H
#define HISTORY_UNIT_H

#include "store_unit.h"

#include "change/change.h"

struct list {
    size_t count;
    struct netboot_history entries[16];
};

static inline int add_entry(const struct netboot_history *entry, void *user)
{
    struct list *list = user;

    list->entries[list->count++] = *entry;
    return list->count == COUNT(list->entries);
}

static inline struct list history(struct fixture *fixture)
{
    struct netboot_view *opened = view(fixture);
    struct list list = {0};

    netboot_view_history(opened, add_entry, &list, NULL);
    netboot_view_close(opened);
    return list;
}

/* A target whose script is that text; NULL: it is deleted. */
static inline void set_target(struct fixture *fixture, const char *name, const char *script)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_target target = {.name = bytes_of(name), .script = bytes_of(script)};

    if (script)
        OK(typed_put_target(change, &target, &error));
    else
        OK(typed_delete_target(change, name, &error));
    commit(change);
}

static inline void revert(struct fixture *fixture, uint64_t generation)
{
    struct netboot_change *change = begin(fixture);

    OK(netboot_change_revert(change, generation, NULL, NULL, &error));
    commit(change);
}

#endif
