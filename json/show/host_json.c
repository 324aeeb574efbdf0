/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/host_json.h"

#include "common/base/failure.h"
#include "json/record/json.h"
#include "json/show/boot_once.h"

#include <errno.h>
#include <string.h>

int host_to_json(struct netboot_view *view, const struct netboot_id *id, cJSON **ret, struct netboot_error *error)
{
    const struct netboot_record_key key = host_key(id);
    struct netboot_record record;
    int status = netboot_view_get(view, &key, &record, error);

    if (status != 0)
        return status;
    cJSON *object = record_to_json(&record);
    if (!object)
        return failure_no_memory(error);
    status = once_add(view, id, object, error);
    if (status != 0) {
        cJSON_Delete(object);
        return status;
    }
    *ret = object;
    return 0;
}

int host_target_check(struct netboot_view *view, const struct netboot_host *host, struct netboot_error *error)
{
    struct netboot_record_key key = {.kind = NETBOOT_RECORD_TARGET};
    struct netboot_record found;

    if (host->target.size == 0 || host->target.size > NETBOOT_NAME_MAX)
        return 0;
    memcpy(key.name, host->target.data, host->target.size);
    if (netboot_view_get(view, &key, &found, NULL) == -ENOENT)
        return failure(error, -ENOENT, "target: there is no target %s", key.name);
    return 0;
}
