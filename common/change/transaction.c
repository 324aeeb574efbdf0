/* SPDX-License-Identifier: MPL-2.0 */
/* The beginning and end of a change: one write transaction, one generation. */
#include "change/change.h"

#include "change/history.h"
#include "once/once.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static void close_cursors(struct netboot_change *change)
{
    for (size_t i = 0; i < sizeof(change->cursors) / sizeof(change->cursors[0]); i++)
        if (change->cursors[i])
            mdb_cursor_close(change->cursors[i]);
    if (change->view.cursor)
        mdb_cursor_close(change->view.cursor);
}

/* Frees all that a change holds, the transaction first. */
static void end(struct netboot_change *change)
{
    db_give(change->view.reader);
    db_place_reap(&change->store->place);
    view_look_for_tables(&change->view);
    writers_unlock(change->lock);
    images_free(&change->images);
    arming_free(change->armings);
    view_forget_once(&change->view);
    free(change);
}

static int open_cursors(struct netboot_change *change)
{
    int rc = mdb_cursor_open(change->view.txn, view_table(&change->view, TABLE_POLICY), &change->view.cursor);

    for (size_t i = 0; i < sizeof(change->cursors) / sizeof(change->cursors[0]) && rc == 0; i++)
        rc = mdb_cursor_open(change->view.txn, view_table(&change->view, TABLE_HOST), &change->cursors[i]);
    return rc;
}

static int begin(struct netboot_change *change, struct netboot_error *error)
{
    struct netboot_store *store = change->store;
    int code = db_write_begin(&store->place, &change->view.txn, &change->view.reader, error);

    if (code != 0)
        return code;
    change->view.db = change->view.reader->db;
    change->view.cache = change->view.reader->cache;
    int rc = open_cursors(change);
    if (rc == 0)
        rc = history_open(change);
    if (rc != 0)
        code = db_failure(change->view.db, rc, "change", error);
    else if ((code = view_meta(&change->view, "hosts", &change->hosts)) != 0)
        change_damaged_store(code, "number of hosts", error);
    if (code == 0)
        return 0;
    close_cursors(change);
    mdb_txn_abort(change->view.txn);
    db_give(change->view.reader);
    return code;
}

int netboot_change_open(struct netboot_store *store, unsigned deadline_ms, struct netboot_change **ret,
                        struct netboot_error *error)
{
    struct netboot_change *change;
    int code;

    if (db_place_in_child(&store->place))
        return failure(error, -ECHILD, "the targets store cannot be used after a fork: open it again");
    if (!(change = calloc(1, sizeof(*change))))
        return failure(error, -ENOMEM, "out of memory for a change of the targets store");
    change->store = change->view.store = store;
    change->view.change = change;
    change->view.hosts = &change->hosts;
    change->owner = pthread_self();
    change->deadline_ms = deadline_ms;
    change->lock = writers_lock(&store->place, deadline_ms, error);
    if (change->lock < 0) {
        code = change->lock;
        free(change);
        return code;
    }
    db_place_repair(&store->place);
    if ((code = begin(change, error)) != 0) {
        writers_unlock(change->lock);
        free(change);
        return code;
    }
    *ret = change;
    return 0;
}

struct netboot_view *netboot_change_view(struct netboot_change *change)
{
    return &change->view;
}

static int put_all_meta(struct netboot_change *change, struct netboot_error *error)
{
    uint64_t generation;
    int code = view_meta(&change->view, "generation", &generation);

    if (code != 0)
        return change_damaged_store(code, "generation", error);
    if ((code = change_put_meta(change, "generation", generation + 1, error)) != 0 ||
        (code = change_put_meta(change, "changed", (uint64_t)time(NULL), error)) != 0)
        return code;
    if ((code = change_put_meta(change, "hosts", change->hosts, error)) != 0)
        return code;
    int rc = history_put(change, generation + 1);
    return rc == 0 ? 0 : change_failed(change, rc, error);
}

/* Checks that the changed store is still the one in the directory. */
static int check_place(struct netboot_change *change, struct netboot_error *error)
{
    const struct db *db = change->view.db;

    if (db == db_place_current(&change->store->place) && !db_is_replaced(db))
        return 0;
    return failure(error, -EAGAIN, "the targets store in %s was replaced meanwhile; nothing was changed: try again",
                   change->store->directory);
}

int netboot_change_arm(struct netboot_change *change, const struct netboot_id *ids, size_t count,
                       const struct netboot_once_request *request, struct netboot_error *error)
{
    int code = change_check(change, error);

    return code == 0 ? arming_add(&change->armings, &change->view, ids, count, request, error) : code;
}

/* Does all that is left before the commit. Armings are handed to netbootd, which waits for control_do(). */
static int prepare(struct netboot_change *change, int *ret_control, struct netboot_error *error)
{
    int code = 0;

    if (change->touched && (code = check_place(change, error)) != 0)
        return code;
    if (change->touched && change_settle(change) != 0)
        return failure(error, change->failed.code, "%s", change->failed.text);
    if (change->touched)
        code = put_all_meta(change, error);
    if (code != 0 || !change->armings)
        return code;
    *ret_control = arming_hand_over(change->armings, &change->view, change->by, change->deadline_ms, error);
    return *ret_control < 0 ? *ret_control : 0;
}

/* Commits the records first: a crash in between leaves them changed, and arms no host for records that were never
 * committed. */
static int commit(struct netboot_change *change, int code, struct netboot_error *error)
{
    if (code == 0 && change->touched) {
        int rc = mdb_txn_commit(change->view.txn);
        return rc == 0 ? 0 : db_failure(change->view.db, rc, "change", error);
    }
    mdb_txn_abort(change->view.txn);
    return code;
}

/* Whoever does not answer in time may still arm it later. */
static void failed_to_arm(const struct netboot_change *change, const struct netboot_error *reason,
                          struct netboot_error *error)
{
    bool late = reason->code == -ETIMEDOUT;

    failure(error, reason->code, "%s%s: %.400s",
            !change->touched ? ""
            : late           ? "the records were changed; "
                             : "the records were changed, but ",
            late ? "whether it is armed is not known" : "nothing was armed", reason->text);
}

int netboot_change_commit(struct netboot_change *change, struct netboot_error *error)
{
    struct netboot_error reason;
    int control = CONTROL_CLOSED, code = change_check(change, error);

    if (code == -ECHILD || code == -EPERM)
        return code;
    if (code == 0)
        code = prepare(change, &control, error);
    close_cursors(change);
    code = commit(change, code, error);
    if (code == 0 && control >= 0) {
        code = control_do(control, change->deadline_ms, &reason);
        if (code != 0)
            failed_to_arm(change, &reason, error);
    }
    control_close(control);
    end(change);
    return code;
}

void netboot_change_abort(struct netboot_change *change)
{
    if (!change)
        return;
    if (db_place_in_child(&change->store->place)) {
        close(change->lock);
        images_free(&change->images);
        arming_free(change->armings);
        view_forget_once(&change->view);
        free(change);
        return;
    }
    close_cursors(change);
    mdb_txn_abort(change->view.txn);
    end(change);
}
