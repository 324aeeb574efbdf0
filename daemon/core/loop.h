/* SPDX-License-Identifier: MPL-2.0 */
/* Waits for file descriptors, and calls whom each is of. */
#ifndef NETBOOTD_LOOP_H
#define NETBOOTD_LOOP_H

#include <stdbool.h>

struct watch {
    int fd;
    void (*ready)(struct watch *watch);
    void (*end)(struct watch *watch); /* frees what the watch is in, between two rounds; NULL: nothing */
    bool gone;
    struct watch *next_gone;
};

struct loop {
    int epoll;
    struct watch *gone;
};

/* Negative errno values. */
int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);
int loop_add(struct loop *loop, struct watch *watch);
/* Until it goes on, the watch is called for a hang-up only. */
void loop_pause(struct loop *loop, struct watch *watch, bool pause);
/* Closes its file descriptor; the watch is called no more, and ends after this round. */
void loop_remove(struct loop *loop, struct watch *watch);
/* One round: everybody who has something to read, or `at_most_ms`. */
int loop_round(struct loop *loop, int at_most_ms);

#endif
