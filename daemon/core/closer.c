/* SPDX-License-Identifier: MPL-2.0 */
#include "core/closer.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#define THREADS_MAX 64
#define STACK_SIZE 65536
#define WAITING_MAX 4096 /* what is beyond stays open */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int waiting[WAITING_MAX];
static size_t waiting_count;
static unsigned threads;

static bool take(int *ret)
{
    pthread_mutex_lock(&lock);
    bool found = waiting_count > 0;
    if (found)
        *ret = waiting[--waiting_count];
    else
        threads--;
    pthread_mutex_unlock(&lock);
    return found;
}

static void *close_all(void *unused)
{
    int fd;

    while (take(&fd))
        close(fd);
    return unused;
}

static bool start(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    int code = pthread_create(&thread, &attributes, close_all, NULL);
    pthread_attr_destroy(&attributes);
    return code == 0;
}

/* Nothing has to be answered any more. */
static bool ending;

void closer_end(void)
{
    enum { WAIT_MS = 1000 };
    unsigned left = 1;

    ending = true;
    for (unsigned i = 0; i < WAIT_MS && left > 0; i++) {
        sleep_us(1000);
        pthread_mutex_lock(&lock);
        left = threads;
        pthread_mutex_unlock(&lock);
    }
}

void closer_close(int fd)
{
    if (ending) {
        close(fd);
        return;
    }
    pthread_mutex_lock(&lock);
    if (waiting_count < WAITING_MAX)
        waiting[waiting_count++] = fd;
    if (threads < THREADS_MAX && start())
        threads++;
    pthread_mutex_unlock(&lock);
}
