/* SPDX-License-Identifier: MPL-2.0 */
/* What a server's log is told of the store or the journal: the last that happened, until it is taken. */
#ifndef NETBOOT_NOTICE_H
#define NETBOOT_NOTICE_H

#include "netboot.h"

#include <pthread.h>
#include <stdatomic.h>

struct notice {
    atomic_int event;           /* enum netboot_event that was not taken so far */
    pthread_mutex_t mutex;      /* for all below; the one thread that tells may read without */
    bool known, usable;         /* something was told; what it is said of may be used */
    struct netboot_error cause; /* of the last event */
};

void notice_init(struct notice *notice);
void notice_fini(struct notice *notice);

/* It is usable, or unusable for this cause. That this is so still is no news. */
void notice_tell(struct notice *notice, bool usable, const struct netboot_error *cause);
/* Tells of another event, which changes nothing. */
void notice_tell_event(struct notice *notice, enum netboot_event event, const struct netboot_error *cause);

/* Whether something is new, by one load. */
static inline bool notice_waits(struct notice *notice)
{
    return atomic_load_explicit(&notice->event, memory_order_relaxed) != NETBOOT_EVENT_NONE;
}

/* What is new, with its cause in `error`, which may be NULL; or NETBOOT_EVENT_NONE. */
enum netboot_event notice_take(struct notice *notice, struct netboot_error *error);
/* Why it is unusable: the code, with the text in `error`, which may be NULL; 0: nothing is known against it. */
int notice_trouble(struct notice *notice, struct netboot_error *error);

#endif
