/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once for people: arming, disarming, and the report of an installer, of hosts and targets that the store has. */
#include "once/once.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "base/sized.h"

#include <stdlib.h>

/* ---- Checks */

/* What the request is for, as the doors call it. */
static const char *field_of(const struct netboot_once_request *request)
{
    return request->until_done ? "until-done" : "once";
}

static int check_target(struct netboot_view *view, const struct netboot_once_request *request,
                        struct netboot_error *error)
{
    const char *field = field_of(request), *name = request->target;
    struct netboot_target target;
    int code = view_get_named(view, &record_target, ROW_TARGET, bytes_of_text(name), &target);

    if (code == -ENOENT)
        return failure(error, code, "%s: there is no target %s: see netbootctl target list", field, name);
    if (code != 0)
        return failure(error, code, "%s: the record of target %s is damaged: delete it and set it again", field, name);
    if (target.kind != NETBOOT_KIND_BOOT && target.kind != NETBOOT_KIND_LOCAL)
        return failure(error, -EINVAL,
                       "%s: target %s is of kind %s, so its boots cannot be observed: assign it as the host's target "
                       "instead",
                       field, name, netboot_kind_name(target.kind));
    return 0;
}

int once_check_request(const struct netboot_once_request *request, struct netboot_error *error)
{
    if (!request->target || !request->target[0])
        return failure(error, -EINVAL, "%s: no target to boot once is named", field_of(request));
    if (!netboot_name_valid(request->target))
        return failure(error, -EINVAL, "%s: `%.150s` cannot be the name of a target", field_of(request),
                       request->target);
    if (request->tries > NETBOOT_ONCE_TRIES_MAX)
        return failure(error, -EINVAL, "tries: give a number from 1 to %d, not %u", NETBOOT_ONCE_TRIES_MAX,
                       request->tries);
    if (request->window > NETBOOT_ONCE_WINDOW_MAX)
        return failure(error, -EINVAL, "window: give a number from 0 to %d, not %d", NETBOOT_ONCE_WINDOW_MAX,
                       request->window);
    if (request->by && strlen(request->by) >= NETBOOT_ONCE_BY_SIZE)
        return failure(error, -EINVAL, "the name of who arms is longer than %d octets", NETBOOT_ONCE_BY_SIZE - 1);
    return 0;
}

/* ---- An order: one action for a number of hosts */

struct arming {
    struct arming *next;
    struct control_order order;
    size_t count;
    struct netboot_id ids[];
};

static void fill_order(const struct netboot_once_request *request, struct control_order *ret)
{
    ret->expires = request->expires;
    ret->window = request->window;
    ret->tries = request->tries;
    ret->until_done = request->until_done;
    snprintf(ret->target, sizeof(ret->target), "%s", request->target);
    snprintf(ret->by, sizeof(ret->by), "%s", request->by ? request->by : "");
}

static struct arming *arming_new(enum control_kind kind, const struct netboot_id *ids, size_t count,
                                 const struct netboot_once_request *request)
{
    struct arming *arming = calloc(1, sizeof(*arming) + count * sizeof(*ids));

    if (!arming)
        return NULL;
    arming->order.head = control_head(kind, 0);
    if (request)
        fill_order(request, &arming->order);
    arming->count = count;
    memcpy(arming->ids, ids, count * sizeof(*ids));
    return arming;
}

void arming_free(struct arming *list)
{
    while (list) {
        struct arming *next = list->next;
        free(list);
        list = next;
    }
}

#define REQUEST_LEAST SIZED_UP_TO(struct netboot_once_request, by)

int arming_add(struct arming **list, struct netboot_view *view, const struct netboot_id *ids, size_t count,
               const struct netboot_once_request *request, struct netboot_error *error)
{
    struct netboot_once_request known;
    struct control_host host;
    int code = 0;

    if (request)
        code = sized_read(request, REQUEST_LEAST, "request to boot once", &known, sizeof(known), error);
    if (code == 0 && request && (code = once_check_request(&known, error)) == 0)
        code = check_target(view, &known, error);
    for (size_t i = 0; i < count && code == 0; i++)
        code = once_find_host(view, &ids[i], &host, error);
    if (code != 0)
        return code;
    struct arming *arming = arming_new(request ? CONTROL_ARM : CONTROL_DISARM, ids, count, request ? &known : NULL);
    if (!arming)
        return failure_no_memory(error);
    while (*list)
        list = &(*list)->next;
    *list = arming;
    return 0;
}

/* ---- Handing it to netbootd */

static int hand_over(const struct arming *arming, struct netboot_view *view, int control, const char *by,
                     unsigned deadline_ms, struct netboot_error *error)
{
    struct control_order order = arming->order;
    const struct netboot_once_request asked = {.target = arming->order.target, .until_done = arming->order.until_done};
    struct control_host *hosts = calloc(arming->count + 1, sizeof(*hosts));
    int code = hosts ? 0 : failure_no_memory(error);

    if (code == 0 && arming->order.head.kind == CONTROL_ARM)
        code = check_target(view, &asked, error);
    for (size_t i = 0; i < arming->count && code == 0; i++)
        code = once_find_host(view, &arming->ids[i], &hosts[i], error);
    if (!order.by[0])
        snprintf(order.by, sizeof(order.by), "%s", by);
    if (code == 0)
        code = control_order(control, &order, hosts, arming->count, deadline_ms, error);
    free(hosts);
    return code;
}

int arming_hand_over(const struct arming *list, struct netboot_view *view, const char *by, unsigned deadline_ms,
                     struct netboot_error *error)
{
    int control = control_open(view->store->directory, error), code = control < 0 ? control : 0;

    for (; list && code == 0; list = list->next)
        code = hand_over(list, view, control, by, deadline_ms, error);
    if (code == 0)
        return control;
    control_close(control);
    return code;
}

/* ---- Without a change of the targets store */

static int run(struct netboot_store *store, struct arming *list, unsigned deadline_ms, struct netboot_error *error)
{
    struct netboot_view *view;
    int code = list ? netboot_view_open(store, &view, error) : failure_no_memory(error);

    if (code != 0)
        return code;
    int control = arming_hand_over(list, view, "", deadline_ms, error);
    netboot_view_close(view);
    if (control < 0)
        return control;
    code = control_do(control, deadline_ms, error);
    control_close(control);
    return code;
}

static int run_order(struct netboot_store *store, enum control_kind kind, const struct netboot_id *ids, size_t count,
                     const struct netboot_once_request *request, const char *by, unsigned deadline_ms,
                     struct netboot_error *error)
{
    struct arming *arming = arming_new(kind, ids, count, request);

    if (arming && by)
        snprintf(arming->order.by, sizeof(arming->order.by), "%s", by);
    int code = run(store, arming, deadline_ms, error);

    arming_free(arming);
    return code;
}

int netboot_once_arm(struct netboot_store *store, const struct netboot_id *ids, size_t count,
                     const struct netboot_once_request *request, unsigned deadline_ms, struct netboot_error *error)
{
    struct netboot_once_request known;
    int code = sized_read(request, REQUEST_LEAST, "request to boot once", &known, sizeof(known), error);

    if (code == 0)
        code = once_check_request(&known, error);
    return code == 0 ? run_order(store, CONTROL_ARM, ids, count, &known, known.by, deadline_ms, error) : code;
}

int netboot_once_disarm(struct netboot_store *store, const struct netboot_id *ids, size_t count, const char *by,
                        unsigned deadline_ms, struct netboot_error *error)
{
    return run_order(store, CONTROL_DISARM, ids, count, NULL, by, deadline_ms, error);
}

int netboot_once_done(struct netboot_store *store, const struct netboot_id *ids, size_t count, const char *by,
                      unsigned deadline_ms, struct netboot_error *error)
{
    return run_order(store, CONTROL_DONE, ids, count, NULL, by, deadline_ms, error);
}
