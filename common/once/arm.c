/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once for people: arming, disarming, and the report of an installer. */
#include "once/once_store.h"

#include "base/bytes.h"
#include "base/failure.h"

#include "base/sized.h"

#include <errno.h>
#include <sys/random.h>

static int open_state(struct netboot_store *store, struct netboot_error *error)
{
    struct state *state = &store->once;
    int code;

    if (!env_is_closed(&state->env))
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
    int code = state_find_key(view, id, &key, error), rc = 0;

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
        rc = mdb_del(txn, env_table(&state->env, txn, STATE_ONCE), &row, NULL);
        rc = rc == MDB_NOTFOUND ? 0 : rc;
    }
    if (code < 0)
        return code;
    return rc == 0 ? 0 : env_failure(env_db(txn), rc, "change", error);
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
    if ((code = state_write_begin(state, deadline_ms, false, &write, error)) != 0)
        return code;
    env_repair(&state->env);
    state->time(state, &errand->now);
    for (size_t i = 0; i < count && code == 0; i++)
        code = run_one(state, write.txn, errand, view, &ids[i], error);
    return state_write_end(&write, code, error);
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

#define REQUEST_LEAST SIZED_UP_TO(struct netboot_once_request, by)

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
        .target = bytes_of_text(request->target),
        .by = bytes_of_text(request->by),
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
    code = view_get_named(view, &record_target, ROW_TARGET, bytes_of_text(name), &target);
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
    struct netboot_once_request known;
    struct errand errand = {.each = arm_one, .request = &known};
    int code = sized_read(request, REQUEST_LEAST, "request to boot once", &known, sizeof(known), error);

    if (code == 0)
        code = check_request(&known, error);
    if (code == 0)
        code = check_target(store, known.target, error);
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
                       netboot_id_text(id, text));
    if (found != 0)
        return failure(error, -ENOENT, "the host %s has no boot-once that could be done", netboot_id_text(id, text));
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
