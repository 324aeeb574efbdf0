/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once for people: arming, disarming, the report of an installer, and what there is. */
#include "state_store.h"

#include "failure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

#define FORGET_MS 5000 /* that a change of the targets store waits for other writers of the state store */

static const char *id_text(const struct netboot_id *id, char text[NETBOOT_ID_TEXT_SIZE])
{
    return netboot_id_text(id, text);
}

static int find_key(struct netboot_view *view, const struct netboot_id *id, struct key *ret,
                    struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct key key;
    MDB_val value;
    int code =
        key_of_id(&key, (uint8_t)id->type, id->value, id->size) ? view_find_host(view, &key, ret, &value) : -ENOENT;

    if (code == -ENOENT)
        return failure(error, code, "there is no host %s", id_text(id, text));
    return code == 0 ? 0 : failure(error, code, "the record of the host %s is damaged", id_text(id, text));
}

static int open_state(struct netboot_store *store, struct netboot_error *error)
{
    struct state *state = &store->once;
    int code;

    if (atomic_load(&state->env.gate) != ENV_CLOSED)
        return 0;
    code = env_open(&state->env, 0, error);
    if (code != -ENOENT)
        return code;
    code = state_create(store->directory, error);
    return code == 0 || code == -EEXIST ? env_open(&state->env, 0, error) : code;
}

/* One transaction in which each host's record is changed. `each` returns 0 to have the record put, 1 to have it
 * deleted, 2 to leave it, or a failure. */
struct errand {
    int (*each)(const struct errand *errand, const struct netboot_id *id, int found, struct once_record *record,
                struct netboot_error *error);
    const struct netboot_once_request *request;
    uint8_t token[ONCE_TOKEN_SIZE];
    uint64_t store;
    struct once_time now;
};

enum { PUT, DELETE, LEAVE };

static int run_one(struct state *state, MDB_txn *txn, const struct errand *errand, struct netboot_view *view,
                   const struct netboot_id *id, struct netboot_error *error)
{
    struct once_record record;
    struct key key;
    int code = find_key(view, id, &key, error), rc = 0;

    if (code != 0)
        return code;
    int found = state_get(state, txn, &key, &record);
    if (found != 0 && found != -ENOENT && found != -EBADMSG)
        return failure(error, found, "the state store in %s cannot be read: %s", state->env.directory,
                       strerror(-found));
    if (found == 0 && record.store != errand->store)
        found = -ENOENT;
    code = errand->each(errand, id, found, &record, error);
    if (code == PUT) {
        rc = state_put(state, txn, &key, &record);
    } else if (code == DELETE) {
        MDB_val row = key_value(&key);
        rc = mdb_del(txn, state->env.tables[STATE_ONCE], &row, NULL);
        rc = rc == MDB_NOTFOUND ? 0 : rc;
    }
    if (code < 0)
        return code;
    return rc == 0 ? 0 : env_failure(&state->env, rc, "change", error);
}

static int run_in_view(struct netboot_store *store, struct errand *errand, struct netboot_view *view,
                       const struct netboot_id *ids, size_t count, unsigned deadline_ms, struct netboot_error *error)
{
    struct state *state = &store->once;
    struct state_write write;
    int code = view_meta(view, "id", &errand->store);

    if (code != 0)
        return failure(error, code, "the targets store in %s has no id: export it, init it anew and import it",
                       store->directory);
    if ((code = state_write_begin(state, deadline_ms, &write, error)) != 0)
        return code;
    env_repair(&state->env);
    state->time(state, &errand->now);
    for (size_t i = 0; i < count && code == 0; i++)
        code = run_one(state, write.txn, errand, view, &ids[i], error);
    return state_write_end(state, &write, code, error);
}

static int run(struct netboot_store *store, struct errand *errand, const struct netboot_id *ids, size_t count,
               unsigned deadline_ms, struct netboot_error *error)
{
    struct netboot_view *view;
    int code = open_state(store, error);

    if (code == 0 && getrandom(errand->token, sizeof(errand->token), 0) != sizeof(errand->token))
        code = failure(error, -EIO, "there are no random numbers for a token");
    if (code != 0 || (code = netboot_view_open(store, &view, error)) != 0)
        return code;
    code = run_in_view(store, errand, view, ids, count, deadline_ms, error);
    netboot_view_close(view);
    return code;
}

/* ---- Arming */

static struct netboot_bytes text_bytes(const char *text)
{
    return (struct netboot_bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

static int arm_one(const struct errand *errand, const struct netboot_id *id, int found, struct once_record *record,
                   struct netboot_error *error)
{
    const struct netboot_once_request *request = errand->request;
    unsigned tries = request->tries > 0 ? request->tries : ONCE_TRIES;

    (void)id;
    (void)found;
    (void)error;
    *record = (struct once_record){
        .token = {errand->token, sizeof(errand->token)},
        .store = errand->store,
        .target = text_bytes(request->target),
        .by = text_bytes(request->by),
        .armed = errand->now.wall,
        .expires = request->expires > 0 ? request->expires : errand->now.wall + ONCE_EXPIRY,
        .window = request->window < 0 ? ONCE_WINDOW_MS : (uint64_t)request->window * 1000,
        .tries = request->until_done ? (uint16_t)tries : 1,
        .until_done = request->until_done,
        .phase = ONCE_ARMED,
    };
    return PUT;
}

static int check_target(struct netboot_store *store, const char *name, struct netboot_error *error)
{
    struct netboot_target target;
    struct netboot_view *view;
    int code = netboot_view_open(store, &view, error);

    if (code != 0)
        return code;
    code = netboot_view_target(view, name, &target);
    enum netboot_kind kind = code == 0 ? target.kind : NETBOOT_KIND_BOOT;
    netboot_view_close(view);
    if (code == -ENOENT)
        return failure(error, code, "there is no target %s", name);
    if (code != 0)
        return failure(error, code, "the record of the target %s is damaged: set it anew", name);
    if (kind != NETBOOT_KIND_BOOT && kind != NETBOOT_KIND_LOCAL)
        return failure(
            error, -EINVAL,
            "the target %s is of kind %s: that a machine has booted it cannot be seen; set it for good, with "
            "--target",
            name, netboot_kind_name(kind));
    return 0;
}

static int check_request(const struct netboot_once_request *request, struct netboot_error *error)
{
    if (!request->target || !netboot_name_valid(request->target))
        return failure(error, -EINVAL, "no target to boot once is named");
    if (request->tries > ONCE_TRIES_MAX)
        return failure(error, -EINVAL, "%u tries: at most %d", request->tries, ONCE_TRIES_MAX);
    if (request->window > ONCE_WINDOW_MAX)
        return failure(error, -EINVAL, "a window of %d seconds: at most %d", request->window, ONCE_WINDOW_MAX);
    if (request->by && strlen(request->by) >= NETBOOT_ONCE_BY_SIZE)
        return failure(error, -EINVAL, "the name of who arms is longer than %d octets", NETBOOT_ONCE_BY_SIZE - 1);
    return 0;
}

int netboot_once_arm(struct netboot_store *store, const struct netboot_id *ids, size_t count,
                     const struct netboot_once_request *request, unsigned deadline_ms, struct netboot_error *error)
{
    struct errand errand = {.each = arm_one, .request = request};
    int code = check_request(request, error);

    if (code == 0)
        code = check_target(store, request->target, error);
    return code == 0 ? run(store, &errand, ids, count, deadline_ms, error) : code;
}

static int disarm_one(const struct errand *errand, const struct netboot_id *id, int found, struct once_record *record,
                      struct netboot_error *error)
{
    (void)errand;
    (void)id;
    (void)found;
    (void)record;
    (void)error;
    return DELETE;
}

int netboot_once_disarm(struct netboot_store *store, const struct netboot_id *ids, size_t count, unsigned deadline_ms,
                        struct netboot_error *error)
{
    struct errand errand = {.each = disarm_one};

    return run(store, &errand, ids, count, deadline_ms, error);
}

static int done_one(const struct errand *errand, const struct netboot_id *id, int found, struct once_record *record,
                    struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];

    if (found == -EBADMSG)
        return failure(error, found, "the boot-once of the host %s is damaged: disarm it with --no-once",
                       id_text(id, text));
    if (found != 0)
        return failure(error, -ENOENT, "the host %s has no boot-once that could be done", id_text(id, text));
    if (record->phase == ONCE_DONE)
        return LEAVE;
    record->phase = ONCE_DONE;
    record->done = errand->now.wall;
    return PUT;
}

int netboot_once_done(struct netboot_store *store, const struct netboot_id *ids, size_t count, unsigned deadline_ms,
                      struct netboot_error *error)
{
    struct errand errand = {.each = done_one};

    return run(store, &errand, ids, count, deadline_ms, error);
}

/* ---- What there is */

static void copy_text(char *ret, size_t size, struct netboot_bytes text)
{
    size_t count = text.size < size ? text.size : size - 1;

    if (count > 0)
        memcpy(ret, text.data, count);
    ret[count] = '\0';
}

static void show(const struct once_record *record, uint64_t wall, struct netboot_once *ret)
{
    static const enum netboot_stage stages[] = {
        [ONCE_PXE4] = NETBOOT_STAGE_PXE,   [ONCE_PXE6] = NETBOOT_STAGE_PXE,   [ONCE_HTTP4] = NETBOOT_STAGE_HTTP,
        [ONCE_HTTP6] = NETBOOT_STAGE_HTTP, [ONCE_IPXE4] = NETBOOT_STAGE_IPXE, [ONCE_IPXE6] = NETBOOT_STAGE_IPXE,
    };

    *ret = (struct netboot_once){
        .state = once_state(record, wall),
        .until_done = record->until_done != 0,
        .tries = record->tries,
        .count = record->count,
        .window = (unsigned)(record->window / 1000),
        .armed = record->armed,
        .expires = record->expires,
        .started = record->started,
        .used = record->used,
        .done = record->done,
        .family = record->method % 2 == 0 ? NETBOOT_V4 : NETBOOT_V6,
        .stage = record->count > 0 && record->method < ONCE_METHODS ? stages[record->method] : NETBOOT_STAGE_NONE,
    };
    copy_text(ret->target, sizeof(ret->target), record->target);
    copy_text(ret->by, sizeof(ret->by), record->by);
    copy_text(ret->server, sizeof(ret->server), record->server);
    copy_text(ret->boot_file, sizeof(ret->boot_file), record->file);
}

int netboot_view_once(struct netboot_view *view, const struct netboot_id *id, struct netboot_once *ret)
{
    struct state *state = view_state(view);
    struct once_record record;
    struct once_time now;
    struct env_slot *slot;
    uint64_t store;
    struct key key;
    int code = find_key(view, id, &key, NULL);

    if (code == 0)
        code = view_meta(view, "id", &store);
    if (code != 0)
        return code;
    if ((code = env_read_begin(&state->env, &slot)) != 0)
        return atomic_load(&state->env.gate) == ENV_CLOSED ? -ENOENT : code;
    code = state_get(state, slot->txn, &key, &record);
    if (code == 0 && record.store != store)
        code = -ENOENT;
    if (code == 0) {
        state->time(state, &now);
        show(&record, now.wall, ret);
    }
    env_read_end(slot);
    return code;
}

/* Calls `each` with every record; damaged ones are passed over with record NULL. */
static int each_record(struct state *state, int (*each)(MDB_val key, const struct once_record *record, void *user),
                       void *user)
{
    struct once_record record;
    struct env_slot *slot;
    MDB_val key, value;
    int code = env_read_begin(&state->env, &slot), rc;

    if (code != 0)
        return atomic_load(&state->env.gate) == ENV_CLOSED ? 0 : code;
    rc = env_renew_cursor(&state->env, slot);
    if (rc == 0)
        rc = mdb_cursor_get(slot->cursor, &key, &value, MDB_FIRST);
    while (rc == 0 && code == 0) {
        bool sound = record_decode(&record_once, value_bytes(value), &record) == 0;
        code = each(key, sound ? &record : NULL, user);
        if (code == 0)
            rc = mdb_cursor_get(slot->cursor, &key, &value, MDB_NEXT);
    }
    env_read_end(slot);
    return code != 0 || rc == MDB_NOTFOUND ? code : env_code(rc);
}

struct counting {
    uint64_t store, wall, *counts;
};

static int count_one(MDB_val key, const struct once_record *record, void *user)
{
    const struct counting *counting = user;

    (void)key;
    if (record && record->store == counting->store)
        counting->counts[once_state(record, counting->wall)]++;
    return 0;
}

int netboot_view_once_counts(struct netboot_view *view, uint64_t ret[NETBOOT_ONCE_NEVER_DONE + 1])
{
    struct counting counting = {.counts = ret};
    struct once_time now;

    memset(ret, 0, (NETBOOT_ONCE_NEVER_DONE + 1) * sizeof(*ret));
    if (view_meta(view, "id", &counting.store) != 0)
        return 0;
    view_state(view)->time(view_state(view), &now);
    counting.wall = now.wall;
    return each_record(view_state(view), count_one, &counting);
}

int netboot_once_check(struct netboot_store *store, struct netboot_error *error)
{
    struct env *env = &store->once.env;

    return atomic_load(&env->gate) == ENV_CLOSED || atomic_load(&env->broken) ? env_open(env, FORGET_MS, error) : 0;
}

/* ---- Forgetting */

struct forgetting {
    struct netboot_view *before, *after;
    bool reverted;
    uint64_t store;
    struct key *keys;
    size_t count, room;
};

static bool has_host(struct netboot_view *view, const struct key *key)
{
    struct key found;
    MDB_val value;

    return view_find_host(view, key, &found, &value) == 0 && key_equals(&found, key->octets, key->size);
}

/* Whether the host has an identifier that was not its own before. */
static bool has_gained(const struct forgetting *forgetting, const struct key *key)
{
    struct netboot_host host;

    if (view_get_host(forgetting->after, key, &host) != 0)
        return true;
    for (size_t i = 0; i < host.ids.count; i++) {
        struct netboot_bytes id = host.ids.items[i];
        struct key own, found;
        MDB_val value;
        if (!key_of_id(&own, id.data[0], id.data + 1, id.size - 1) ||
            view_find_host(forgetting->before, &own, &found, &value) != 0 ||
            !key_equals(&found, key->octets, key->size))
            return true;
    }
    return false;
}

static int forget_one(MDB_val row, const struct once_record *record, void *user)
{
    struct forgetting *forgetting = user;
    struct key key = {.size = row.mv_size};

    if (row.mv_size > KEY_SIZE)
        return 0;
    memcpy(key.octets, row.mv_data, row.mv_size);
    if (record && record->store == forgetting->store && has_host(forgetting->before, &key) &&
        has_host(forgetting->after, &key) && !(forgetting->reverted && has_gained(forgetting, &key)))
        return 0;
    if (forgetting->count == forgetting->room) {
        size_t room = forgetting->room > 0 ? 2 * forgetting->room : 16;
        struct key *keys = realloc(forgetting->keys, room * sizeof(*keys));
        if (!keys)
            return -ENOMEM;
        forgetting->keys = keys;
        forgetting->room = room;
    }
    forgetting->keys[forgetting->count++] = key;
    return 0;
}

static int delete_keys(struct state *state, const struct forgetting *forgetting, struct netboot_error *error)
{
    struct state_write write;
    int code = state_write_begin(state, FORGET_MS, &write, error), rc = 0;

    if (code != 0)
        return code;
    for (size_t i = 0; i < forgetting->count && rc == 0; i++) {
        MDB_val row = key_value(&forgetting->keys[i]);
        rc = mdb_del(write.txn, state->env.tables[STATE_ONCE], &row, NULL);
        rc = rc == MDB_NOTFOUND ? 0 : rc;
    }
    if (rc != 0)
        code = env_failure(&state->env, rc, "change", error);
    return state_write_end(state, &write, code, error);
}

int state_forget(struct netboot_view *change, bool reverted, struct netboot_error *error)
{
    struct state *state = view_state(change);
    struct forgetting forgetting = {.after = change, .reverted = reverted};
    char remedy[ENV_REMEDY_SIZE];
    int code;

    if (atomic_load(&state->env.gate) == ENV_CLOSED)
        return 0;
    if (view_meta(change, "id", &forgetting.store) != 0)
        forgetting.store = 0;
    if ((code = netboot_view_open(change->store, &forgetting.before, error)) != 0)
        return code;
    code = each_record(state, forget_one, &forgetting);
    netboot_view_close(forgetting.before);
    if (code == -EBADMSG)
        failure(error, code, "the state store in %s is damaged: %s", state->env.directory,
                env_remedy(&state->env, remedy));
    else if (code != 0)
        failure(error, code, "the state store in %s cannot be read: %s", state->env.directory, strerror(-code));
    else if (forgetting.count > 0)
        code = delete_keys(state, &forgetting, error);
    free(forgetting.keys);
    return code;
}
