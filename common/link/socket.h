/* SPDX-License-Identifier: MPL-2.0 */
/* The sockets of netbootd, below the run directory of a store: messages of a structure each, and file descriptors. */
#ifndef NETBOOT_LINK_SOCKET_H
#define NETBOOT_LINK_SOCKET_H

#include "netboot.h"

#include <sys/types.h>

#define RUN_DIRECTORY "run" /* below the operator's directory */
#define SERVERS_SOCKET "servers"
#define CONTROL_SOCKET "control"
#define SOCKET_FDS_MAX 4

/*
 * Connects to a socket of netbootd's. It has to be of the user that owns `directory`: another process that put its own
 * socket there is no peer. Returns a file descriptor that does not block, or a negative errno value with a text:
 * -ECONNREFUSED: netbootd does not run; -EPERM: it is somebody else's.
 */
int socket_connect(const char *directory, const char *name, struct netboot_error *error);
/* Makes the run directory, unless it is there. */
int socket_make_run(const char *directory, struct netboot_error *error);
/* For the one who listens: makes the socket, in place of one that is left over. */
int socket_listen(const char *directory, const char *name, mode_t mode, struct netboot_error *error);

/* One message, with `count` file descriptors. 0, or a negative errno value: -EAGAIN: there is no room. */
int socket_send(int fd, const void *message, size_t size, const int *fds, size_t count);
/* One message: its size, 0 after a hang-up, or a negative errno value: -EAGAIN: there is none; -EMSGSIZE: it is longer
 * than `room`. File descriptors that come with it go into `fds` (-1: none), of which there is room for SOCKET_FDS_MAX;
 * NULL: they are closed. */
ssize_t socket_receive(int fd, void *message, size_t room, int *fds);
/* Waits until there is something to receive, until `deadline_ns` of CLOCK_MONOTONIC. False: there is not. */
bool socket_wait(int fd, uint64_t deadline_ns);

/* Whether the peers of a socket, and of those that are accepted from it, may pass files: where they may not, the kernel
 * refuses what they send. Linux before 6.16 does not know this, and they may. */
void socket_let_pass(int fd, bool files);
/* How socket_receive() closes files that it does not return; else by close(). */
void socket_close_by(void (*close_one)(int fd));

uint64_t socket_now_ns(void);

#endif
