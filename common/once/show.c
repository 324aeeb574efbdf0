/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once for people: what is armed, and what became of it. */
#include "once/once.h"

#include "base/failure.h"
#include "base/names.h"

int netboot_view_once(struct netboot_view *view, const struct netboot_id *id, struct netboot_once *ret,
                      struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct control_host host;
    int code = once_find_host(view, id, &host, error);

    if (code == 0 && (code = once_get(view, &host, ret, error)) == -ENOENT)
        failure(error, code, "nothing is armed for the host %s", netboot_id_text(id, text));
    return code;
}

struct counting {
    struct netboot_view *view;
    uint64_t *counts;
    size_t count;
};

static int count_one(const struct control_host *host, const struct netboot_once *once, void *user)
{
    const struct counting *counting = user;

    if ((size_t)once->state < counting->count && once_has_host(counting->view, host) == 1)
        counting->counts[once->state]++;
    return 0;
}

int netboot_view_once_counts(struct netboot_view *view, uint64_t *ret, size_t count, struct netboot_error *error)
{
    struct counting counting = {.view = view, .counts = ret, .count = count};

    memset(ret, 0, count * sizeof(*ret));
    return once_each(view, count_one, &counting, error);
}

static int ignore(const void *message, void *user)
{
    (void)message;
    (void)user;
    return 0;
}

/* Whether it answers, and answers this user. */
int netboot_once_check(struct netboot_store *store, struct netboot_error *error)
{
    int control = control_open(store->directory, error);
    int code = control < 0 ? control : control_list(control, CONTROL_SERVERS, ignore, NULL, error);

    control_close(control);
    return code;
}

const char *netboot_once_state_name(enum netboot_once_state state)
{
    static const char *const names[] = {
        [NETBOOT_ONCE_ARMED] = "armed",
        [NETBOOT_ONCE_IN_PROGRESS] = "in-progress",
        [NETBOOT_ONCE_USED] = "used",
        [NETBOOT_ONCE_WAITING] = "waiting",
        [NETBOOT_ONCE_DONE] = "done",
        [NETBOOT_ONCE_EXPIRED] = "expired",
        [NETBOOT_ONCE_NEVER_DONE] = "never-done",
    };

    return NAME_OF(state, names);
}
