/* SPDX-License-Identifier: MPL-2.0 */
/* Records by their keys, and all of a kind. */
#include "store/kind.h"

#include "base/failure.h"
#include "store/view.h"

/* ---- One record ------------------------------------------------------------------------------------------------- */

static int get(struct netboot_view *view, const struct netboot_record_key *key, struct netboot_record *ret)
{
    const struct record_kind *kind = &record_kinds[key->kind];
    struct store_key row;

    if (!key_of_record_key(&row, key))
        return -ENOENT;
    ret->kind = key->kind;
    return kind->row ? view_get_record(view, kind->type, &row, ret->room) : view_get_host(view, &row, &ret->host);
}

int netboot_view_get(struct netboot_view *view, const struct netboot_record_key *key, struct netboot_record *ret,
                     struct netboot_error *error)
{
    char text[NETBOOT_RECORD_TEXT_SIZE];
    int code = kind_check(key->kind, error);

    if (code != 0)
        return code;
    code = get(view, key, ret);
    if (code == 0 || !error)
        return code;
    netboot_record_key_text(key, text);
    if (code == -ENOENT)
        return failure(error, code, "there is no %s", text);
    if (code == -EBADMSG)
        return failure(error, code, "the record of %s is damaged: delete it and set it again", text);
    return failure(error, code, "cannot read %s: %s", text, strerror(-code));
}

/* ---- All of a kind ---------------------------------------------------------------------------------------------- */

struct record_walk {
    struct netboot_view *view;
    unsigned table;
    uint8_t row; /* in `policy`; 0: every row */
    /* Called with each row that holds a record. */
    int (*each)(struct record_walk *walk, struct netboot_bytes value);
    enum netboot_record_kind kind;
    int (*visit)(const struct netboot_record *record, void *user);
    void *user;
    bool damaged;   /* set by `each` where a record cannot be read */
    bool ended;     /* by `each` */
    uint64_t count; /* of rows */
};

/*
 * Calls `each` for the rows from `from` on. The place is kept as a key. In the view of a change it is sought again
 * after each call, as the caller may change what is being walked.
 */
static int walk_rows(struct record_walk *walk, MDB_cursor *cursor, struct store_key *from, bool past)
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
        if (code != 0) {
            walk->ended = true;
            return code;
        }
        if (walk->view->change) {
            row = key_value(from);
            past = true;
            next = MDB_SET_RANGE;
        }
    }
    return rc == MDB_NOTFOUND ? 0 : db_code(rc);
}

static int walk_from(struct record_walk *walk, struct store_key *from, bool past)
{
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(walk->view->txn, view_table(walk->view, walk->table), &cursor);

    if (rc != 0)
        return db_code(rc);
    rc = walk_rows(walk, cursor, from, past);
    mdb_cursor_close(cursor);
    return rc;
}

static int visit(struct record_walk *walk, struct netboot_bytes value)
{
    struct netboot_record record;

    record.kind = walk->kind;
    if (record_decode(record_kinds[walk->kind].type, value, record.room) == 0)
        return walk->visit(&record, walk->user);
    walk->damaged = true;
    return 0;
}

/* Where a walk begins after a key. The key of a deleted record still has its place in the order, but a host's name has
 * none. */
static int after_key(struct netboot_view *view, const struct netboot_record_key *after, struct store_key *ret)
{
    struct store_key id;
    MDB_val value;

    if (!key_of_record_key(&id, after))
        return -ENOENT;
    int code = after->kind == NETBOOT_RECORD_HOST ? view_find_host(view, &id, ret, &value) : -ENOENT;
    if (code == -ENOENT && (after->kind != NETBOOT_RECORD_HOST || after->id.type != NETBOOT_ID_NAME)) {
        *ret = id;
        code = 0;
    }
    return code;
}

static int walk_kind(struct record_walk *walk, const struct netboot_record_key *after)
{
    struct store_key from = {1, {walk->row}};
    int code = after ? after_key(walk->view, after, &from) : 0;

    return code == 0 ? walk_from(walk, &from, after != NULL) : code;
}

static int walk_failed(const struct record_walk *walk, int code, const struct netboot_record_key *after,
                       struct netboot_error *error)
{
    const char *name = record_kinds[walk->kind].name;
    char text[NETBOOT_RECORD_TEXT_SIZE];

    if (code == -ENOENT && after)
        return failure(error, code, "there is no %s", netboot_record_key_text(after, text));
    if (code == -EBADMSG)
        return failure(error, code, "cannot read all %ss: a record is damaged", name);
    return failure(error, code, "cannot read the %ss: %s", name, strerror(-code));
}

int netboot_view_each(struct netboot_view *view, enum netboot_record_kind kind, const struct netboot_record_key *after,
                      int (*each)(const struct netboot_record *record, void *user), void *user,
                      struct netboot_error *error)
{
    int code = kind_check(kind, error);

    if (code == 0 && after && after->kind != kind)
        code = failure(error, -EINVAL, "a %s cannot come after a record of another kind", record_kinds[kind].name);
    if (code != 0)
        return code;
    struct record_walk walk = {.view = view,
                               .table = record_kinds[kind].table,
                               .row = record_kinds[kind].row,
                               .each = visit,
                               .kind = kind,
                               .visit = each,
                               .user = user};
    code = walk_kind(&walk, after);
    if (code == 0 && walk.damaged) /* a damaged record does not end the walk */
        code = -EBADMSG;
    return code == 0 || walk.ended ? code : walk_failed(&walk, code, after, error);
}

static int count_row(struct record_walk *walk, struct netboot_bytes value)
{
    (void)value;
    walk->count++;
    return 0;
}

int view_count(struct netboot_view *view, enum netboot_record_kind kind, uint64_t *ret)
{
    struct record_walk walk = {
        .view = view, .table = record_kinds[kind].table, .row = record_kinds[kind].row, .each = count_row};
    struct store_key from = {1, {walk.row}};
    int code = walk_from(&walk, &from, false);

    *ret = walk.count;
    return code;
}
