/* SPDX-License-Identifier: MPL-2.0 */
/* Putting and deleting records of any kind. */
#include "change/change.h"

#include "record/value.h"
#include "store/kind.h"

/* Puts a loader or a target: no other rows lead to it. */
static int put_alone(struct netboot_change *change, const struct netboot_record *record, struct netboot_error *error)
{
    const struct record_type *type = record_kinds[record->kind].type;
    struct netboot_record_key name;
    struct store_key key;
    int code = record_check(type, record->room, error);

    if (code == 0 && record->kind == NETBOOT_RECORD_TARGET)
        code = change_check_unique(&record->target.files, record_platform_size,
                                   "files of the target are for one platform", error);
    if (code != 0)
        return code;
    netboot_record_key_of(record, &name);
    key_of_record_key(&key, &name);
    change->others_changed++;
    return change_put_record(change, &key, type, record->room, error);
}

static int delete_alone(struct netboot_change *change, const struct netboot_record_key *name,
                        struct netboot_error *error)
{
    char text[NETBOOT_RECORD_TEXT_SIZE], what[NETBOOT_RECORD_TEXT_SIZE + 4];
    struct store_key key;
    MDB_val value;

    if (name->kind == NETBOOT_RECORD_LOADER)
        snprintf(what, sizeof(what), "loader for %s", netboot_platform_text(name->platform, text));
    else
        netboot_record_key_text(name, what);
    if (!key_of_record_key(&key, name))
        return failure(error, -ENOENT, "there is no %s '%s'", record_kinds[name->kind].name, name->name);
    int code = view_get(&change->view, TABLE_POLICY, &key, &value);
    change->others_changed += code == 0;
    if (code == 0)
        return change_delete_row(change, TABLE_POLICY, &key, error);
    if (code == -ENOENT)
        return failure(error, code, "there is no %s", what);
    return failure(error, code, "cannot look up the %s: %s", what, strerror(-code));
}

/* Records other than hosts go by their own name or platform only. */
static int check_key(const struct netboot_record_key *key, const struct netboot_record *record,
                     struct netboot_error *error)
{
    struct netboot_record_key own;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    bool same = key->kind == record->kind;

    if (same && key->kind != NETBOOT_RECORD_HOST)
        same = netboot_record_key_of(record, &own) == 0 &&
               (key->kind == NETBOOT_RECORD_LOADER ? key->platform == own.platform : strcmp(key->name, own.name) == 0);
    return same
               ? 0
               : failure(error, -EINVAL, "cannot replace %s by a different record", netboot_record_key_text(key, text));
}

int netboot_change_put(struct netboot_change *change, const struct netboot_record_key *key,
                       const struct netboot_record *record, struct netboot_error *error)
{
    int code = change_check(change, error);

    if (code == 0)
        code = kind_check(record->kind, error);
    if (code == 0 && key)
        code = check_key(key, record, error);
    if (code != 0)
        return code;
    switch (record->kind) {
    case NETBOOT_RECORD_SITE:
        return change_put_site(change, &record->site, error);
    case NETBOOT_RECORD_HOST:
        return change_put_host(change, key ? &key->id : NULL, &record->host, error);
    default:
        return put_alone(change, record, error);
    }
}

/* Whether there is none with its name or platform. */
static int check_absent(struct netboot_change *change, const struct netboot_record *record, struct netboot_error *error)
{
    char text[NETBOOT_RECORD_TEXT_SIZE];
    struct netboot_record_key key;
    struct netboot_record there;
    int code = netboot_record_key_of(record, &key);

    if (code != 0) /* the check of the record says why */
        return 0;
    code = netboot_view_get(&change->view, &key, &there, error);
    if (code == 0)
        return failure(error, -EEXIST, "there is a %s already", netboot_record_key_text(&key, text));
    return code == -ENOENT ? 0 : code;
}

int netboot_change_add(struct netboot_change *change, const struct netboot_record *record, struct netboot_error *error)
{
    int code = change_check(change, error);

    if (code == 0)
        code = kind_check(record->kind, error);
    if (code == 0 && record->kind == NETBOOT_RECORD_HOST)
        return change_add_host(change, &record->host, error);
    if (code == 0)
        code = check_absent(change, record, error);
    return code == 0 ? netboot_change_put(change, NULL, record, error) : code;
}

int netboot_change_delete(struct netboot_change *change, const struct netboot_record_key *key,
                          struct netboot_error *error)
{
    int code = change_check(change, error);

    if (code == 0)
        code = kind_check(key->kind, error);
    if (code != 0)
        return code;
    switch (key->kind) {
    case NETBOOT_RECORD_SITE:
        return change_delete_site(change, key->name, error);
    case NETBOOT_RECORD_HOST:
        return change_delete_host(change, &key->id, error);
    default:
        return delete_alone(change, key, error);
    }
}
