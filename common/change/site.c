/* SPDX-License-Identifier: MPL-2.0 */
/* Sites in a change, and the prefixes that lead to them. */
#include "change/change.h"

#include "base/address.h"
#include "base/bytes.h"

static int check_prefix(struct netboot_change *change, const struct netboot_site *site, size_t index,
                        struct netboot_error *error)
{
    char text[NETBOOT_PREFIX_TEXT_SIZE];
    struct netboot_bytes prefix = site->prefixes.items[index];
    struct store_key key;
    MDB_val other;

    for (size_t i = 0; i < index; i++)
        if (site->prefixes.items[i].size == prefix.size &&
            memcmp(site->prefixes.items[i].data, prefix.data, prefix.size) == 0)
            return failure(error, -EINVAL, "the prefix %s is given twice", netboot_prefix_text(prefix, text));
    key_of_prefix(&key, prefix);
    int code = view_get(&change->view, TABLE_POLICY, &key, &other);
    if (code == -ENOENT)
        return 0;
    if (code != 0)
        return failure(error, code, "cannot look up the prefix %s: %s", netboot_prefix_text(prefix, text),
                       strerror(-code));
    if (other.mv_size == site->name.size && memcmp(other.mv_data, site->name.data, other.mv_size) == 0)
        return 0;
    return failure(error, -EEXIST, "the prefix %s of site %.*s already belongs to site %.*s",
                   netboot_prefix_text(prefix, text), (int)site->name.size, (const char *)site->name.data,
                   (int)(other.mv_size < NAME_SHOWN ? other.mv_size : NAME_SHOWN), (const char *)other.mv_data);
}

static int check_site(struct netboot_change *change, const struct netboot_site *site, struct netboot_error *error)
{
    int code = record_check(&record_site, site, error);

    if (code == 0 && site->prefixes.count > 0 && bytes_equal(site->name, NETBOOT_NAME_DEFAULT))
        return failure(error, -EINVAL,
                       "site default cannot have prefixes: it is for all addresses that are in no other site");
    for (size_t i = 0; i < site->prefixes.count && code == 0; i++)
        code = check_prefix(change, site, i, error);
    return code;
}

static int put_prefixes(struct netboot_change *change, const struct netboot_site *site, bool put,
                        struct netboot_error *error)
{
    struct store_key keys[NETBOOT_LIST_MAX];
    int code = 0;

    /* The site's values point into pages that the first change may move. */
    for (size_t i = 0; i < site->prefixes.count; i++)
        key_of_prefix(&keys[i], site->prefixes.items[i]);
    size_t count = site->prefixes.count;
    for (size_t i = 0; i < count && code == 0; i++)
        code = put ? change_put_row(change, TABLE_POLICY, &keys[i], site->name.data, site->name.size, error)
                   : change_delete_row(change, TABLE_POLICY, &keys[i], error);
    change->ranges_stale |= count > 0;
    return code;
}

/* Deletes the prefixes of a site whose record is damaged. */
static int drop_damaged(struct netboot_change *change, const struct store_key *site, struct netboot_error *error)
{
    struct store_key row = {1, {ROW_PREFIX}}, name;
    int code;

    change->ranges_stale = true;
    while ((code = change_next_row(change, &row, 1, &name)) == 0) {
        if (key_equals(&name, site->octets, site->size) &&
            (code = change_delete_row(change, TABLE_POLICY, &row, error)) != 0)
            return code;
        row.octets[row.size++] = 0; /* the next row is after this one */
    }
    return code == -ENOENT ? 0 : change_damaged_store(code, "list of prefixes", error);
}

/* Deletes the present prefixes of the site of that name. -ENOENT: there is none. */
static int drop_prefixes(struct netboot_change *change, const struct store_key *key, struct netboot_error *error)
{
    struct netboot_site site;
    MDB_val value;
    int code = view_get(&change->view, TABLE_POLICY, key, &value);

    if (code == -ENOENT)
        return failure(error, code, "there is no site %.*s", (int)(key->size - 1), (const char *)key->octets + 1);
    if (code == 0)
        code = record_decode(&record_site, value_bytes(value), &site);
    return code == 0 ? put_prefixes(change, &site, false, error) : drop_damaged(change, key, error);
}

int change_put_site(struct netboot_change *change, const struct netboot_site *site, struct netboot_error *error)
{
    struct netboot_site stored;
    struct store_key key;
    int code;

    if ((code = check_site(change, site, error)) != 0)
        return code;
    /* `site` may point into rows that are changed here. */
    ssize_t size = record_encode(&record_site, site, change->record, sizeof(change->record));
    if (size < 0 || record_decode(&record_site, (struct netboot_bytes){change->record, (size_t)size}, &stored) != 0)
        return failure(error, -EINVAL, "the record is too large: it must fit into %d octets", RECORD_SIZE_MAX);
    key_of_name(&key, ROW_SITE, stored.name.data, stored.name.size);
    if ((code = drop_prefixes(change, &key, error)) != 0 && code != -ENOENT)
        return code;
    if ((code = put_prefixes(change, &stored, true, error)) != 0)
        return code;
    change->ranges_stale |= bytes_equal(stored.name, NETBOOT_NAME_DEFAULT);
    change->others_changed++;
    return change_put_row(change, TABLE_POLICY, &key, change->record, (size_t)size, error);
}

int change_delete_site(struct netboot_change *change, const char *name, struct netboot_error *error)
{
    struct store_key key;
    int code;

    if ((code = change_name_key(ROW_SITE, name, "site", &key, error)) != 0 ||
        (code = drop_prefixes(change, &key, error)) != 0)
        return code;
    change->ranges_stale |= strcmp(name, NETBOOT_NAME_DEFAULT) == 0;
    change->others_changed++;
    return change_delete_row(change, TABLE_POLICY, &key, error);
}
