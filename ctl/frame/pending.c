/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/pending.h"

#define STATES (NETBOOT_ONCE_NEVER_DONE + 1)

static const bool is_pending[STATES] = {
    [NETBOOT_ONCE_ARMED] = true, [NETBOOT_ONCE_IN_PROGRESS] = true, [NETBOOT_ONCE_WAITING] = true};

bool pending_find(struct netboot_view *view, const struct netboot_host *host, struct netboot_once *ret)
{
    struct netboot_once once;
    struct netboot_id id;

    if (netboot_host_id(host, 0, &id) != 0 || netboot_view_once(view, &id, &once, NULL) != 0 ||
        (unsigned)once.state >= STATES || !is_pending[once.state])
        return false;
    *ret = once;
    return true;
}

uint64_t pending_count(struct netboot_view *view)
{
    uint64_t counts[STATES], ret = 0;

    if (netboot_view_once_counts(view, counts, STATES, NULL) != 0)
        return 0;
    for (unsigned state = 0; state < STATES; state++)
        ret += is_pending[state] ? counts[state] : 0;
    return ret;
}
