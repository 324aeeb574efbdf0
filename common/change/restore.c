/* SPDX-License-Identifier: MPL-2.0 */
/* All records of a backup, in place of those that there are. */
#include "change/backup.h"
#include "change/change.h"

/* The record goes in as it is: it may have fields of a later version. */
static int put_as_it_is(struct netboot_change *change, const struct key *key, const struct row *row, int code,
                        struct netboot_error *error)
{
    return code == 0 ? change_put_row(change, TABLE_POLICY, key, row->value.data, row->value.size, error) : code;
}

static int restore_row(const struct row *row, void *user, struct netboot_error *error)
{
    struct netboot_change *change = user;
    union any_record record;
    struct key key;

    switch (row->kind) {
    case ROW_SITE:
        record_decode(&record_site, row->value, &record);
        key_of_name(&key, ROW_SITE, record.site.name.data, record.site.name.size);
        return put_as_it_is(change, &key, row, netboot_change_put_site(change, &record.site, error), error);
    case ROW_TARGET:
        record_decode(&record_target, row->value, &record);
        key_of_name(&key, ROW_TARGET, record.target.name.data, record.target.name.size);
        return put_as_it_is(change, &key, row, netboot_change_put_target(change, &record.target, error), error);
    case ROW_LOADER:
        record_decode(&record_loader, row->value, &record);
        key_of_platform(&key, record.loader.platform);
        return put_as_it_is(change, &key, row, netboot_change_put_loader(change, &record.loader, error), error);
    }
    return change_restore_host(change, row->value, error);
}

int netboot_change_restore(struct netboot_change *change, netboot_read_fn read, void *user, struct netboot_backup *ret,
                           struct netboot_error *error)
{
    int code = netboot_change_clear(change, error);

    if (code == 0)
        code = backup_read(read, user, restore_row, change, ret, error);
    if (code == 0 && (code = change_new_id(change, error)) == 0)
        change->ranges_stale = true;
    return code;
}
