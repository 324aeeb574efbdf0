/* SPDX-License-Identifier: MPL-2.0 */
/* The iPXE scripts that netbootctl menu makes of the targets. */
#ifndef NETBOOTCTL_MENU_H
#define NETBOOTCTL_MENU_H

#include "kernel_image.h"

#include "netboot-store.h"

#include <stdio.h>

/* One target, with what its scripts need. */
struct entry {
    char name[NETBOOT_NAME_MAX + 1];
    struct netboot_target target; /* points into the view */
    struct kernel_image image;
};

struct menu {
    struct entry *entries;
    size_t count, room;
    const char *fallback; /* --default; NULL: the local disk */
    unsigned timeout;
};

bool entry_is_shown(const struct entry *entry);
/* Whether iPXE boots the target's kernel by the script that kernel_script_print() writes. */
bool entry_has_kernel_script(const struct entry *entry);

void menu_print(FILE *file, const struct menu *menu);
void kernel_script_print(FILE *file, const struct entry *entry);

#endif
