/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once for people: what is armed, and what became of it. */
#include "once/once_store.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "once/machine.h"

#include <errno.h>

/* The host in a row of the targets store. 0, -ENOENT, -EBADMSG or what LMDB says. */
static int read_host(struct netboot_view *view, const struct store_key *id, struct once_host *ret)
{
    struct netboot_host host;
    MDB_val value;
    int code = view_find_host(view, id, &ret->key, &value);

    if (code == 0 && (code = record_decode(&record_host, value_bytes(value), &host)) == 0)
        ret->born = host.born;
    return code;
}

int once_find_host(struct netboot_view *view, const struct netboot_id *id, struct once_host *ret,
                   struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct store_key key;
    int code = key_of_id(&key, (uint8_t)id->type, id->value, id->size) ? read_host(view, &key, ret) : -ENOENT;

    if (code == -ENOENT)
        return failure(error, code, "there is no host %s", netboot_id_text(id, text));
    return code == 0 ? 0 : failure(error, code, "the record of the host %s is damaged", netboot_id_text(id, text));
}

bool once_has_host(struct netboot_view *view, uint64_t store, MDB_val row, const struct once_record *record)
{
    struct store_key key = {.size = row.mv_size};
    struct once_host host = {.store = store};

    if (row.mv_size > KEY_SIZE)
        return false;
    memcpy(key.octets, row.mv_data, row.mv_size);
    return read_host(view, &key, &host) == 0 && key_equals(&host.key, key.octets, key.size) &&
           once_is_of(record, &host);
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
    bytes_to_text(record->target, ret->target, sizeof(ret->target));
    bytes_to_text(record->by, ret->by, sizeof(ret->by));
    bytes_to_text(record->server, ret->server, sizeof(ret->server));
    bytes_to_text(record->file, ret->boot_file, sizeof(ret->boot_file));
}

static int once_failed(int code, const struct netboot_id *id, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];

    if (code == -ENOENT)
        return failure(error, code, "nothing is armed for the host %s", netboot_id_text(id, text));
    if (code == -EBADMSG)
        return failure(error, code, "what the host is to boot once is damaged: netbootctl host set ... --no-once");
    return failure(error, code, "the state store cannot be read: %s", strerror(-code));
}

int netboot_view_once(struct netboot_view *view, const struct netboot_id *id, struct netboot_once *ret,
                      struct netboot_error *error)
{
    struct once_store *once = view_state(view);
    struct once_record record;
    struct once_time now;
    struct db_reader *reader;
    struct once_host host;
    int code = once_find_host(view, id, &host, error);

    if (code != 0)
        return code;
    if ((code = view_meta(view, "id", &host.store)) != 0)
        return view_failed(view, code, error);
    if ((code = db_read_wait(&once->place, &reader)) != 0)
        return once_failed(db_place_is_closed(&once->place) ? -ENOENT : code, id, error);
    code = once_get(once, reader->txn, &host.key, &record);
    if (code == 0 && !once_is_of(&record, &host))
        code = -ENOENT;
    if (code == 0) {
        once->time(once, &now);
        show(&record, now.wall, ret);
    }
    db_read_end(reader);
    return code == 0 ? 0 : once_failed(code, id, error);
}

/* Calls `each` with every record, NULL for a damaged one, until it returns non-zero, which is returned. */
static int once_each(struct once_store *once, int (*each)(MDB_val key, const struct once_record *record, void *user),
                     void *user)
{
    struct once_record record;
    struct db_reader *reader;
    MDB_val key, value;
    int code = db_read_wait(&once->place, &reader), rc;

    if (code != 0)
        return db_place_is_closed(&once->place) ? 0 : code;
    rc = db_renew_cursor(reader);
    if (rc == 0)
        rc = mdb_cursor_get(reader->cursor, &key, &value, MDB_FIRST);
    while (rc == 0 && code == 0) {
        bool sound = record_decode(&record_once, value_bytes(value), &record) == 0;
        code = each(key, sound ? &record : NULL, user);
        if (code == 0)
            rc = mdb_cursor_get(reader->cursor, &key, &value, MDB_NEXT);
    }
    db_read_end(reader);
    return code != 0 || rc == MDB_NOTFOUND ? code : db_code(rc);
}

struct counting {
    struct netboot_view *view;
    uint64_t store, wall, *counts;
    size_t count;
};

static int count_one(MDB_val key, const struct once_record *record, void *user)
{
    const struct counting *counting = user;

    if (!record || !once_has_host(counting->view, counting->store, key, record))
        return 0;
    size_t is = once_state(record, counting->wall);
    if (is < counting->count)
        counting->counts[is]++;
    return 0;
}

int netboot_view_once_counts(struct netboot_view *view, uint64_t *ret, size_t count, struct netboot_error *error)
{
    struct counting counting = {.view = view, .counts = ret, .count = count};
    struct once_time now;

    memset(ret, 0, count * sizeof(*ret));
    if (view_meta(view, "id", &counting.store) != 0)
        return 0;
    view_state(view)->time(view_state(view), &now);
    counting.wall = now.wall;
    int code = once_each(view_state(view), count_one, &counting);
    return code == 0 ? 0 : failure(error, code, "the state store cannot be read: %s", strerror(-code));
}

int netboot_once_check(struct netboot_store *store, struct netboot_error *error)
{
    struct db_place *place = &store->once->place;

    const struct db *db = db_place_current(place);

    return !db || atomic_load(&db->broken) ? db_place_open(place, ONCE_TOOL_MS, error) : 0;
}
