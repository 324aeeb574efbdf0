/* SPDX-License-Identifier: MPL-2.0 */
#include "mend.h"

#include <errno.h>
#include <string.h>

/* Takes out what is commented out, and the marks. */
static void sweep(cJSON *node)
{
    cJSON *next;

    for (cJSON *child = node->child; child; child = next) {
        next = child->next;
        bool out = child->string && (strncmp(child->string, "//", 2) == 0 || strcmp(child->string, "@") == 0);
        if (out || (cJSON_IsObject(child) && cJSON_HasObjectItem(child, "//")))
            cJSON_Delete(cJSON_DetachItemViaPointer(node, child));
        else
            sweep(child);
    }
}

/* Kea refuses a list of no classes. */
static void empty_remove(struct mend *mend, const char *key)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(mend->dhcp, key);

    if (list && !list->child)
        cJSON_DeleteItemFromObjectCaseSensitive(mend->dhcp, key);
}

int mend(struct mend *mend)
{
    mend_options(mend);
    mend_spaces(mend);
    mend_bootp(mend);
    mend_networks(mend);
    mend_boot(mend);
    mend_lifetimes(mend);
    mend_classes(mend);
    mend_scopes_read(mend);
    mend_hosts(mend);
    mend_scopes(mend);
    mend_globals(mend);
    empty_remove(mend, "client-classes");
    sweep(mend->dhcp);
    return mend->no_memory || mend->findings->no_memory ? -ENOMEM : 0;
}
