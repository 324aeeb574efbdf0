/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A server's own thread: it opens the store when it can, opens it anew when it was replaced, and clears the places of
 * readers that died. So packets need not look at files, and a missing store stops no server.
 */
#include "store/store.h"

#include "base/failure.h"
#include "base/thread.h"

#include <errno.h>
#include <inttypes.h>

#define TICK_MS 500        /* between two looks at the files */
#define CLEAR_TICKS 60     /* between two searches for dead readers */
#define FIRST_OPEN_MS 5000 /* that a server's start waits for the first attempt */

static void describe(struct netboot_store *store, struct netboot_error *ret)
{
    struct netboot_status status = {0};
    struct netboot_view *view;

    if (netboot_view_open(store, &view, NULL) != 0)
        return;
    int code = netboot_view_status(view, &status);
    netboot_view_close(view);
    if (code == 0)
        failure(ret, 0, "the targets store in %s is open: generation %" PRIu64 ", %" PRIu64 " hosts", store->directory,
                status.generation, status.hosts);
}

static void note_usable(struct netboot_store *store)
{
    struct netboot_error state = {0};

    describe(store, &state);
    store_note(store, true, &state);
}

static void tick(struct netboot_store *store, bool clear_readers)
{
    struct netboot_error reason;
    int code = env_follow(&store->env, clear_readers, &reason);

    if (env_is_open(&store->env)) {
        if (!store->usable)
            note_usable(store);
    } else if (code != 0) {
        store_note(store, false, &reason);
    }
}

static void *run(void *data)
{
    struct netboot_store *store = data;

    for (unsigned count = 1; !atomic_load(&store->stop); count++) {
        state_tick(&store->once, count % CLEAR_TICKS == 0);
        tick(store, count % CLEAR_TICKS == 0);
        struct timespec next = thread_after_ms(TICK_MS);
        while (sem_clockwait(&store->wake, CLOCK_MONOTONIC, &next) != 0 && errno == EINTR)
            ;
    }
    return NULL;
}

int follow_start(struct netboot_store *store, struct netboot_error *error)
{
    struct timespec deadline = thread_after_ms(FIRST_OPEN_MS);
    int code;

    thread_wake_init(&store->told);
    store->env.wake = store->once.env.wake = &store->wake;
    if ((code = thread_start(&store->thread, run, store)) != 0) {
        pthread_cond_destroy(&store->told);
        return failure(error, code, "the thread that watches the targets store cannot be started: %s", strerror(-code));
    }
    pthread_mutex_lock(&store->mutex);
    while (!store->tried && pthread_cond_timedwait(&store->told, &store->mutex, &deadline) == 0)
        ;
    pthread_mutex_unlock(&store->mutex);
    return 0;
}

void follow_stop(struct netboot_store *store)
{
    atomic_store(&store->stop, true);
    sem_post(&store->wake);
    pthread_join(store->thread, NULL);
    pthread_cond_destroy(&store->told);
}
