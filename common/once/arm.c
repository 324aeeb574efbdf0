/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once for people: arming, disarming, and the report of an installer. */
#include "once/once_store.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "base/sized.h"
#include "once/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static int open_state(struct netboot_store *store, struct netboot_error *error)
{
    struct once_store *once = store->once;
    int code;

    if (!db_place_is_closed(&once->place))
        return 0;
    code = db_place_open(&once->place, 0, error);
    if (code != -ENOENT)
        return code;
    code = once_create(store->directory, error);
    return code == 0 || code == -EEXIST ? db_place_open(&once->place, 0, error) : code;
}

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

static int run_one(struct once_store *once, MDB_txn *txn, const struct errand *errand, struct netboot_view *view,
                   const struct netboot_id *id, struct netboot_error *error)
{
    struct once_record record;
    struct once_host host = {.store = errand->store};
    int code = once_find_host(view, id, &host, error), rc = 0;

    if (code != 0)
        return code;
    int found = once_get(once, txn, &host.key, &record);
    if (found != 0 && found != -ENOENT && found != -EBADMSG)
        return failure(error, found, "the state store in %s cannot be read: %s", once->place.directory,
                       strerror(-found));
    if (found == 0 && !once_is_of(&record, &host))
        found = -ENOENT;
    code = errand->each(errand, id, found, &record, error);
    if (code == PUT) {
        record.born = host.born;
        rc = once_put(once, txn, &host.key, &record);
    } else if (code == DELETE) {
        MDB_val row = key_value(&host.key);
        rc = mdb_del(txn, db_place_table(&once->place, txn, ONCE_TABLE), &row, NULL);
        rc = rc == MDB_NOTFOUND ? 0 : rc;
    }
    if (code < 0)
        return code;
    return rc == 0 ? 0 : db_failure(db_of(txn), rc, "change", error);
}

/* What hosts that are gone have left behind. */
static int clear_away(struct once_store *once, MDB_txn *txn, struct netboot_view *view, uint64_t store)
{
    struct once_record record;
    MDB_cursor *cursor;
    MDB_val row, value;
    int rc = mdb_cursor_open(txn, db_place_table(&once->place, txn, ONCE_TABLE), &cursor);

    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &row, &value, MDB_NEXT)) == 0)
        if ((record_decode(&record_once, value_bytes(value), &record) != 0 ||
             !once_has_host(view, store, row, &record)) &&
            (rc = mdb_cursor_del(cursor, 0)) != 0)
            break;
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int run_in_view(struct netboot_store *store, struct errand *errand, struct netboot_view *view, MDB_txn *txn,
                       const struct netboot_id *ids, size_t count, struct netboot_error *error)
{
    struct once_store *once = store->once;
    int code = view_meta(view, "id", &errand->store);

    if (code != 0)
        return failure(error, code, "the targets store in %s has no id: export it, init it anew and import it",
                       store->directory);
    if (getrandom(errand->token, sizeof(errand->token), 0) != sizeof(errand->token))
        return failure(error, -EIO, "there are no random numbers for a token");
    once->time(once, &errand->now);
    for (size_t i = 0; i < count && code == 0; i++)
        code = run_one(once, txn, errand, view, &ids[i], error);
    if (code != 0 || !errand->request)
        return code;
    int rc = clear_away(once, txn, view, errand->store);
    return rc == 0 ? 0 : db_failure(db_of(txn), rc, "change", error);
}

static int write_begin(struct netboot_store *store, unsigned deadline_ms, struct once_writing *ret,
                       struct netboot_error *error)
{
    int code = open_state(store, error);

    if (code == 0 && (code = once_write_begin(store->once, deadline_ms, false, ret, error)) == 0)
        db_place_repair(&store->once->place);
    return code;
}

static int run(struct netboot_store *store, struct errand *errand, const struct netboot_id *ids, size_t count,
               unsigned deadline_ms, struct netboot_error *error)
{
    struct once_writing write;
    struct netboot_view *view;
    int code = netboot_view_open(store, &view, error);

    if (code != 0)
        return code;
    if (errand->request)
        code = check_target(view, errand->request, error);
    if (code == 0 && (code = write_begin(store, deadline_ms, &write, error)) == 0) {
        code = run_in_view(store, errand, view, write.txn, ids, count, error);
        code = once_write_end(&write, code, error);
    }
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

static int check_request(const struct netboot_once_request *request, struct netboot_error *error)
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

int netboot_once_arm(struct netboot_store *store, const struct netboot_id *ids, size_t count,
                     const struct netboot_once_request *request, unsigned deadline_ms, struct netboot_error *error)
{
    struct netboot_once_request known;
    struct errand errand = {.each = arm_one, .request = &known};
    int code = sized_read(request, REQUEST_LEAST, "request to boot once", &known, sizeof(known), error);

    if (code == 0)
        code = check_request(&known, error);
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

/* ---- Together with a change of the targets store */

struct arming {
    struct arming *next;
    bool disarms;
    struct netboot_once_request request; /* its texts are here: */
    char target[NETBOOT_NAME_MAX + 1], by[NETBOOT_ONCE_BY_SIZE];
    size_t count;
    struct netboot_id ids[];
};

static struct arming *arming_new(const struct netboot_id *ids, size_t count, const struct netboot_once_request *request)
{
    struct arming *arming = calloc(1, sizeof(*arming) + count * sizeof(*ids));

    if (!arming)
        return NULL;
    arming->disarms = !request;
    arming->count = count;
    memcpy(arming->ids, ids, count * sizeof(*ids));
    if (!request)
        return arming;
    arming->request = *request;
    arming->request.target = strcpy(arming->target, request->target);
    arming->request.by = request->by ? strcpy(arming->by, request->by) : NULL;
    return arming;
}

int arming_add(struct arming **list, struct netboot_view *view, const struct netboot_id *ids, size_t count,
               const struct netboot_once_request *request, struct netboot_error *error)
{
    struct netboot_once_request known;
    struct once_host host;
    int code = 0;

    if (request)
        code = sized_read(request, REQUEST_LEAST, "request to boot once", &known, sizeof(known), error);
    if (code == 0 && request && (code = check_request(&known, error)) == 0)
        code = check_target(view, &known, error);
    for (size_t i = 0; i < count && code == 0; i++)
        code = once_find_host(view, &ids[i], &host, error);
    if (code != 0)
        return code;
    struct arming *arming = arming_new(ids, count, request ? &known : NULL);
    if (!arming)
        return failure(error, -ENOMEM, "no memory for what is to be armed");
    while (*list)
        list = &(*list)->next;
    *list = arming;
    return 0;
}

int arming_write(const struct arming *list, struct netboot_view *view, unsigned deadline_ms, struct once_writing *ret,
                 struct netboot_error *error)
{
    struct netboot_store *store = view->store;
    int code = write_begin(store, deadline_ms, ret, error);

    if (code != 0)
        return code;
    for (; list && code == 0; list = list->next) {
        struct errand errand = {.each = list->disarms ? disarm_one : arm_one,
                                .request = list->disarms ? NULL : &list->request};
        if (!list->disarms)
            code = check_target(view, &list->request, error);
        if (code == 0)
            code = run_in_view(store, &errand, view, ret->txn, list->ids, list->count, error);
    }
    return code == 0 ? 0 : once_write_end(ret, code, error);
}

void arming_free(struct arming *list)
{
    while (list) {
        struct arming *next = list->next;
        free(list);
        list = next;
    }
}

/* ---- The report of an installer */

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
