/* SPDX-License-Identifier: MPL-2.0 */
/* Checks beyond single fields: lists without repeats, and valid names. */
#include "change/change.h"

int change_check_unique(const struct netboot_list *list, size_t (*key_size)(struct netboot_bytes item),
                        const char *what, struct netboot_error *error)
{
    for (size_t i = 1; i < list->count; i++)
        for (size_t j = 0; j < i; j++) {
            struct netboot_bytes a = list->items[i], b = list->items[j];
            size_t size = key_size(a);
            if (size == key_size(b) && memcmp(a.data, b.data, size) == 0)
                return failure(error, -EINVAL, "two %s: give one", what);
        }
    return 0;
}

int change_name_key(uint8_t row, const char *name, const char *what, struct store_key *ret, struct netboot_error *error)
{
    if (key_of_name(ret, row, name, strlen(name)))
        return 0;
    return failure(error, -ENOENT, "there is no %s '%.*s'", what, NAME_SHOWN, name);
}
