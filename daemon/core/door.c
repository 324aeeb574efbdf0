/* SPDX-License-Identifier: MPL-2.0 */
#include "core/door.h"

#include "base/failure.h"
#include "link/socket.h"

#include <sys/socket.h>

static void ready(struct watch *watch)
{
    const struct door *door = (const struct door *)watch;
    int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        door->take_in(door->core, fd);
}

int door_open(struct door *door, struct loop *loop, const char *directory, const char *name, mode_t mode,
              struct netboot_error *error)
{
    int fd = socket_listen(directory, name, mode, error);

    if (fd < 0)
        return fd;
    socket_let_pass(fd, false);
    door->watch = (struct watch){.fd = fd, .ready = ready};
    int code = loop_add(loop, &door->watch);
    return code == 0 ? 0 : failure(error, code, "cannot wait at the socket %s: %s", name, strerror(-code));
}
