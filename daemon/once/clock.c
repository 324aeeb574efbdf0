/* SPDX-License-Identifier: MPL-2.0 */
#include "once/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

void once_random(uint8_t *ret, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom(ret + done, size - done, 0);
        if (got > 0)
            done += (size_t)got;
        else if (errno != EINTR)
            abort(); /* a kernel without it has no netbootd */
    }
}

/* Which start of this machine it is: the clock of struct once_time begins anew at each. */
static uint64_t read_clock_id(void)
{
    char text[37] = "";
    uint64_t id = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        ssize_t size = read(fd, text, sizeof(text) - 1);
        close(fd);
        for (ssize_t i = 0; i < size; i++)
            id = (id ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    }
    if (id == 0)
        once_random((uint8_t *)&id, sizeof(id));
    return id;
}

void once_clock(struct once_time *ret)
{
    static uint64_t clock;
    struct timespec wall, running;

    if (clock == 0)
        clock = read_clock_id();
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &running);
    ret->wall = (uint64_t)wall.tv_sec;
    ret->ms = (uint64_t)running.tv_sec * 1000 + (uint64_t)running.tv_nsec / 1000000;
    ret->clock = clock;
}

uint64_t once_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
