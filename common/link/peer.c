/* SPDX-License-Identifier: MPL-2.0 */
/* The server's thread: it connects to netbootd, and notices that it is gone. */
#include "link/peer.h"

#include "base/clock.h"
#include "base/failure.h"
#include "link/socket.h"

#include <sys/socket.h>
#include <unistd.h>

#define WELCOME_NS 200000000 /* that a netbootd may take to answer */
#define USERS_US 1000

void peer_init(struct peer *peer, const char *directory, const char *server, unsigned deadline_ms)
{
    peer->directory = directory;
    peer->server = server;
    peer->deadline_ns = (uint64_t)(deadline_ms > 0 ? deadline_ms : PEER_DEADLINE_MS) * 1000000;
    notice_init(&peer->notice);
}

void peer_fini(struct peer *peer)
{
    notice_fini(&peer->notice);
}

/* ---- Connecting */

static int say_hello(const struct peer *peer, int fd, uint32_t kind, uint64_t session)
{
    struct hello hello = {.magic = HELLO_MAGIC,
                          .version = HELLO_VERSION,
                          .kind = kind,
                          .session = session,
                          .journal = peer->journal,
                          .join = peer->join};

    snprintf(hello.server, sizeof(hello.server), "%s", peer->server);
    return socket_send(fd, &hello, sizeof(hello), NULL, 0);
}

static int receive_welcome(int fd, struct welcome *ret, int *fds, struct netboot_error *error)
{
    for (size_t i = 0; i < SOCKET_FDS_MAX; i++)
        fds[i] = -1;
    if (!socket_wait(fd, socket_now_ns() + WELCOME_NS))
        return failure(error, -ETIMEDOUT, "netbootd does not answer");
    ssize_t size = socket_receive(fd, ret, sizeof(*ret), fds);
    if (size == sizeof(*ret) && ret->magic == HELLO_MAGIC && ret->version == HELLO_VERSION)
        return 0;
    if (size == 0)
        return failure(error, -ECONNREFUSED, "netbootd refused the connection: its own log says why");
    return failure(error, -EPROTO, "netbootd is of another version than this server's libnetboot");
}

static int take_over(const struct peer *peer, struct peer_link *link, const struct welcome *welcome, const int *fds,
                     struct netboot_error *error)
{
    int code = armed_open(fds[0], &link->armed, error);

    link->session = welcome->session;
    if (code == 0 && peer->journal)
        code = ring_open(fds[1], &link->ring, error);
    if (code == 0 && peer->join)
        code = joins_open(fds[2], &link->joins, error);
    return code;
}

static int open_questions(struct peer *peer, struct peer_link *link, struct netboot_error *error)
{
    for (size_t i = 0; i < PEER_QUESTIONS; i++) {
        int fd = socket_connect(peer->directory, SERVERS_SOCKET, error);
        if (fd < 0)
            return fd;
        link->questions[i].fd = fd;
        int code = say_hello(peer, fd, HELLO_QUESTIONS, link->session);
        if (code != 0)
            return failure(error, code, "netbootd does not answer: %s", strerror(-code));
    }
    return 0;
}

static int open_link(struct peer *peer, struct peer_link *link, struct netboot_error *error)
{
    struct welcome welcome = {0};
    int fds[SOCKET_FDS_MAX], code;

    if ((link->fd = socket_connect(peer->directory, SERVERS_SOCKET, error)) < 0)
        return link->fd;
    if ((code = say_hello(peer, link->fd, HELLO_SERVER, 0)) != 0)
        return failure(error, code, "netbootd does not answer: %s", strerror(-code));
    if ((code = receive_welcome(link->fd, &welcome, fds, error)) == 0)
        code = take_over(peer, link, &welcome, fds, error);
    for (size_t i = 0; i < SOCKET_FDS_MAX; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return code == 0 ? open_questions(peer, link, error) : code;
}

static void close_link(struct peer_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    for (size_t i = 0; i < PEER_QUESTIONS; i++)
        if (link->questions[i].fd >= 0)
            close(link->questions[i].fd);
    armed_close(&link->armed);
    ring_close(&link->ring);
    joins_close(&link->joins);
}

static void clear_link(struct peer_link *link)
{
    link->fd = link->armed.fd = link->ring.fd = link->joins.fd = -1;
    link->reported = (struct report){0};
    atomic_store(&link->dead, false);
    for (size_t i = 0; i < PEER_QUESTIONS; i++) {
        link->questions[i].fd = -1;
        atomic_store(&link->questions[i].busy, 0);
    }
}

static void connect_to(struct peer *peer)
{
    struct netboot_error error = {0}, connected;
    struct peer_link *link = &peer->link;

    clear_link(link);
    if (open_link(peer, link, &error) != 0) {
        close_link(link);
        failure(&connected, error.code,
                "%.400s: hosts that are armed to boot once get their lasting target, and no journal is kept, until it "
                "runs",
                error.text);
        notice_tell(&peer->notice, false, &connected);
        return;
    }
    atomic_store(&peer->missed, 0);
    atomic_store(&peer->quiet_until_ns, 0);
    atomic_store(&peer->current, link);
    failure(&connected, 0, "netbootd of %s is connected", peer->directory);
    notice_tell(&peer->notice, true, &connected);
}

/* ---- The end */

/* Threads that wait for an answer wake. */
static void end_packets(struct peer *peer, struct peer_link *link)
{
    atomic_store(&peer->current, NULL);
    for (size_t i = 0; i < PEER_QUESTIONS; i++)
        shutdown(link->questions[i].fd, SHUT_RDWR);
    while (atomic_load(&link->users) > 0)
        sleep_us(USERS_US);
}

/* netbootd is gone: nobody takes what is in the ring. */
static void leave(struct peer *peer, struct peer_link *link)
{
    end_packets(peer, link);
    atomic_fetch_add(&peer->left, ring_waiting(&link->ring));
    close_link(link);
}

static bool is_gone(const struct peer_link *link)
{
    uint8_t octet;

    return atomic_load(&link->dead) || socket_receive(link->fd, &octet, sizeof(octet), NULL) != -EAGAIN;
}

static void tell(struct peer *peer, struct peer_link *link, uint64_t generation)
{
    struct report report = {.generation = generation, .unasked = atomic_load(&peer->unasked)};

    if (memcmp(&report, &link->reported, sizeof(report)) != 0 &&
        socket_send(link->fd, &report, sizeof(report), NULL, 0) == 0)
        link->reported = report;
}

void peer_tick(struct peer *peer, uint64_t generation)
{
    struct peer_link *link = atomic_load(&peer->current);

    if (link && is_gone(link)) {
        leave(peer, link);
        link = NULL;
    }
    if (link)
        tell(peer, link, generation);
    else
        connect_to(peer);
}

void peer_close(struct peer *peer)
{
    struct peer_link *link = atomic_load(&peer->current);

    if (!link)
        return;
    end_packets(peer, link);
    close_link(link); /* netbootd takes what is in the ring */
}
