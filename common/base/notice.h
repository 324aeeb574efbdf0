/* SPDX-License-Identifier: MPL-2.0 */
/* The last event of the store or the journal for a server's log, until the server takes it. */
#ifndef NETBOOT_NOTICE_H
#define NETBOOT_NOTICE_H

#include "netboot.h"

#include <pthread.h>
#include <stdatomic.h>

struct notice {
    atomic_int event;           /* enum netboot_event that the server has not taken yet */
    pthread_mutex_t mutex;      /* protects all members below; the one thread that writes them may read without it */
    bool known, usable;         /* an event was noted; the store or journal is usable */
    struct netboot_error cause; /* of the last event */
};

void notice_init(struct notice *notice);
void notice_fini(struct notice *notice);

/* Notes that it is usable, or unusable for this cause. An unchanged state is not an event. */
void notice_tell(struct notice *notice, bool usable, const struct netboot_error *cause);
/* Notes another event, which does not change the state. */
void notice_tell_event(struct notice *notice, enum netboot_event event, const struct netboot_error *cause);

/* Whether there is a new event, by one load. */
static inline bool notice_waits(struct notice *notice)
{
    return atomic_load_explicit(&notice->event, memory_order_relaxed) != NETBOOT_EVENT_NONE;
}

/* Takes the new event, with its cause in `error`, which may be NULL; or NETBOOT_EVENT_NONE. */
enum netboot_event notice_take(struct notice *notice, struct netboot_error *error);
/* Why it is unusable: the code, with the text in `error`, which may be NULL; 0: it is usable, or its state is
 * unknown. */
int notice_trouble(struct notice *notice, struct netboot_error *error);

#endif
