/* SPDX-License-Identifier: MPL-2.0 */
#include "base/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

/* A time of the monotonic clock. */
static struct timespec after_ms(unsigned ms)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += (long)(ms % 1000) * 1000000;
    time.tv_sec += ms / 1000 + time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

/* False: it was not posted in time. */
static bool await(sem_t *semaphore, unsigned at_most_ms)
{
    struct timespec deadline = after_ms(at_most_ms);
    int status;

    while ((status = sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline)) != 0 && errno == EINTR)
        ;
    return status == 0;
}

static void *run(void *data)
{
    struct worker *worker = data;
    unsigned round = 0;

    do {
        worker->work(worker->data, ++round);
        if (round == 1)
            sem_post(&worker->worked);
        await(&worker->wake, worker->every_ms);
        while (sem_trywait(&worker->wake) == 0) /* several wakes ask for one round */
            ;
    } while (!atomic_load(&worker->stop));
    return NULL;
}

/* The thread blocks all signals: they are for the program's own threads. */
static int start(struct worker *worker)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = -pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int worker_start(struct worker *worker, unsigned every_ms, void (*work)(void *data, unsigned round), void *data)
{
    *worker = (struct worker){.every_ms = every_ms, .work = work, .data = data};
    sem_init(&worker->wake, 0, 0);
    sem_init(&worker->worked, 0, 0);
    int code = start(worker);
    if (code != 0)
        worker_fini(worker);
    return code;
}

void worker_wait(struct worker *worker, unsigned at_most_ms)
{
    if (await(&worker->worked, at_most_ms))
        sem_post(&worker->worked); /* for whoever waits next */
}

void worker_wake(struct worker *worker)
{
    sem_post(&worker->wake);
}

void worker_stop(struct worker *worker)
{
    atomic_store(&worker->stop, true);
    worker_wake(worker);
    pthread_join(worker->thread, NULL);
}

void worker_fini(struct worker *worker)
{
    sem_destroy(&worker->wake);
    sem_destroy(&worker->worked);
}
