/* SPDX-License-Identifier: MPL-2.0 */
/* What a server answers, on its way to the journal: into the ring that netbootd has handed over. */
#include "handle/handle.h"

#include "base/failure.h"
#include "link/peer.h"
#include "link/ring.h"

#include <inttypes.h>

#define TELL_MS 60000 /* between two reports of lost records */

void journal_note(struct netboot_store *store, struct peer_link *link, const struct netboot_query *query,
                  const struct netboot_result *result)
{
    if (!store->notes || !link || result->decision.outcome == NETBOOT_NOT_OURS)
        return;
    bool put = ring_put(&link->ring, query, result);
    atomic_fetch_add_explicit(put ? &store->noted : &store->lost, 1, memory_order_relaxed);
}

uint64_t netboot_journal_written(const struct netboot_store *store)
{
    return atomic_load_explicit(&store->noted, memory_order_relaxed);
}

uint64_t netboot_journal_dropped(const struct netboot_store *store)
{
    const struct handle *handle = (const struct handle *)store;

    return atomic_load_explicit(&store->lost, memory_order_relaxed) +
           atomic_load_explicit(&handle->peer.left, memory_order_relaxed);
}

/* ---- What a server's log is told */

/* As an event of netbootd. */
void journal_tell(struct netboot_store *store, uint64_t now_ms)
{
    struct handle *handle = handle_of(store);
    uint64_t lost = netboot_journal_dropped(store);
    struct netboot_error error;

    if (!handle->connects || lost == handle->told || (handle->told > 0 && now_ms < handle->told_ms + TELL_MS) ||
        !handle->peer.notice.usable || notice_waits(&handle->peer.notice))
        return;
    failure(&error, -ENOBUFS,
            "%" PRIu64 " records of the journal were lost, as more came than netbootd took: answers are not affected",
            lost - handle->told);
    notice_tell_event(&handle->peer.notice, NETBOOT_EVENT_LOST, &error);
    handle->told = lost;
    handle->told_ms = now_ms;
}
