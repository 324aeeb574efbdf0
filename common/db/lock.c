/* SPDX-License-Identifier: MPL-2.0 */
/* The writers' lock: LMDB's own has no deadline. */
#include "db/inside.h"

#include "base/clock.h"
#include "base/failure.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOLDER_SIZE 64

/* The text has a fixed size, so that it needs no new block when the disk is full. It is only for people: a failure does
 * not matter. */
static void write_holder(int fd)
{
    char holder[HOLDER_SIZE + 1];

    snprintf(holder, sizeof(holder), "%s, process %ld", program_invocation_short_name, (long)getpid());
    memset(holder + strlen(holder), '\n', HOLDER_SIZE - strlen(holder));
    may_fail(pwrite(fd, holder, HOLDER_SIZE, 0));
}

static void read_holder(int fd, char holder[HOLDER_SIZE + 1])
{
    ssize_t size = pread(fd, holder, HOLDER_SIZE, 0);
    size_t length = 0;

    while (size > 0 && length < (size_t)size && isprint((unsigned char)holder[length]))
        length++;
    holder[length] = '\0';
    if (length == 0)
        strcpy(holder, "another program");
}

static int open_writers_lock(const struct db_place *place, struct netboot_error *error)
{
    int fd = open(place->write_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT && db_place_is_owner(place)) {
        int code = db_place_make_file(place, place->write_path);
        if (code != 0 && code != -EEXIST)
            return failure(error, code, "cannot create %s: %s", place->write_path, strerror(-code));
        fd = open(place->write_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd >= 0)
        return fd;
    int code = -errno;
    if (code == -EACCES || code == -EPERM)
        return failure(error, -EACCES, "no permission to change the %s in %s: run this as root", place->spec->what,
                       place->directory);
    return failure(error, code, "cannot open %s: %s", place->write_path, strerror(-code));
}

/* A lock on a file that is no longer in the directory excludes nobody. */
static bool is_current(const struct db_place *place, int fd)
{
    struct stat locked, current;

    return fstat(fd, &locked) == 0 && stat(place->write_path, &current) == 0 && locked.st_dev == current.st_dev &&
           locked.st_ino == current.st_ino;
}

static int wait_for_lock(int fd, uint64_t deadline)
{
    for (uint64_t pause = 1000;; pause = pause < 16000 ? pause * 2 : 16000) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return 0;
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return -errno;
        uint64_t now = clock_us();
        if (now >= deadline)
            return -ETIMEDOUT;
        sleep_us((long)(deadline - now < pause ? deadline - now : pause));
    }
}

int writers_lock(const struct db_place *place, unsigned deadline_ms, struct netboot_error *error)
{
    uint64_t deadline = clock_us() + deadline_ms * UINT64_C(1000);
    char holder[HOLDER_SIZE + 1];
    int fd, code;

    for (;;) {
        if ((fd = open_writers_lock(place, error)) < 0)
            return fd;
        code = wait_for_lock(fd, deadline);
        if (code == 0 && is_current(place, fd)) {
            write_holder(fd);
            return fd;
        }
        if (code != 0)
            break;
        close(fd);
    }
    read_holder(fd, holder);
    close(fd);
    if (code == -ETIMEDOUT)
        return failure(
            error, code,
            "the %s in %s is being changed by %s: try again; if this goes on, check whether that program is stopped",
            place->spec->what, place->directory, holder);
    return failure(error, code, "cannot lock %s: %s", place->write_path, strerror(-code));
}

void writers_unlock(int lock)
{
    struct flock nobody = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

    fcntl(lock, F_OFD_SETLK, &nobody);
    close(lock);
}
