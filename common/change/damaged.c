/* SPDX-License-Identifier: MPL-2.0 */
/* Deleting damaged hosts. */
#include "change/change.h"

#include "base/bytes.h"

/* `found` is where the look-up of `id` ended: at a damaged record, at none, or at an alias. That alias may belong to
 * another host. */
void change_blame(struct netboot_change *change, const struct store_key *id, const struct store_key *found,
                  struct damaged_host *ret)
{
    struct store_key other;
    MDB_val value;
    bool of_other =
        view_find_host(&change->view, found, &other, &value) == 0 && !key_equals(&other, found->octets, found->size);

    *ret = (struct damaged_host){
        {*id, of_other ? *id : *found}
    };
}

static bool is_of_damaged(const struct damaged_host *damaged, MDB_val row, MDB_val value)
{
    const bool alias = is_alias(value_bytes(value));

    for (unsigned i = 0; i < 2; i++)
        if (key_equals(&damaged->rows[i], row.mv_data, row.mv_size) ||
            (alias && key_equals(&damaged->rows[i], (const uint8_t *)value.mv_data + 1, value.mv_size - 1)))
            return true;
    return false;
}

/* A damaged host does not name its aliases, so all rows are searched; the hosts are counted again meanwhile. */
int change_drop_damaged(struct netboot_change *change, const struct damaged_host *damaged, struct netboot_error *error)
{
    MDB_cursor_op next = MDB_FIRST;
    MDB_val row = {0}, value;
    uint64_t hosts = 0;
    MDB_cursor *cursor;
    struct store_key at;
    int rc = mdb_cursor_open(change->view.txn, view_table(&change->view, TABLE_HOST), &cursor), code = 0;

    if (rc != 0)
        return change_failed(change, rc, error);
    while (code == 0 && (rc = mdb_cursor_get(cursor, &row, &value, next)) == 0) {
        next = MDB_NEXT;
        if (!is_of_damaged(damaged, row, value)) {
            hosts += value.mv_size > 0 && *(const uint8_t *)value.mv_data != NO_RECORD_MARK;
            continue;
        }
        at.size = smaller(row.mv_size, KEY_SIZE);
        memcpy(at.octets, row.mv_data, at.size);
        code = change_delete_row(change, TABLE_HOST, &at, error);
        row = key_value(&at);
        next = MDB_SET_RANGE; /* the row after the deleted one */
    }
    mdb_cursor_close(cursor);
    if (code == 0 && rc != MDB_NOTFOUND)
        code = change_failed(change, rc, error);
    if (code == 0)
        change->hosts = hosts;
    return code;
}
