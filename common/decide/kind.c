/* SPDX-License-Identifier: MPL-2.0 */
/* Small parts of the store's records that the decision reads. */
#include "netboot-store.h"

#include "base/bytes.h"

#include <errno.h>

static const char *const kinds[] = {
    [NETBOOT_KIND_BOOT] = "boot",
    [NETBOOT_KIND_LOCAL] = "local",
    [NETBOOT_KIND_SILENT] = "silent",
    [NETBOOT_KIND_IGNORE] = "ignore",
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const char *netboot_kind_name(enum netboot_kind kind)
{
    return (unsigned)kind < KIND_COUNT ? kinds[kind] : NULL;
}

int netboot_kind_find(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(kinds[i], name) == 0)
            return (int)i;
    return -ENOENT;
}

int netboot_host_id(const struct netboot_host *host, size_t index, struct netboot_id *ret)
{
    struct netboot_bytes item;

    if (index >= host->ids.count)
        return -ENOENT;
    item = host->ids.items[index];
    if (item.size < 2 || item.size > 1 + sizeof(ret->value))
        return -EBADMSG;
    ret->type = (enum netboot_id_type)item.data[0];
    ret->size = (uint8_t)(item.size - 1);
    memcpy(ret->value, item.data + 1, ret->size);
    return 0;
}

struct netboot_bytes netboot_platform_file(const struct netboot_list *files, uint16_t platform)
{
    for (size_t i = 0; i < files->count; i++)
        if (files->items[i].size > 2 && be_get16(files->items[i].data) == platform)
            return bytes_after(files->items[i], 2);
    return (struct netboot_bytes){NULL, 0};
}
