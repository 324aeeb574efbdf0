/* SPDX-License-Identifier: MPL-2.0 */
/* Armings that a change of the targets store takes the host away from. */
#include "once/once_store.h"

#include "base/failure.h"

#include <errno.h>
#include <stdlib.h>

struct forgetting {
    struct netboot_view *before, *after;
    bool reverted;
    uint64_t store;
    struct store_key *keys;
    size_t count, room;
};

static bool has_host(struct netboot_view *view, const struct store_key *key)
{
    struct store_key found;
    MDB_val value;

    return view_find_host(view, key, &found, &value) == 0 && key_equals(&found, key->octets, key->size);
}

/* Whether the host has an identifier that was not its own before. */
static bool has_gained(const struct forgetting *forgetting, const struct store_key *key)
{
    struct netboot_host host;

    if (view_get_host(forgetting->after, key, &host) != 0)
        return true;
    for (size_t i = 0; i < host.ids.count; i++) {
        struct netboot_bytes id = host.ids.items[i];
        struct store_key own, found;
        MDB_val value;
        if (!key_of_item(&own, id) || view_find_host(forgetting->before, &own, &found, &value) != 0 ||
            !key_equals(&found, key->octets, key->size))
            return true;
    }
    return false;
}

static int forget_one(MDB_val row, const struct once_record *record, void *user)
{
    struct forgetting *forgetting = user;
    struct store_key key = {.size = row.mv_size};

    if (row.mv_size > KEY_SIZE)
        return 0;
    memcpy(key.octets, row.mv_data, row.mv_size);
    if (record && record->store == forgetting->store && has_host(forgetting->before, &key) &&
        has_host(forgetting->after, &key) && !(forgetting->reverted && has_gained(forgetting, &key)))
        return 0;
    if (forgetting->count == forgetting->room) {
        size_t room = forgetting->room > 0 ? 2 * forgetting->room : 16;
        struct store_key *keys = realloc(forgetting->keys, room * sizeof(*keys));
        if (!keys)
            return -ENOMEM;
        forgetting->keys = keys;
        forgetting->room = room;
    }
    forgetting->keys[forgetting->count++] = key;
    return 0;
}

static int delete_keys(struct once_store *once, const struct forgetting *forgetting, struct netboot_error *error)
{
    struct once_writing write;
    int code = once_write_begin(once, ONCE_TOOL_MS, false, &write, error), rc = 0;

    if (code != 0)
        return code;
    for (size_t i = 0; i < forgetting->count && rc == 0; i++) {
        MDB_val row = key_value(&forgetting->keys[i]);
        rc = mdb_del(write.txn, db_place_table(&once->place, write.txn, ONCE_TABLE), &row, NULL);
        rc = rc == MDB_NOTFOUND ? 0 : rc;
    }
    if (rc != 0)
        code = db_failure(write.reader->db, rc, "change", error);
    return once_write_end(&write, code, error);
}

int once_forget(struct netboot_view *change, bool reverted, struct netboot_error *error)
{
    struct once_store *once = view_state(change);
    struct forgetting forgetting = {.after = change, .reverted = reverted};
    char remedy[DB_REMEDY_SIZE];
    int code;

    if (db_place_is_closed(&once->place))
        return 0;
    if (view_meta(change, "id", &forgetting.store) != 0)
        forgetting.store = 0;
    if ((code = netboot_view_open(change->store, &forgetting.before, error)) != 0)
        return code;
    code = once_each(once, forget_one, &forgetting);
    netboot_view_close(forgetting.before);
    if (code == -EBADMSG)
        failure(error, code, "the state store in %s is damaged: %s", once->place.directory,
                db_place_remedy(&once->place, remedy));
    else if (code != 0)
        failure(error, code, "the state store in %s cannot be read: %s", once->place.directory, strerror(-code));
    else if (forgetting.count > 0)
        code = delete_keys(once, &forgetting, error);
    free(forgetting.keys);
    return code;
}
