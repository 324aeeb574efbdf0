/* SPDX-License-Identifier: MPL-2.0 */
/* The store as a whole: creation, opening, closing, and the events about its state. */
#include "handle/handle.h"

#include "base/failure.h"
#include "base/sized.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int netboot_store_create(const char *directory, struct netboot_error *error)
{
    return store_create(directory, error);
}

enum netboot_event netboot_daemon_event(struct netboot_store *store, struct netboot_error *error)
{
    if (!store->peer || !notice_waits(&store->peer->notice) || db_place_in_child(&store->place))
        return NETBOOT_EVENT_NONE;
    return notice_take(&store->peer->notice, error);
}

enum netboot_event netboot_store_event(struct netboot_store *store, struct netboot_error *error)
{
    if (!notice_waits(&store->notice) || db_place_in_child(&store->place))
        return NETBOOT_EVENT_NONE;
    return notice_take(&store->notice, error);
}

/* ---- Opening and closing */

#define OPTIONS_LEAST SIZED_UP_TO(struct netboot_store_options, check_most)

static void handle_free(struct handle *handle)
{
    db_place_fini(&handle->store.place);
    peer_fini(&handle->peer);
    journal_fini(&handle->journal);
    free(handle->store.directory);
    free(handle);
}

static int prepare(struct handle *handle, const struct netboot_store_options *options, struct netboot_error *error)
{
    struct netboot_store *store = &handle->store;
    int code = db_place_init(&store->place, &store_spec, store->directory, error);

    if (code == 0)
        code = db_place_prepare(&store->place, options->readers, error);
    if (code != 0)
        return code;
    store->place.first_map_size = options->map_size;
    store->place.check_most = options->check_most;
    store->place.server = options->follow;
    store->follow = options->follow;
    store->notes = options->journal && options->follow;
    store->join = options->journal && options->join;
    store->journal = &handle->journal;
    notice_init(&store->notice);
    return 0;
}

static int handle_new(const char *directory, const struct netboot_store_options *options, struct handle **ret,
                      struct netboot_error *error)
{
    struct handle *handle = aligned_alloc(_Alignof(struct handle), sizeof(*handle));
    int code = -ENOMEM;

    if (!handle)
        return failure(error, -ENOMEM, "out of memory for the targets store");
    memset(handle, 0, sizeof(*handle));
    handle->store.directory = strdup(directory);
    snprintf(handle->server, sizeof(handle->server), "%s",
             options->server ? options->server : program_invocation_short_name);
    peer_init(&handle->peer, handle->store.directory, handle->server, options->question_ms);
    handle->peer.journal = options->journal;
    handle->peer.join = options->journal && options->join;
    journal_init(&handle->journal, &handle->store);
    if (handle->store.directory)
        code = prepare(handle, options, error);
    if (code != 0) {
        handle_free(handle);
        return code == -ENOMEM ? failure(error, code, "out of memory for the targets store") : code;
    }
    *ret = handle;
    return 0;
}

int handle_open(const char *directory, const struct netboot_store_options *options, bool with_peer,
                struct netboot_store **ret, struct netboot_error *error)
{
    struct netboot_store_options known = {.size = sizeof(known)};
    struct netboot_error reason = {0};
    struct handle *handle = NULL;
    int code;

    if (!directory || !*directory)
        return failure(error, -EINVAL, "no directory given for the targets store");
    if (options &&
        (code = sized_read(options, OPTIONS_LEAST, "options of the store", &known, sizeof(known), error)) != 0)
        return code;
    if ((code = handle_new(directory, &known, &handle, error)) != 0)
        return code;
    struct netboot_store *store = &handle->store;
    handle->connects = store->follow && with_peer;
    store->peer = handle->connects ? &handle->peer : NULL;
    if (store->follow) {
        code = follow_start(handle, error);
    } else if ((code = db_place_open(&store->place, 0, &reason)) == 0) {
        notice_tell(&store->notice, true, &reason);
    } else if (error) {
        *error = reason;
    }
    if (code != 0) {
        handle_free(handle);
        return code;
    }
    *ret = store;
    return 0;
}

int netboot_store_open(const char *directory, const struct netboot_store_options *options, struct netboot_store **ret,
                       struct netboot_error *error)
{
    return handle_open(directory, options, true, ret, error);
}

void netboot_store_close(struct netboot_store *store)
{
    struct handle *handle = handle_of(store);

    if (!store)
        return;
    if (!db_place_in_child(&store->place)) {
        if (store->follow)
            worker_stop(&handle->worker);
        db_place_close(&store->place);
        if (handle->connects)
            peer_close(&handle->peer);
        if (store->follow)
            worker_fini(&handle->worker); /* no packet wakes it any more */
        notice_fini(&store->notice);
    }
    handle_free(handle);
}
