/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A thread for servers: it opens the store once it exists, opens it again after it was replaced, and clears the readers
 * of dead processes. So packets never look at files, and a server runs without a store.
 */
#include "handle/handle.h"

#include "base/clock.h"
#include "base/failure.h"
#include "store/view.h"

#include <inttypes.h>

#define TICK_MS 250        /* between two looks at the files and at netbootd */
#define CLEAR_TICKS 120    /* between two searches for dead readers */
#define FIRST_OPEN_MS 5000 /* a server's start waits so long for the first attempt */

static void describe(struct netboot_store *store, struct netboot_error *ret)
{
    struct netboot_status status = {0};
    struct netboot_view *view;

    if (netboot_view_open(store, &view, NULL) != 0)
        return;
    int code = netboot_view_status(view, &status, NULL);
    netboot_view_close(view);
    if (code == 0)
        failure(ret, 0, "the targets store in %s is open: generation %" PRIu64 ", %" PRIu64 " hosts", store->directory,
                status.generation, status.records[NETBOOT_RECORD_HOST]);
}

static void note_usable(struct netboot_store *store)
{
    struct netboot_error state = {0};

    describe(store, &state);
    notice_tell(&store->notice, true, &state);
}

static void tick(struct netboot_store *store, bool clear_readers)
{
    struct netboot_error reason;
    int code = db_place_follow(&store->place, clear_readers, &reason);

    if (db_place_is_open(&store->place)) {
        if (!store->notice.usable)
            note_usable(store);
    } else if (code != 0) {
        notice_tell(&store->notice, false, &reason);
    }
}

/* That packets are answered from. */
static uint64_t generation(struct netboot_store *store)
{
    struct netboot_view *view;
    uint64_t ret = 0;

    if (netboot_view_open(store, &view, NULL) != 0)
        return 0;
    view_meta(view, "generation", &ret);
    netboot_view_close(view);
    return ret;
}

static void look(void *data, unsigned count)
{
    struct handle *handle = data;

    tick(&handle->store, count % CLEAR_TICKS == 0);
    if (handle->connects)
        peer_tick(&handle->peer, generation(&handle->store));
    journal_tell(&handle->store, clock_us() / 1000);
}

int follow_start(struct handle *handle, struct netboot_error *error)
{
    handle->store.place.worker = handle->peer.worker = &handle->worker;
    int code = worker_start(&handle->worker, TICK_MS, look, handle);
    if (code != 0)
        return failure(error, code, "cannot start the thread that watches the targets store: %s", strerror(-code));
    worker_wait(&handle->worker, FIRST_OPEN_MS);
    return 0;
}
