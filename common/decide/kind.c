/* SPDX-License-Identifier: MPL-2.0 */
/* Small parts of the store's records that the decision reads. */
#include "decide/decide.h"

#include "base/bytes.h"

#include <errno.h>

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

size_t host_primary_id(const struct netboot_host *host)
{
    for (size_t i = 0; i < host->ids.count; i++)
        if (host->ids.items[i].size > 0 && host->ids.items[i].data[0] == NETBOOT_ID_MAC)
            return i;
    return 0;
}

struct netboot_bytes netboot_platform_file(const struct netboot_list *files, uint16_t platform)
{
    for (size_t i = 0; i < files->count; i++)
        if (files->items[i].size > 2 && be_get16(files->items[i].data) == platform)
            return bytes_after(files->items[i], 2);
    return (struct netboot_bytes){NULL, 0};
}
