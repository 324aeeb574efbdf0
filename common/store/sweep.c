/* SPDX-License-Identifier: MPL-2.0 */
/* Reading all rows, and listing the damaged ones. */
#include "store/sweep.h"

#include "base/bytes.h"
#include "store/view.h"

#include <errno.h>
#include <stdio.h>

int row_kind(unsigned table, const struct store_key *key, struct netboot_bytes value)
{
    if (table == TABLE_HOST)
        return is_alias(value) ? -ENOENT : NETBOOT_RECORD_HOST;
    for (int i = 0; i < NETBOOT_RECORD_KINDS; i++)
        if (record_kinds[i].table == table && record_kinds[i].row == key->octets[0])
            return i;
    return -ENOENT;
}

static int sweep_table(struct netboot_view *view, unsigned table, int (*each)(const struct store_row *row, void *user),
                       void *user)
{
    MDB_cursor *cursor;
    MDB_val at, value;
    int rc = mdb_cursor_open(view->txn, view_table(view, table), &cursor), code = 0;

    if (rc != 0)
        return db_code(rc);
    while (code == 0 && (rc = mdb_cursor_get(cursor, &at, &value, MDB_NEXT)) == 0) {
        struct store_key key = {.size = at.mv_size};
        struct store_row row = {.key = &key, .value = value_bytes(value)};
        if (at.mv_size == 0 || at.mv_size > KEY_SIZE) {
            code = -EBADMSG;
            break;
        }
        memcpy(key.octets, at.mv_data, at.mv_size);
        row.holds = row_kind(table, &key, row.value);
        row.kind = table == TABLE_HOST ? 'h' : key.octets[0];
        code = each(&row, user);
    }
    mdb_cursor_close(cursor);
    return code != 0 || rc == MDB_NOTFOUND ? code : db_code(rc);
}

int view_sweep(struct netboot_view *view, int (*each)(const struct store_row *row, void *user), void *user)
{
    int code = sweep_table(view, TABLE_POLICY, each, user);

    return code == 0 ? sweep_table(view, TABLE_HOST, each, user) : code;
}

/* ---- What is damaged -------------------------------------------------------------------------------------------- */

struct damaged {
    struct netboot_view *view;
    int (*each)(const char *record, void *user);
    void *user;
    bool ended; /* `each` ended the walk */
};

static void row_text(const struct store_row *row, char *text, size_t size)
{
    const struct store_key *key = row->key;
    struct netboot_id id = {.type = (enum netboot_id_type)key->octets[0], .size = (uint8_t)(key->size - 1)};
    char id_text[NETBOOT_ID_TEXT_SIZE];
    uint16_t platform;

    if (row->kind == 'h') {
        memcpy(id.value, key->octets + 1, id.size);
        snprintf(text, size, "host %s", netboot_id_text(&id, id_text));
    } else if (row->kind == ROW_LOADER) {
        platform = key->size == 3 ? be_get16(key->octets + 1) : NETBOOT_PLATFORM_NONE;
        snprintf(text, size, "loader %s", netboot_platform_text(platform, id_text));
    } else {
        snprintf(text, size, "%s %.*s", row->kind == ROW_SITE ? "site" : "target", (int)(key->size - 1),
                 (const char *)key->octets + 1);
    }
}

/* Whether an alias leads to no record. A damaged record is reported at its own row. */
static bool leads_nowhere(struct netboot_view *view, const struct store_row *row)
{
    struct store_key key;
    MDB_val value;

    return view_find_host(view, row->key, &key, &value) != 0;
}

static int look_at(const struct store_row *row, void *user)
{
    struct damaged *damaged = user;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    struct netboot_record record;
    bool sound =
        row->holds >= 0 ? row_decode(row, &record) == 0 : row->kind != 'h' || !leads_nowhere(damaged->view, row);

    if (sound)
        return 0;
    row_text(row, text, sizeof(text));
    int code = damaged->each(text, damaged->user);
    damaged->ended = code != 0;
    return code;
}

int netboot_view_damaged(struct netboot_view *view, int (*each)(const char *record, void *user), void *user,
                         struct netboot_error *error)
{
    struct damaged damaged = {view, each, user, false};
    int code = view_sweep(view, look_at, &damaged);

    return code == 0 || damaged.ended ? code : view_failed(view, code, error);
}
