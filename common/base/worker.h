/* SPDX-License-Identifier: MPL-2.0 */
/* A thread of the library in somebody else's program, which repeats its work. */
#ifndef NETBOOT_WORKER_H
#define NETBOOT_WORKER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

struct worker {
    pthread_t thread;
    unsigned every_ms;
    void (*work)(void *data, unsigned round);
    void *data;
    sem_t wake, worked; /* worked: the first round is over */
    atomic_bool stop;
};

/* Calls `work` at once, and then every `every_ms`, with the number of the round, from 1. Negative errno value. */
int worker_start(struct worker *worker, unsigned every_ms, void (*work)(void *data, unsigned round), void *data);
/* Waits for the end of the first round, at most `at_most_ms`. */
void worker_wait(struct worker *worker, unsigned at_most_ms);
/* Lets the next round begin at once. It takes no lock, and may be called until worker_fini(). */
void worker_wake(struct worker *worker);
/* Stops the thread; waits for the end of a round that is under way. */
void worker_stop(struct worker *worker);
void worker_fini(struct worker *worker);

#endif
