/* SPDX-License-Identifier: MPL-2.0 */
/* Reading the targets store: rows, records, all of them. serve.c has what a packet needs. */
#include "store/store.h"

#include "base/bytes.h"
#include "change/change.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

struct netboot_view view_of_slot(struct netboot_store *store, struct env_slot *slot)
{
    return (struct netboot_view){
        .store = store,
        .slot = slot,
        .db = slot->db,
        .txn = slot->txn,
        .cache = slot->cache,
        .join = store->journal.join,
    };
}

/* ---- Rows */

int view_cursor_get(struct netboot_view *view, MDB_val *row, MDB_val *value, MDB_cursor_op where)
{
    if (!view->cursor) {
        int rc = env_renew_cursor(view->slot);
        if (rc != 0)
            return rc;
        view->cursor = view->slot->cursor;
    }
    return mdb_cursor_get(view->cursor, row, value, where);
}

int view_get(struct netboot_view *view, unsigned table, const struct key *key, MDB_val *ret)
{
    MDB_val row = key_value(key);
    int rc;

    /* The cursor is where the last row of this table was: often the next one is on the same page. */
    if (table == TABLE_POLICY)
        rc = view_cursor_get(view, &row, ret, MDB_SET_KEY);
    else
        rc = mdb_get(view->txn, view_table(view, table), &row, ret);
    return rc == 0 ? 0 : env_code(rc);
}

int view_get_record(struct netboot_view *view, const struct record_type *type, const struct key *key, void *ret)
{
    MDB_val value;
    int code = view_get(view, TABLE_POLICY, key, &value);

    return code == 0 ? record_decode(type, value_bytes(value), ret) : code;
}

int view_get_named(struct netboot_view *view, const struct record_type *type, uint8_t row, struct netboot_bytes name,
                   void *ret)
{
    struct key key;

    return key_of_name(&key, row, name.data, name.size) ? view_get_record(view, type, &key, ret) : -ENOENT;
}

int view_meta(struct netboot_view *view, const char *name, uint64_t *ret)
{
    MDB_val key = {strlen(name), (void *)name}, value;
    int rc = mdb_get(view->txn, view_table(view, TABLE_META), &key, &value);

    if (rc != 0 || value.mv_size > sizeof(*ret))
        return rc != 0 && rc != MDB_NOTFOUND ? env_code(rc) : -EBADMSG;
    *ret = be_get(value.mv_data, value.mv_size);
    return 0;
}

/* ---- Hosts */

/* The row of an identifier has the host, or says under which other identifier it is. */
int view_find_host(struct netboot_view *view, const struct key *id, struct key *ret_key, MDB_val *ret_value)
{
    int code = view_get(view, TABLE_HOST, id, ret_value);

    if (code != 0)
        return code;
    if (!is_alias(value_bytes(*ret_value))) {
        *ret_key = *id;
        return 0;
    }
    if (ret_value->mv_size < 2 || ret_value->mv_size > 1 + KEY_SIZE)
        return -EBADMSG;
    ret_key->size = ret_value->mv_size - 1;
    memcpy(ret_key->octets, (const uint8_t *)ret_value->mv_data + 1, ret_key->size);
    code = view_get(view, TABLE_HOST, ret_key, ret_value);
    return code == -ENOENT || (code == 0 && is_alias(value_bytes(*ret_value))) ? -EBADMSG : code;
}

int view_get_host(struct netboot_view *view, const struct key *id, struct netboot_host *ret)
{
    struct key key;
    MDB_val value;
    int code = view_find_host(view, id, &key, &value);

    return code == 0 ? record_decode(&record_host, value_bytes(value), ret) : code;
}

/* ---- Views */

static int not_open(struct netboot_store *store, int code, struct netboot_error *error)
{
    int trouble;

    if (code == -ECHILD)
        return failure(error, code, "the targets store cannot be used after fork: open it anew");
    if (code == -EAGAIN && !env_is_open(&store->env) && (trouble = notice_trouble(&store->notice, error)) != 0)
        return trouble;
    if (code == -EAGAIN)
        return failure(error, code, "the targets store in %s is busy: try again", store->directory);
    return failure(error, code, "the targets store in %s cannot be read: %s", store->directory, strerror(-code));
}

int netboot_view_open(struct netboot_store *store, struct netboot_view **ret, struct netboot_error *error)
{
    struct netboot_view *view = malloc(sizeof(*view));
    struct env_slot *slot;
    int code;

    if (!view)
        return failure(error, -ENOMEM, "no memory for a view of the targets store");
    history_look(store);
    if ((code = env_read_wait(&store->env, &slot)) != 0) {
        free(view);
        return not_open(store, code, error);
    }
    *view = view_of_slot(store, slot);
    *ret = view;
    return 0;
}

void netboot_view_close(struct netboot_view *view)
{
    if (!view)
        return;
    if (!env_in_child(&view->store->env)) {
        env_read_end(view->slot);
        env_reap(&view->store->env);
    }
    free(view);
}

int netboot_view_host(struct netboot_view *view, const struct netboot_id *id, struct netboot_host *ret)
{
    struct key key;

    return key_of_id(&key, (uint8_t)id->type, id->value, id->size) ? view_get_host(view, &key, ret) : -ENOENT;
}

int netboot_view_site(struct netboot_view *view, const char *name, struct netboot_site *ret)
{
    return view_get_named(view, &record_site, ROW_SITE, bytes_of_text(name), ret);
}

int netboot_view_target(struct netboot_view *view, const char *name, struct netboot_target *ret)
{
    return view_get_named(view, &record_target, ROW_TARGET, bytes_of_text(name), ret);
}

int netboot_view_loader(struct netboot_view *view, uint16_t platform, struct netboot_loader *ret)
{
    struct key key;

    key_of_platform(&key, platform);
    return view_get_record(view, &record_loader, &key, ret);
}

/* ---- All records */

struct walk {
    struct netboot_view *view;
    unsigned table;
    uint8_t row; /* in `policy`; 0: every row */
    /* Called with each row that holds a record. */
    int (*each)(const struct walk *walk, struct netboot_bytes value);
    union { /* the caller's, of the type that `each` knows */
        int (*host)(const struct netboot_host *host, void *user);
        int (*site)(const struct netboot_site *site, void *user);
        int (*target)(const struct netboot_target *target, void *user);
        int (*loader)(const struct netboot_loader *loader, void *user);
    } visit;
    void *user;
    bool *damaged; /* set by `each` where a record cannot be read */
};

/*
 * Calls `each` for the rows from `from` on. The place is kept as a key, and sought again after each call where the
 * view shows a change: the caller may change what is being walked.
 */
static int walk_rows(const struct walk *walk, MDB_cursor *cursor, struct key *from, bool past)
{
    MDB_val row = key_value(from), value;
    MDB_cursor_op next = MDB_SET_RANGE;
    int rc;

    while ((rc = mdb_cursor_get(cursor, &row, &value, next)) == 0) {
        bool again = past && key_equals(from, row.mv_data, row.mv_size);
        past = false;
        next = MDB_NEXT;
        if (again)
            continue;
        if (row.mv_size > KEY_SIZE || (walk->row && *(const uint8_t *)row.mv_data != walk->row))
            return row.mv_size > KEY_SIZE ? -EBADMSG : 0;
        if (walk->table == TABLE_HOST && is_alias(value_bytes(value)))
            continue;
        from->size = row.mv_size;
        memcpy(from->octets, row.mv_data, row.mv_size);
        int code = walk->each(walk, value_bytes(value));
        if (code != 0)
            return code;
        if (walk->view->change) {
            row = key_value(from);
            past = true;
            next = MDB_SET_RANGE;
        }
    }
    return rc == MDB_NOTFOUND ? 0 : env_code(rc);
}

/* What is damaged does not keep the rest from being seen. */
static int walk_from(struct walk *walk, struct key *from, bool past)
{
    MDB_cursor *cursor;
    bool damaged = false;
    int rc = mdb_cursor_open(walk->view->txn, view_table(walk->view, walk->table), &cursor);

    if (rc != 0)
        return env_code(rc);
    walk->damaged = &damaged;
    rc = walk_rows(walk, cursor, from, past);
    mdb_cursor_close(cursor);
    return rc == 0 && damaged ? -EBADMSG : rc;
}

#define EACH(type)                                                                                                     \
    static int each_##type(const struct walk *walk, struct netboot_bytes value)                                        \
    {                                                                                                                  \
        struct netboot_##type record;                                                                                  \
                                                                                                                       \
        if (record_decode(&record_##type, value, &record) == 0)                                                        \
            return walk->visit.type(&record, walk->user);                                                              \
        *walk->damaged = true;                                                                                         \
        return 0;                                                                                                      \
    }

EACH(host)
EACH(site)
EACH(target)
EACH(loader)

static int walk_policy(struct walk *walk)
{
    struct key from = {1, {walk->row}};

    return walk_from(walk, &from, false);
}

int netboot_view_sites(struct netboot_view *view, int (*each)(const struct netboot_site *, void *user), void *user)
{
    return walk_policy(&(struct walk){view, TABLE_POLICY, ROW_SITE, each_site, {.site = each}, user, NULL});
}

int netboot_view_targets(struct netboot_view *view, int (*each)(const struct netboot_target *, void *user), void *user)
{
    return walk_policy(&(struct walk){view, TABLE_POLICY, ROW_TARGET, each_target, {.target = each}, user, NULL});
}

int netboot_view_loaders(struct netboot_view *view, int (*each)(const struct netboot_loader *, void *user), void *user)
{
    return walk_policy(&(struct walk){view, TABLE_POLICY, ROW_LOADER, each_loader, {.loader = each}, user, NULL});
}

/* Where the walk over the hosts goes on after an identifier. That of a host that is gone still has its place in the
 * order; a name has none. */
static int after_host(struct netboot_view *view, const struct netboot_id *after, struct key *ret)
{
    struct key id;
    MDB_val value;

    if (!key_of_id(&id, (uint8_t)after->type, after->value, after->size))
        return -ENOENT;
    int code = view_find_host(view, &id, ret, &value);
    if (code == -ENOENT && after->type != NETBOOT_ID_NAME) {
        *ret = id;
        code = 0;
    }
    return code;
}

int netboot_view_hosts(struct netboot_view *view, const struct netboot_id *after,
                       int (*each)(const struct netboot_host *, void *user), void *user)
{
    struct walk walk = {view, TABLE_HOST, 0, each_host, {.host = each}, user, NULL};
    struct key from = {1, {0}};
    int code = after ? after_host(view, after, &from) : 0;

    return code == 0 ? walk_from(&walk, &from, after != NULL) : code;
}

/* ---- Status */

static int count_one(const struct walk *walk, struct netboot_bytes value)
{
    (void)value;
    ++*(uint64_t *)walk->user;
    return 0;
}

static int count_rows(struct netboot_view *view, uint8_t row, uint64_t *ret)
{
    *ret = 0;
    return walk_policy(&(struct walk){view, TABLE_POLICY, row, count_one, {NULL}, ret, NULL});
}

/* LMDB lists readers as lines of text, which begin with the process, after a heading, or says in parentheses that there
 * are none. */
static int count_reader(const char *line, void *user)
{
    struct netboot_status *status = user;
    char *end;
    long pid = strtol(line, &end, 10);

    if (end == line || pid <= 0 || pid > INT_MAX)
        return 0;
    status->readers++;
    for (unsigned i = 0; i < status->pid_count; i++)
        if (status->pids[i] == pid)
            return 0;
    if (status->pid_count < NETBOOT_STATUS_PIDS)
        status->pids[status->pid_count++] = (int)pid;
    return 0;
}

static int database_status(struct netboot_view *view, struct netboot_status *ret)
{
    MDB_env *mdb = view->db->mdb;
    MDB_envinfo info;
    MDB_stat stat;
    int rc = mdb_env_info(mdb, &info);

    if (rc == 0)
        rc = mdb_env_stat(mdb, &stat);
    if (rc != 0)
        return env_code(rc);
    ret->size = (info.me_last_pgno + 1) * stat.ms_psize;
    ret->map_size = info.me_mapsize;
    return mdb_reader_list(mdb, count_reader, ret) < 0 ? -EIO : 0;
}

int netboot_view_status(struct netboot_view *view, struct netboot_status *ret)
{
    struct netboot_status status = {0};
    uint64_t format = 0;
    int code;

    if ((code = view_meta(view, "format", &format)) != 0 ||
        (code = view_meta(view, "generation", &status.generation)) != 0 ||
        (code = view_meta(view, "changed", &status.changed)) != 0 ||
        (code = view_meta(view, "hosts", &status.hosts)) != 0 ||
        (code = count_rows(view, ROW_SITE, &status.sites)) != 0 ||
        (code = count_rows(view, ROW_TARGET, &status.targets)) != 0 ||
        (code = count_rows(view, ROW_LOADER, &status.loaders)) != 0 || (code = database_status(view, &status)) != 0)
        return code;
    if (view->change) /* the number in `meta` is that of the last commit */
        status.hosts = view->change->hosts;
    status.format = (uint32_t)format;
    *ret = status;
    return 0;
}
