/* SPDX-License-Identifier: MPL-2.0 */
#include "link/socket.h"

#include "base/failure.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

uint64_t socket_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- Names
 *
 * The address of a socket has room for 107 octets, less than a path may have: it is named from its directory, which is
 * held open. */

static int open_run(const char *directory)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, RUN_DIRECTORY) >= sizeof(path))
        return -ENAMETOOLONG;
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static struct sockaddr_un address_in(int run, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", run, name);
    return address;
}

/* ---- Who connects */

static bool is_owners(int fd, const char *directory)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    struct stat status;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && stat(directory, &status) == 0 &&
           peer.uid == status.st_uid;
}

int socket_connect(const char *directory, const char *name, struct netboot_error *error)
{
    int run = open_run(directory);

    if (run == -ENOENT) /* the same for all: -ENOENT is the answer that there is no such host */
        return failure(error, -ECONNREFUSED, "netbootd does not run for %s: there is no %s/%s", directory, directory,
                       RUN_DIRECTORY);
    if (run < 0)
        return failure(error, run, "%s/%s cannot be opened: %s", directory, RUN_DIRECTORY, strerror(-run));
    struct sockaddr_un address = address_in(run, name);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), code = fd < 0 ? -errno : 0;
    if (code == 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        code = errno == ENOENT ? -ECONNREFUSED : -errno;
    close(run);
    if (code == 0 && !is_owners(fd, directory))
        code = failure(error, -EPERM, "%s/%s/%s is not of the user that owns %s: it is not used", directory,
                       RUN_DIRECTORY, name, directory);
    else if (code == -EACCES)
        failure(error, code, "%s/%s/%s may not be used: %s", directory, RUN_DIRECTORY, name, strerror(EACCES));
    else if (code != 0)
        failure(error, code, "netbootd does not run for %s, or does not answer: %s", directory, strerror(-code));
    if (code != 0 && fd >= 0)
        close(fd);
    return code == 0 ? fd : code;
}

/* ---- Who listens */

int socket_make_run(const char *directory, struct netboot_error *error)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, RUN_DIRECTORY) >= sizeof(path))
        return failure(error, -ENAMETOOLONG, "the path %s is too long", directory);
    if (mkdir(path, 0755) == 0)
        return chmod(path, 0755) == 0 ? 0
                                      : failure(error, -errno, "cannot open %s to others: %s", path, strerror(errno));
    if (errno == EEXIST)
        return 0;
    return failure(error, -errno, "cannot make %s: %s", path, strerror(errno));
}

static int bind_in(int run, const char *name, mode_t mode, int *ret)
{
    struct sockaddr_un address = address_in(run, name);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if ((unlinkat(run, name, 0) != 0 && errno != ENOENT) ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || chmod(address.sun_path, mode) != 0 ||
        listen(fd, SOMAXCONN) != 0) {
        int code = -errno;
        close(fd);
        return code;
    }
    *ret = fd;
    return 0;
}

int socket_listen(const char *directory, const char *name, mode_t mode, struct netboot_error *error)
{
    int fd = -1, run = open_run(directory);

    if (run < 0)
        return failure(error, run, "%s/%s cannot be opened: %s", directory, RUN_DIRECTORY, strerror(-run));
    int code = bind_in(run, name, mode, &fd);
    close(run);
    return code == 0
               ? fd
               : failure(error, code, "cannot listen at %s/%s/%s: %s", directory, RUN_DIRECTORY, name, strerror(-code));
}

/* ---- Messages */

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

void socket_let_pass(int fd, bool files)
{
    const int value = files;

    setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &value, sizeof(value));
}

static void close_here(int fd)
{
    close(fd);
}

static void (*close_unwanted)(int fd) = close_here;

void socket_close_by(void (*close_one)(int fd))
{
    close_unwanted = close_one;
}

union control {
    struct cmsghdr header;
    char octets[CMSG_SPACE(SOCKET_FDS_MAX * sizeof(int))];
};

/* All that a message may have: the kernel would close here what there is no room for. */
#define SENT_FDS_MAX 253
union received {
    struct cmsghdr header;
    char octets[CMSG_SPACE(SENT_FDS_MAX * sizeof(int))];
};

int socket_send(int fd, const void *message, size_t size, const int *fds, size_t count)
{
    struct iovec part = {(void *)message, size};
    struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1};
    union control control = {.octets = {0}};

    if (count > 0) {
        whole.msg_control = control.octets;
        whole.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
    }
    return sendmsg(fd, &whole, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* What came and is not wanted is closed, so that nobody fills this process with open files. */
static void take_fds(struct msghdr *whole, int *ret)
{
    size_t taken = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(whole); header; header = CMSG_NXTHDR(whole, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
            if (ret && taken < SOCKET_FDS_MAX)
                ret[taken++] = fd;
            else
                close_unwanted(fd);
        }
    }
}

ssize_t socket_receive(int fd, void *message, size_t room, int *fds)
{
    struct iovec part = {message, room};
    union received control;
    struct msghdr whole = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.octets, .msg_controllen = sizeof(control.octets)};

    for (size_t i = 0; fds && i < SOCKET_FDS_MAX; i++)
        fds[i] = -1;
    ssize_t size = recvmsg(fd, &whole, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0)
        return -errno;
    take_fds(&whole, fds);
    return whole.msg_flags & MSG_TRUNC ? -EMSGSIZE : size;
}

bool socket_wait(int fd, uint64_t deadline_ns)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};

    for (;;) {
        uint64_t now = socket_now_ns(), left = deadline_ns > now ? deadline_ns - now : 0;
        struct timespec timeout = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
        int count = ppoll(&waiting, 1, &timeout, NULL);
        if (count > 0)
            return true;
        if (count == 0 || errno != EINTR)
            return false;
    }
}
