/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A server's own thread: it opens the store when it can, opens it anew when it was replaced, and clears the places of
 * readers that died. So packets need not look at files, and a missing store stops no server.
 */
#include "store/store.h"

#include "base/failure.h"
#include "base/thread.h"

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

static void try_open(struct netboot_store *store)
{
    enum { DEADLINE_MS = 1000 };
    struct netboot_error reason;
    int code = env_open(&store->env, DEADLINE_MS, &reason);

    if (code == 0)
        note_usable(store);
    else if (atomic_load(&store->env.gate) == ENV_CLOSED) /* else it is in use, and opened anew at another time */
        store_note(store, false, &reason);
}

static void tick(struct netboot_store *store, unsigned count)
{
    struct env *env = &store->env;
    struct env_slot *slot;

    if (env_take(env, &slot) != 0) {
        /* Closed, or all slots are busy: then packets are being answered. */
        if (atomic_load(&env->gate) == ENV_CLOSED)
            try_open(store);
        return;
    }
    bool reopen = env_is_stale(env, slot);
    if (!reopen && count % CLEAR_TICKS == 0)
        env_clear_readers(env);
    env_give(slot);
    if (reopen)
        try_open(store);
    else if (!store->usable) /* a change in this process has opened it */
        note_usable(store);
}

static void *run(void *data)
{
    struct netboot_store *store = data;
    bool stop = false;

    for (unsigned count = 1; !stop; count++) {
        state_tick(&store->once, count % CLEAR_TICKS == 0);
        tick(store, count);
        struct timespec next = thread_after_ms(TICK_MS);
        pthread_mutex_lock(&store->mutex);
        pthread_cond_broadcast(&store->wake);
        while (!store->stop && pthread_cond_timedwait(&store->wake, &store->mutex, &next) == 0)
            ;
        stop = store->stop;
        pthread_mutex_unlock(&store->mutex);
    }
    return NULL;
}

int follow_start(struct netboot_store *store, struct netboot_error *error)
{
    struct timespec deadline = thread_after_ms(FIRST_OPEN_MS);
    int code;

    thread_wake_init(&store->wake);
    if ((code = thread_start(&store->thread, run, store)) != 0) {
        pthread_cond_destroy(&store->wake);
        return failure(error, code, "the thread that watches the targets store cannot be started: %s", strerror(-code));
    }
    pthread_mutex_lock(&store->mutex);
    while (!store->tried && pthread_cond_timedwait(&store->wake, &store->mutex, &deadline) == 0)
        ;
    pthread_mutex_unlock(&store->mutex);
    return 0;
}

void follow_stop(struct netboot_store *store)
{
    pthread_mutex_lock(&store->mutex);
    store->stop = true;
    pthread_cond_broadcast(&store->wake);
    pthread_mutex_unlock(&store->mutex);
    pthread_join(store->thread, NULL);
    pthread_cond_destroy(&store->wake);
}
