/* SPDX-License-Identifier: MPL-2.0 */
#include "base/worker.h"

#include "base/thread.h"

#include <errno.h>

static void note_worked(struct worker *worker)
{
    pthread_mutex_lock(&worker->mutex);
    worker->worked = true;
    pthread_cond_broadcast(&worker->change);
    pthread_mutex_unlock(&worker->mutex);
}

/* Between two rounds. False: there is no next one. */
static bool rest(struct worker *worker)
{
    struct timespec next = thread_after_ms(worker->every_ms);

    while (sem_clockwait(&worker->wake, CLOCK_MONOTONIC, &next) != 0 && errno == EINTR)
        ;
    while (sem_trywait(&worker->wake) == 0) /* many may have posted it: it is one wish */
        ;
    return !atomic_load(&worker->stop);
}

static void *run(void *data)
{
    struct worker *worker = data;
    unsigned round = 0;

    do {
        worker->work(worker->data, ++round);
        note_worked(worker);
    } while (rest(worker));
    return NULL;
}

static void fini(struct worker *worker)
{
    sem_destroy(&worker->wake);
    pthread_cond_destroy(&worker->change);
    pthread_mutex_destroy(&worker->mutex);
}

int worker_start(struct worker *worker, unsigned every_ms, void (*work)(void *data, unsigned round), void *data)
{
    *worker = (struct worker){.every_ms = every_ms, .work = work, .data = data};
    sem_init(&worker->wake, 0, 0);
    pthread_mutex_init(&worker->mutex, NULL);
    thread_wake_init(&worker->change);
    int code = thread_start(&worker->thread, run, worker);
    if (code != 0)
        fini(worker);
    return code;
}

void worker_wait(struct worker *worker, unsigned at_most_ms)
{
    struct timespec deadline = thread_after_ms(at_most_ms);

    pthread_mutex_lock(&worker->mutex);
    while (!worker->worked && pthread_cond_timedwait(&worker->change, &worker->mutex, &deadline) == 0)
        ;
    pthread_mutex_unlock(&worker->mutex);
}

void worker_wake(struct worker *worker)
{
    sem_post(&worker->wake);
}

void worker_stop(struct worker *worker)
{
    atomic_store(&worker->stop, true);
    sem_post(&worker->wake);
    pthread_join(worker->thread, NULL);
    fini(worker);
}
