/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/boot_once.h"

#include "common/base/failure.h"
#include "json/record/arguments.h"
#include "json/text/when.h"

#include <errno.h>
#include <string.h>
#include <time.h>

const char *const once_keys[] = {"once", "until-done", "expires", "tries", "window", NULL};

static bool has(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key) != NULL;
}

/* ---- What arms it */

cJSON *once_split(cJSON *changes)
{
    cJSON *ret = cJSON_CreateObject();

    for (const char *const *key = once_keys; ret && *key; key++) {
        cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(changes, *key);
        if (!item || cJSON_AddItemToObjectCS(ret, *key, item))
            continue;
        cJSON_Delete(item);
        cJSON_Delete(ret);
        return NULL;
    }
    return ret;
}

static int expires_read(const cJSON *object, struct netboot_once_request *request, struct netboot_error *error)
{
    time_t now = time(NULL);
    const char *expires;
    int status = argument_text(object, "expires", &expires, error);

    if (status != 0 || !expires)
        return status;
    request->expires = when_parse(expires, (uint64_t)now, false);
    if (request->expires == 0)
        return failure(error, -EINVAL,
                       "expires: `%.50s` is not a time: use 30m, 2h or 7d from now, or 2027-01-31T12:00:00Z", expires);
    if (request->expires <= (uint64_t)now)
        return failure(error, -EINVAL, "expires: `%.50s` is in the past", expires);
    return 0;
}

/* Which keys need or exclude each other. */
static int keys_check(const cJSON *object, const char *dashes, const struct once *once, struct netboot_error *error)
{
    static const char *const arming[] = {"expires", "tries", "window"};

    if (has(object, "once") && has(object, "until-done"))
        return failure(error, -EINVAL, "%sonce and %suntil-done exclude each other: give one of them", dashes, dashes);
    if (has(object, "tries") && !once->request.until_done)
        return failure(error, -EINVAL, "%stries needs %suntil-done", dashes, dashes);
    for (size_t i = 0; i < sizeof(arming) / sizeof(arming[0]); i++)
        if (has(object, arming[i]) && once->action != ONCE_ARM)
            return failure(error, -EINVAL, "%s%s needs %sonce or %suntil-done", dashes, arming[i], dashes, dashes);
    return 0;
}

int once_read(const cJSON *object, const char *dashes, struct once *ret, struct netboot_error *error)
{
    struct once once = {
        .request = {.size = sizeof(once.request), .window = -1}
    };
    unsigned long tries = 0, window = 60;
    const char *target = NULL, *until_done = NULL;
    int status = argument_text(object, "once", &target, error);

    if (status == 0)
        status = argument_text(object, "until-done", &until_done, error);
    if (status != 0)
        return status;
    once.request.target = until_done ? until_done : target;
    once.request.until_done = until_done != NULL;
    if (once.request.target)
        once.action = ONCE_ARM;
    else if (has(object, "once") || has(object, "until-done"))
        once.action = ONCE_DISARM;
    if ((status = keys_check(object, dashes, &once, error)) != 0 ||
        (status = argument_number(object, "tries", 1, NETBOOT_ONCE_TRIES_MAX, &tries, error)) != 0 ||
        (status = argument_number(object, "window", 0, NETBOOT_ONCE_WINDOW_MAX, &window, error)) != 0 ||
        (status = expires_read(object, &once.request, error)) != 0)
        return status;
    once.request.tries = (unsigned)tries;
    once.request.window = (int)window;
    *ret = once;
    return 0;
}

int once_apply(struct netboot_store *store, const struct once *once, const struct netboot_id *ids, size_t count,
               const char *by, unsigned deadline_ms, struct netboot_error *error)
{
    switch (once->action) {
    case ONCE_ARM:
        return netboot_once_arm(store, ids, count, &once->request, deadline_ms, error);
    case ONCE_DISARM:
        return netboot_once_disarm(store, ids, count, by, deadline_ms, error);
    case ONCE_REPORT:
        return netboot_once_done(store, ids, count, by, deadline_ms, error);
    default:
        return 0;
    }
}

int once_change(struct netboot_change *change, const struct once *once, const struct netboot_id *ids, size_t count,
                struct netboot_error *error)
{
    if (once->action == ONCE_NOTHING)
        return 0;
    return netboot_change_arm(change, ids, count, once->action == ONCE_ARM ? &once->request : NULL, error);
}

/* ---- What is shown */

static bool add_time(cJSON *object, const char *key, uint64_t seconds)
{
    char text[TIME_TEXT_SIZE];

    return seconds == 0 || cJSON_AddStringToObject(object, key, time_text(seconds, text));
}

static bool add_text(cJSON *object, const char *key, const char *text)
{
    return !text[0] || cJSON_AddStringToObject(object, key, text);
}

static bool add_use(cJSON *object, const struct netboot_once *once)
{
    if (once->count == 0)
        return true;
    return add_time(object, "used", once->used) && add_text(object, "server", once->server) &&
           add_text(object, "stage", netboot_stage_name(once->stage)) &&
           add_text(object, "family", once->family == NETBOOT_V4 ? "IPv4" : "IPv6") &&
           add_text(object, "boot_file", once->boot_file);
}

static cJSON *once_to_json(const struct netboot_once *once)
{
    cJSON *object = cJSON_CreateObject();
    bool done = add_text(object, "target", once->target) &&
                add_text(object, "state", netboot_once_state_name(once->state)) &&
                cJSON_AddBoolToObject(object, "until_done", once->until_done) &&
                cJSON_AddNumberToObject(object, "tries", once->tries) &&
                cJSON_AddNumberToObject(object, "boots", once->count) && add_time(object, "armed", once->armed) &&
                add_text(object, "by", once->by) && add_time(object, "expires", once->expires) &&
                cJSON_AddNumberToObject(object, "window", once->window) && add_time(object, "started", once->started) &&
                add_use(object, once) && add_time(object, "done", once->done);

    if (done)
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* Nobody knows what is armed. */
static cJSON *unknown_to_json(void)
{
    cJSON *object = cJSON_CreateObject();

    if (object && cJSON_AddStringToObject(object, "state", "?"))
        return object;
    cJSON_Delete(object);
    return NULL;
}

int once_add(struct netboot_view *view, const struct netboot_id *id, cJSON *host, struct netboot_error *error)
{
    struct netboot_once once;
    int status = netboot_view_once(view, id, &once, error);

    if (status == -ENOENT || status == -ENOMEM)
        return status == -ENOENT ? 0 : status;
    cJSON *object = status == 0 ? once_to_json(&once) : unknown_to_json();
    return object && cJSON_AddItemToObject(host, "once", object) ? 0 : failure_no_memory(error);
}

int once_counts_add(struct netboot_view *view, cJSON *status, struct netboot_error *error)
{
    uint64_t counts[NETBOOT_ONCE_NEVER_DONE + 1];
    cJSON *object = NULL;
    int code = netboot_view_once_counts(view, counts, NETBOOT_ONCE_NEVER_DONE + 1, error);

    if (code != 0)
        return code == -ENOMEM ? code : 0;
    for (int i = 0; i <= NETBOOT_ONCE_NEVER_DONE; i++) {
        const char *name = netboot_once_state_name((enum netboot_once_state)i);
        if (counts[i] == 0)
            continue;
        if ((!object && !(object = cJSON_AddObjectToObject(status, "once"))) ||
            !cJSON_AddNumberToObject(object, name, (double)counts[i]))
            return failure_no_memory(error);
    }
    return 0;
}
