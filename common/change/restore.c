/* SPDX-License-Identifier: MPL-2.0 */
/* Replacing all records by those of a backup. */
#include "change/backup.h"
#include "change/change.h"

/* The record is copied as it is: it may have fields of a later version. */
static int restore_row(const struct store_row *row, void *user, struct netboot_error *error)
{
    struct netboot_change *change = user;
    struct netboot_record_key name;
    struct netboot_record record;
    struct store_key key;
    int code;

    if (row->holds == NETBOOT_RECORD_HOST)
        return change_restore_host(change, row->value, error);
    row_decode(row, &record);
    if ((code = netboot_change_put(change, NULL, &record, error)) != 0)
        return code;
    netboot_record_key_of(&record, &name);
    key_of_record_key(&key, &name);
    return change_put_row(change, TABLE_POLICY, &key, row->value.data, row->value.size, error);
}

int netboot_change_restore(struct netboot_change *change, netboot_read_fn read, void *user, struct netboot_backup *ret,
                           struct netboot_error *error)
{
    int code = change_clear(change, error);

    if (code == 0)
        code = backup_read(read, user, restore_row, change, ret, error);
    if (code == 0 && (code = change_new_id(change, error)) == 0)
        change->ranges_stale = true;
    return code;
}
