/* SPDX-License-Identifier: MPL-2.0 */
#include "core/loop.h"

#include "core/closer.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS 1024 /* all that are ready: what is late is told from what came after it */

int loop_init(struct loop *loop)
{
    *loop = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    return loop->epoll < 0 ? -errno : 0;
}

static void end_gone(struct loop *loop)
{
    while (loop->gone) {
        struct watch *watch = loop->gone;
        loop->gone = watch->next_gone;
        if (watch->end)
            watch->end(watch);
    }
}

void loop_fini(struct loop *loop)
{
    end_gone(loop);
    close(loop->epoll);
}

int loop_add(struct loop *loop, struct watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0 ? 0 : -errno;
}

void loop_pause(struct loop *loop, struct watch *watch, bool pause)
{
    struct epoll_event event = {.events = pause ? 0 : EPOLLIN, .data.ptr = watch};

    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_remove(struct loop *loop, struct watch *watch)
{
    if (watch->gone)
        return;
    watch->gone = true;
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    closer_close(watch->fd);
    watch->next_gone = loop->gone;
    loop->gone = watch;
}

int loop_round(struct loop *loop, int at_most_ms)
{
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(loop->epoll, events, EVENTS, at_most_ms);

    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        if (!watch->gone)
            watch->ready(watch);
    }
    end_gone(loop);
    return count;
}
