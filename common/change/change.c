/* SPDX-License-Identifier: MPL-2.0 */
/* Changing the targets store: one write transaction, one generation. */
#include "change/change.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>
/* ---- Lists in which each item has a key of its own */

size_t change_platform_key(struct netboot_bytes item)
{
    return item.size < 2 ? item.size : 2;
}

size_t change_label_key(struct netboot_bytes item)
{
    const uint8_t *equals = memchr(item.data, '=', item.size);

    return equals ? (size_t)(equals - item.data) : item.size;
}

int change_check_unique(const struct netboot_list *list, size_t (*key_size)(struct netboot_bytes item),
                        const char *what, struct netboot_error *error)
{
    for (size_t i = 1; i < list->count; i++)
        for (size_t j = 0; j < i; j++) {
            struct netboot_bytes a = list->items[i], b = list->items[j];
            size_t size = key_size(a);
            if (size == key_size(b) && memcmp(a.data, b.data, size) == 0)
                return failure(error, -EINVAL, "two %s: give one", what);
        }
    return 0;
}

/* ---- Targets and loaders */

int change_name_key(uint8_t row, const char *name, const char *what, struct key *ret, struct netboot_error *error)
{
    if (key_of_name(ret, row, name, strlen(name)))
        return 0;
    return failure(error, -ENOENT, "there is no %s '%.*s'", what, NAME_SHOWN, name);
}

int netboot_change_put_target(struct netboot_change *change, const struct netboot_target *target,
                              struct netboot_error *error)
{
    struct key key;
    int code;

    if ((code = change_check(change, error)) != 0 || (code = record_check(&record_target, target, error)) != 0 ||
        (code = change_check_unique(&target->files, change_platform_key, "files of the target are for one platform",
                                    error)) != 0)
        return code;
    key_of_name(&key, ROW_TARGET, target->name.data, target->name.size);
    change->others_changed++;
    return change_put_record(change, &key, &record_target, target, error);
}

int netboot_change_put_loader(struct netboot_change *change, const struct netboot_loader *loader,
                              struct netboot_error *error)
{
    struct key key;
    int code;

    if ((code = change_check(change, error)) != 0 || (code = record_check(&record_loader, loader, error)) != 0)
        return code;
    key_of_platform(&key, loader->platform);
    change->others_changed++;
    return change_put_record(change, &key, &record_loader, loader, error);
}

static int delete_found(struct netboot_change *change, const struct key *key, const char *what,
                        struct netboot_error *error)
{
    MDB_val value;
    int code = view_get(&change->view, TABLE_POLICY, key, &value);

    change->others_changed += code == 0;
    if (code == 0)
        return change_delete_row(change, TABLE_POLICY, key, error);
    if (code == -ENOENT)
        return failure(error, code, "there is no %s", what);
    return failure(error, code, "the %s cannot be looked up: %s", what, strerror(-code));
}

int netboot_change_delete_target(struct netboot_change *change, const char *name, struct netboot_error *error)
{
    char what[NAME_SHOWN + 16];
    struct key key;
    int code;

    if ((code = change_check(change, error)) != 0 ||
        (code = change_name_key(ROW_TARGET, name, "target", &key, error)) != 0)
        return code;
    snprintf(what, sizeof(what), "target %s", name);
    return delete_found(change, &key, what, error);
}

int netboot_change_delete_loader(struct netboot_change *change, uint16_t platform, struct netboot_error *error)
{
    const char *name = netboot_platform_name(platform);
    char what[64];
    struct key key;
    int code;

    if ((code = change_check(change, error)) != 0)
        return code;
    key_of_platform(&key, platform);
    if (name)
        snprintf(what, sizeof(what), "loader for %s", name);
    else
        snprintf(what, sizeof(what), "loader for platform %u", platform);
    return delete_found(change, &key, what, error);
}
int netboot_change_clear(struct netboot_change *change, struct netboot_error *error)
{
    struct netboot_status status;
    int code = change_check(change, error), rc;

    if (code != 0)
        return code;
    if (netboot_view_status(&change->view, &status) == 0)
        change->others_changed += status.sites + status.targets + status.loaders;
    change->hosts_changed += change->hosts;
    if ((rc = change_keep_table(change, TABLE_HOST)) != 0 || (rc = change_keep_table(change, TABLE_POLICY)) != 0 ||
        (rc = mdb_drop(change->view.txn, view_table(&change->view, TABLE_HOST), 0)) != 0 ||
        (rc = mdb_drop(change->view.txn, view_table(&change->view, TABLE_POLICY), 0)) != 0)
        return change_failed(change, rc, error);
    change->hosts = 0;
    change->touched = change->ranges_stale = true;
    return 0;
}

/* ---- Beginning and end */

static void close_cursors(struct netboot_change *change)
{
    for (size_t i = 0; i < sizeof(change->cursors) / sizeof(change->cursors[0]); i++)
        if (change->cursors[i])
            mdb_cursor_close(change->cursors[i]);
    if (change->view.cursor)
        mdb_cursor_close(change->view.cursor);
}

/* Gives back all that a change holds, the transaction first. */
static void end(struct netboot_change *change)
{
    env_give(change->view.slot);
    env_reap(&change->store->env);
    env_unlock_writers(change->lock);
    images_free(&change->images);
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
    int code = env_write_begin(&store->env, &change->view.txn, &change->view.slot, error);

    if (code != 0)
        return code;
    change->view.db = change->view.slot->db;
    int rc = open_cursors(change);
    if (rc != 0)
        code = env_failure(change->view.db, rc, "change", error);
    else if ((code = view_meta(&change->view, "hosts", &change->hosts)) != 0)
        change_damaged_store(code, "number of hosts", error);
    if (code == 0)
        return 0;
    close_cursors(change);
    mdb_txn_abort(change->view.txn);
    env_give(change->view.slot);
    return code;
}

int netboot_change_open(struct netboot_store *store, unsigned deadline_ms, struct netboot_change **ret,
                        struct netboot_error *error)
{
    struct netboot_change *change;
    int code;

    if (env_in_child(&store->env))
        return failure(error, -ECHILD, "the targets store cannot be used after fork: open it anew");
    if (!(change = calloc(1, sizeof(*change))))
        return failure(error, -ENOMEM, "no memory for a change of the targets store");
    change->store = change->view.store = store;
    change->view.change = change;
    change->owner = pthread_self();
    change->lock = env_lock_writers(&store->env, deadline_ms, error);
    if (change->lock < 0) {
        code = change->lock;
        free(change);
        return code;
    }
    env_repair(&store->env);
    history_look(store);
    if ((code = begin(change, error)) != 0) {
        env_unlock_writers(change->lock);
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

/* What was changed is to be the store that is in the directory. */
static int check_place(struct netboot_change *change, struct netboot_error *error)
{
    const struct db *db = change->view.db;

    if (db == env_current(&change->store->env) && !env_is_replaced(db))
        return 0;
    return failure(error, -EAGAIN, "the targets store in %s was replaced meanwhile; nothing was changed: try again",
                   change->store->directory);
}

int netboot_change_commit(struct netboot_change *change, struct netboot_error *error)
{
    int code = change_check(change, error);

    if (code == -ECHILD || code == -EPERM)
        return code;
    if (code == 0 && change->touched)
        code = check_place(change, error);
    if (code == 0 && change->touched && change_settle(change) != 0)
        code = failure(error, change->failed.code, "%s", change->failed.text);
    if (code == 0 && change->touched)
        code = put_all_meta(change, error);
    if (code == 0 && change->touched)
        code = state_forget(&change->view, change->reverted, error);
    close_cursors(change);
    if (code == 0 && change->touched) {
        int rc = mdb_txn_commit(change->view.txn);
        if (rc != 0)
            code = env_failure(change->view.db, rc, "change", error);
    } else {
        mdb_txn_abort(change->view.txn);
    }
    end(change);
    return code;
}

void netboot_change_abort(struct netboot_change *change)
{
    if (!change)
        return;
    if (env_in_child(&change->store->env)) {
        close(change->lock);
        images_free(&change->images);
        free(change);
        return;
    }
    close_cursors(change);
    mdb_txn_abort(change->view.txn);
    end(change);
}
