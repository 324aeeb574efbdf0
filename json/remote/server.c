/* SPDX-License-Identifier: MPL-2.0 */
#include "json/remote/server.h"

#include "common/base/failure.h"

#include <errno.h>

int remote_view(const struct remote *remote, struct netboot_view **ret, struct netboot_error *told)
{
    if (remote->store)
        return netboot_view_open(remote->store, ret, told);
    return failure(told, -ENODEV, "cannot open the targets store in %s: the server's log says why", remote->directory);
}

int remote_with_view(remote_read *read, const struct remote *remote, const cJSON *arguments, cJSON **ret,
                     struct netboot_error *told)
{
    struct netboot_view *view;
    int status = remote_view(remote, &view, told);

    if (status != 0)
        return status;
    status = read(view, remote, arguments, ret, told);
    netboot_view_close(view);
    return status;
}
