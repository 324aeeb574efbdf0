/* SPDX-License-Identifier: MPL-2.0 */
#include "damaged.h"

#include "frame/error.h"

#include <string.h>

static int tell(const char *record, void *user)
{
    int *code = user;
    const char *name = strchr(record, ' ');
    int size = (int)(name ? name - record : 0);

    *code = failed("%s is damaged and left out: run netbootctl %.*s delete%s, then set it again, or restore a backup",
                   record, size, record, name ? name : "");
    return 0;
}

int damaged_tell(struct netboot_view *view)
{
    struct netboot_error error;
    int code = DONE;

    if (netboot_view_damaged(view, tell, &code, &error) != 0)
        code = failed_with(&error);
    return code == DONE ? failed("a record of the store is damaged, but cannot be named: restore a backup") : code;
}
