/* SPDX-License-Identifier: MPL-2.0 */
/* Commands that change: netboot-host-add, netboot-host-update, netboot-host-del. */
#include "json/remote/remote_commands.h"

#include "common/base/failure.h"
#include "json/record/arguments.h"
#include "json/show/boot_once.h"
#include "json/show/host_json.h"

#include <errno.h>
#include <string.h>

/* What is asked of one host. */
struct remote_wish {
    cJSON *record; /* the keys of its record that are named */
    cJSON *armed;  /* those of its boot-once; `once` points into it */
    struct once once;
    struct netboot_id id;                /* by which it is called; after the change, one that it has */
    bool changed;                        /* the record was changed */
    char text[NETBOOT_RECORD_TEXT_SIZE]; /* "host web1" */
    struct arena memory;
};

/* `first`: an argument beside the keys of a host, or NULL. */
static int wish_check(const char *command, const char *first, const cJSON *arguments, struct netboot_error *told)
{
    enum { KNOWN_MAX = 32 };
    const char *known[KNOWN_MAX] = {first}, *key;
    size_t count = first != NULL;

    for (size_t i = 0; (key = record_key(NETBOOT_RECORD_HOST, i)) && count + 1 < KNOWN_MAX; i++)
        known[count++] = key;
    for (size_t i = 0; (key = once_keys[i]) && count + 1 < KNOWN_MAX; i++)
        known[count++] = key;
    return arguments_check(command, arguments, known, told);
}

static int wish_read(const struct remote *remote, const char *command, const char *first, const cJSON *arguments,
                     struct remote_wish *wish, struct netboot_error *told)
{
    int status;

    if (arguments && !cJSON_IsNull(arguments) && !cJSON_IsObject(arguments))
        return failure(told, -EINVAL,
                       "the arguments must be an object with keys of a host, as {\"mac\": \"52:54:00:12:34:56\"}");
    if (!cJSON_IsObject(arguments))
        return failure(told, -EINVAL,
                       "the arguments are missing: give keys of a host, as {\"mac\": \"52:54:00:12:34:56\"}");
    if ((status = wish_check(command, first, arguments, told)) != 0)
        return status;
    if (!(wish->record = cJSON_Duplicate(arguments, true)) || !(wish->armed = once_split(wish->record)))
        return failure_no_memory(told);
    status = argument_no_text(wish->armed, "tries", told);
    if (status == 0)
        status = argument_no_text(wish->armed, "window", told);
    if (status == 0)
        status = once_read(wish->armed, "", &wish->once, told);
    wish->once.request.by = remote->server;
    return status;
}

static void wish_free(struct remote_wish *wish)
{
    cJSON_Delete(wish->record);
    cJSON_Delete(wish->armed);
    arena_free(&wish->memory);
}

/* ---- One change, from its beginning to its end */

/* Sets wish->changed if there is anything to commit. */
typedef int change_host(struct netboot_change *change, struct remote_wish *wish, struct netboot_error *told);

static int begin(const struct remote *remote, struct netboot_change **ret, struct netboot_error *told)
{
    struct netboot_view *view;
    int status = remote_view(remote, &view, told); /* without a store, this does not wait */

    if (status != 0)
        return status;
    netboot_view_close(view);
    status = netboot_change_open(remote->store, REMOTE_WAIT_MS, ret, told);
    if (status == -EACCES || status == -EROFS)
        return failure(told, status,
                       "no permission to change the targets store in %s: the user of %s may only read it; to let it "
                       "write, see docs/kea-commands.md",
                       remote->directory, remote->server);
    return status;
}

static int carry_out(const struct remote *remote, const char *command, change_host *what, struct remote_wish *wish,
                     struct netboot_error *told)
{
    struct netboot_change *change;
    char history[NETBOOT_RECORD_TEXT_SIZE + 32];
    int status = begin(remote, &change, told);

    if (status != 0)
        return status;
    status = what(change, wish, told);
    if (status == 0)
        status = once_change(change, &wish->once, &wish->id, 1, told);
    if (status == 0 && (wish->changed || wish->once.action != ONCE_NOTHING)) {
        snprintf(history, sizeof(history), "%s %s", command, wish->text);
        netboot_change_describe(change, remote->server, history);
        return netboot_change_commit(change, told);
    }
    netboot_change_abort(change);
    return status;
}

/* ---- What an addition and an update have in common */

/* Answers with the host as it is now. */
static int finish(const struct remote *remote, const struct remote_wish *wish, const char *done, cJSON **ret,
                  struct netboot_error *told)
{
    struct netboot_error reason;
    struct netboot_view *view;
    int status = remote_view(remote, &view, &reason);

    if (status == 0) {
        status = host_to_json(view, &wish->id, ret, &reason);
        netboot_view_close(view);
    }
    return failure(told, 0, "%s%s%.350s", done,
                   status == 0 ? "" : " Cannot show the host: ", status == 0 ? "" : reason.text);
}

/* ---- netboot-host-add */

static int add(struct netboot_change *change, struct remote_wish *wish, struct netboot_error *told)
{
    struct netboot_view *view = netboot_change_view(change);
    struct netboot_record record = {.kind = NETBOOT_RECORD_HOST};
    struct netboot_record_key key;
    struct netboot_error reason;
    int status;

    if ((status = record_from_json(wish->record, &record, &wish->memory, told)) != 0 ||
        (status = host_target_check(view, &record.host, told)) != 0)
        return status;
    if (netboot_record_key_of(&record, &key) == 0) /* else it is refused below */
        wish->id = key.id;
    netboot_record_text(&record, wish->text);
    wish->changed = true;
    status = netboot_change_add(change, &record, &reason);
    if (status == -EEXIST)
        return failure(told, status, "%.400s: use netboot-host-update to change it", reason.text);
    return status == 0 ? 0 : failure(told, status, "%s", reason.text);
}

int remote_host_add(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told)
{
    struct remote_wish wish = {.changed = false};
    int status = wish_read(remote, "netboot-host-add", NULL, arguments, &wish, told);

    if (wish.once.action == ONCE_DISARM)
        wish.once.action = ONCE_NOTHING; /* nothing is armed yet */
    if (status == 0)
        status = carry_out(remote, "netboot-host-add", add, &wish, told);
    if (status == 0)
        status = finish(remote, &wish, "Host added.", ret, told);
    wish_free(&wish);
    return status;
}

/* ---- netboot-host-update */

static int no_such_host(const struct netboot_id *id, struct netboot_error *told)
{
    char text[NETBOOT_ID_TEXT_SIZE];

    return failure(told, -ENODATA, "there is no host %s", netboot_id_text(id, text));
}

/* Puts the host if it differs. It keeps the identifier by which it was called, so that the same command finds it
 * again. */
static int revise(struct netboot_change *change, struct remote_wish *wish, const struct netboot_record *old,
                  struct netboot_record_patch *patch, struct netboot_error *told)
{
    const struct netboot_record_key called = host_key(&wish->id);
    struct netboot_record_key key;
    struct netboot_record new;
    int status;

    if (wish->id.type != NETBOOT_ID_NAME && !(patch->keep_id = host_item(&wish->id, &wish->memory)).data)
        return failure_no_memory(told);
    if ((status = netboot_patch_apply(old, patch, &new, told)) != 0)
        return status;
    if (netboot_record_key_of(&new, &key) == 0)
        wish->id = key.id; /* its name may have changed */
    netboot_record_text(&new, wish->text);
    wish->changed = !netboot_record_equal(old, &new);
    return wish->changed ? netboot_change_put(change, &called, &new, told) : 0;
}

static int update(struct netboot_change *change, struct remote_wish *wish, struct netboot_error *told)
{
    struct netboot_view *view = netboot_change_view(change);
    struct netboot_record old, values = {.kind = NETBOOT_RECORD_HOST};
    const struct netboot_record_key key = host_key(&wish->id);
    struct netboot_record_patch patch;
    int status = patch_from_json(wish->record, false, &values, &patch, &wish->memory, told);

    if (status == 0)
        status = host_target_check(view, &values.host, told);
    if (status != 0)
        return status;
    status = netboot_view_get(view, &key, &old, told);
    if (status == -ENOENT)
        return no_such_host(&wish->id, told);
    return status == 0 ? revise(change, wish, &old, &patch, told) : status;
}

/* If the record stays, the targets store is not written: a server may have permission only to arm. */
static int arm_only(const struct remote *remote, struct remote_wish *wish, struct netboot_error *told)
{
    struct netboot_view *view;
    struct netboot_record record;
    int status = remote_view(remote, &view, told);

    if (status != 0)
        return status;
    status = host_get(view, &wish->id, &record);
    if (status == -ENOENT)
        status = no_such_host(&wish->id, told);
    else if (status != 0)
        failure(told, status, "the record of the host is damaged: delete it and set it again");
    netboot_view_close(view);
    return status == 0 ? once_apply(remote->store, &wish->once, &wish->id, 1, remote->server, REMOTE_WAIT_MS, told)
                       : status;
}

int remote_host_update(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told)
{
    struct remote_wish wish = {.changed = false};
    int status = wish_read(remote, "netboot-host-update", "id", arguments, &wish, told);

    if (status == 0)
        status = argument_id(wish.record, "id", &wish.id, told);
    cJSON_DeleteItemFromObjectCaseSensitive(wish.record, "id");
    if (status == 0)
        status = wish.record->child ? carry_out(remote, "netboot-host-update", update, &wish, told)
                                    : arm_only(remote, &wish, told);
    if (status == 0)
        status =
            finish(remote, &wish, wish.changed || wish.once.action ? "Host updated." : "Host unchanged.", ret, told);
    wish_free(&wish);
    return status;
}

/* ---- netboot-host-del */

static int delete (struct netboot_change *change, struct remote_wish *wish, struct netboot_error *told)
{
    const struct netboot_record_key key = host_key(&wish->id);
    int status = netboot_change_delete(change, &key, told);

    netboot_record_key_text(&key, wish->text);
    wish->changed = status == 0;
    return status == -ENOENT ? no_such_host(&wish->id, told) : status;
}

int remote_host_delete(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told)
{
    static const char *const known[] = {"id", NULL};
    struct remote_wish wish = {.changed = false};
    int status = arguments_check("netboot-host-del", arguments, known, told);

    (void)ret;
    if (status == 0)
        status = argument_id(arguments, "id", &wish.id, told);
    if (status == 0)
        status = carry_out(remote, "netboot-host-del", delete, &wish, told);
    if (status == 0)
        failure(told, 0, "Host deleted.");
    wish_free(&wish);
    return status;
}
