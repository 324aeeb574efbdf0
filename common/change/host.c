/* SPDX-License-Identifier: MPL-2.0 */
/* Hosts in a change: a record under the first MAC, and an alias of it under every other identifier and the name. */
#include "change/change.h"

#include "base/names.h"
#include "decide/decide.h"
#include "record/value.h"

#include <sys/random.h>
#include <time.h>

#define KEYS_MAX (NETBOOT_LIST_MAX + 1) /* of a host: its identifiers and its name */

struct host_keys {
    size_t count;  /* the first is the record's, the others are aliases */
    uint64_t born; /* of the host */
    struct store_key keys[KEYS_MAX];
};

static void keys_of_host(const struct netboot_host *host, struct host_keys *ret)
{
    size_t primary = host_primary_id(host);

    ret->born = host->born;
    ret->count = key_of_host(&ret->keys[0], host);
    for (size_t i = 0; i < host->ids.count; i++)
        if (i != primary && key_of_item(&ret->keys[ret->count], host->ids.items[i]))
            ret->count++;
    if (key_of_name(&ret->keys[ret->count], NETBOOT_ID_NAME, host->name.data, host->name.size))
        ret->count++;
}

static bool same_key(const struct store_key *a, const struct store_key *b)
{
    return key_equals(a, b->octets, b->size);
}

static const struct store_key *primary_key(const struct host_keys *keys)
{
    return &keys->keys[0];
}

/* The identifier of a key as text; a UUID has the byte order of its key. */
static const char *key_text(const struct store_key *key, char text[NETBOOT_ID_TEXT_SIZE])
{
    struct netboot_id id = {.type = (enum netboot_id_type)key->octets[0], .size = (uint8_t)(key->size - 1)};

    memcpy(id.value, key->octets + 1, id.size);
    return netboot_id_text(&id, text);
}

static int check_host(const struct netboot_host *host, struct host_keys *ret, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    int code = host->ids.count > 0 ? record_check(&record_host, host, error)
                                   : failure(error, -EINVAL, "a host needs a MAC, UUID or DUID");

    if (code == 0)
        code = change_check_unique(&host->loaders, record_platform_size, "loaders of the host are for one platform",
                                   error);
    if (code == 0)
        code = change_check_unique(&host->labels, record_label_size, "labels of the host have one key", error);
    if (code != 0)
        return code;
    keys_of_host(host, ret);
    for (size_t i = 1; i < ret->count; i++)
        for (size_t j = 0; j < i; j++)
            if (same_key(&ret->keys[i], &ret->keys[j]))
                return failure(error, -EINVAL, "the identifier %s is given twice", key_text(&ret->keys[i], text));
    return 0;
}

static int host_damaged(const struct store_key *key, struct netboot_error *error)
{
    char what[NETBOOT_ID_TEXT_SIZE + 8] = "host ";

    key_text(key, what + 5);
    return change_damaged(-EBADMSG, what, error);
}

/* The failure that another host has one of the identifiers. */
static int taken(struct netboot_change *change, const struct store_key *key, MDB_val other, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE], other_text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_host host;
    struct netboot_id id;

    (void)change;
    if (record_decode(&record_host, value_bytes(other), &host) != 0)
        return host_damaged(key, error);
    if (host.name.size > 0)
        return failure(error, -EEXIST, "%s already belongs to host %.*s", key_text(key, text), (int)host.name.size,
                       (const char *)host.name.data);
    int code = netboot_host_id(&host, host_primary_id(&host), &id);
    return failure(error, -EEXIST, "%s already belongs to host %s", key_text(key, text),
                   code == 0 ? netboot_id_text(&id, other_text) : "whose record is damaged");
}

static int get_host_row(struct netboot_change *change, const struct store_key *key, MDB_val *ret)
{
    MDB_val row = key_value(key);

    return mdb_cursor_get(change_host_cursor(change, key), &row, ret, MDB_SET_KEY);
}

/* Whether the keys are free, or those of the host under `own` (NULL: none is). */
static int check_keys(struct netboot_change *change, const struct host_keys *keys, const struct store_key *own,
                      struct netboot_error *error)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct store_key owner;
        MDB_val value;
        int rc = get_host_row(change, &keys->keys[i], &value);
        if (rc == MDB_NOTFOUND)
            continue;
        if (rc != 0)
            return change_failed(change, rc, error);
        int code = view_find_host(&change->view, &keys->keys[i], &owner, &value);
        if (code != 0)
            return host_damaged(&keys->keys[i], error);
        if (!own || !same_key(&owner, own))
            return taken(change, &keys->keys[i], value, error);
    }
    return 0;
}

static bool has_key(const struct host_keys *keys, const struct store_key *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (same_key(&keys->keys[i], key))
            return true;
    return false;
}

static int delete_keys(struct netboot_change *change, const struct host_keys *keys, const struct host_keys *except,
                       struct netboot_error *error)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (except && has_key(except, &keys->keys[i]))
            continue;
        int code = change_delete_row(change, TABLE_HOST, &keys->keys[i], error);
        if (code != 0)
            return code;
    }
    return 0;
}

/* The keys of the host that has the identifier. -ENOENT; -EBADMSG: it cannot be read. */
static int find_keys(struct netboot_change *change, const struct store_key *id, struct host_keys *ret,
                     struct damaged_host *ret_damaged, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_host host;
    struct store_key found = *id;
    MDB_val value;
    int code = view_find_host(&change->view, id, &found, &value);

    if (code == -ENOENT)
        return failure(error, code, "there is no host %s", key_text(id, text));
    if (code == 0)
        code = record_decode(&record_host, value_bytes(value), &host);
    if (code == 0) {
        keys_of_host(&host, ret);
        if (same_key(primary_key(ret), &found))
            return 0;
    } else if (code != -EBADMSG) {
        return failure(error, code, "cannot look up host %s: %s", key_text(id, text), strerror(-code));
    }
    change_blame(change, id, &found, ret_damaged);
    return host_damaged(id, error);
}

static int to_key(const struct netboot_id *id, struct store_key *ret, struct netboot_error *error)
{
    if (key_of_id(ret, (uint8_t)id->type, id->value, id->size))
        return 0;
    return failure(error, -ENOENT, "this is not an identifier: give a MAC, UUID, DUID or name of a host");
}

/* What a host's key leads to: the record, or an alias of it. */
struct row_values {
    MDB_val record, alias;
    uint8_t alias_octets[1 + KEY_SIZE];
};

static void set_values(const struct host_keys *keys, MDB_val record, struct row_values *ret)
{
    const struct store_key *primary = primary_key(keys);

    ret->record = record;
    ret->alias_octets[0] = NO_RECORD_MARK;
    memcpy(ret->alias_octets + 1, primary->octets, primary->size);
    ret->alias = (MDB_val){1 + primary->size, ret->alias_octets};
}

int change_born(struct netboot_change *change, uint64_t *ret, struct netboot_error *error)
{
    do {
        if (change->random_left == 0) {
            if (getrandom(change->random, sizeof(change->random), 0) != sizeof(change->random))
                return failure(error, -EIO, "there are no random numbers for a host");
            change->random_left = COUNT_OF(change->random);
        }
        *ret = change->random[--change->random_left];
    } while (*ret == 0);
    return 0;
}

/* A host and its new keys. */
struct host_put {
    const struct netboot_host *host;
    bool is_new; /* it replaces nobody */
    struct host_keys keys;
};

/* Makes the values of its rows. It stays the host that it was under the `old` keys if its record stays in its row. */
static int encode_host(struct netboot_change *change, const struct host_put *put, const struct host_keys *old,
                       struct row_values *ret, struct netboot_error *error)
{
    struct netboot_host stored = *put->host;
    int code = 0;

    if (old && same_key(primary_key(old), primary_key(&put->keys)))
        stored.born = old->born;
    else
        code = change_born(change, &stored.born, error);
    if (code != 0)
        return code;
    stored.changed = (uint64_t)time(NULL);
    ssize_t size = record_encode(&record_host, &stored, change->record, sizeof(change->record));
    if (size < 0)
        return failure(error, -EINVAL, "the record of the host is too large: it must fit into %d octets",
                       RECORD_SIZE_MAX);
    set_values(&put->keys, (MDB_val){(size_t)size, change->record}, ret);
    return 0;
}

/* Puts the rows of a host's keys, with MDB_NOOVERWRITE until one exists already: `ret_count` were put. */
static int put_keys(struct netboot_change *change, const struct host_keys *keys, const struct row_values *values,
                    unsigned flags, size_t *ret_count)
{
    int rc = 0;

    change->touched = true;
    for (*ret_count = 0; *ret_count < keys->count; ++*ret_count) {
        const struct store_key *key = &keys->keys[*ret_count];
        MDB_val row = key_value(key), value = *ret_count == 0 ? values->record : values->alias;
        if (flags == 0 && (rc = change_keep_row(change, TABLE_HOST, key)) != 0)
            break;
        if ((rc = mdb_cursor_put(change_host_cursor(change, key), &row, &value, flags)) != 0)
            break;
        if (flags != 0)
            images_add(&change->images, TABLE_HOST, key, NULL);
    }
    return rc;
}

/* Replaces a host that is in the store under its `old` keys. */
static int replace_host(struct netboot_change *change, const struct host_keys *old, const struct host_put *put,
                        struct netboot_error *error)
{
    struct row_values values;
    size_t count;
    int code, rc;

    if ((code = encode_host(change, put, old, &values, error)) != 0 ||
        (code = check_keys(change, &put->keys, primary_key(old), error)) != 0 ||
        (code = delete_keys(change, old, &put->keys, error)) != 0)
        return code;
    rc = put_keys(change, &put->keys, &values, 0, &count);
    return rc == 0 ? 0 : change_failed(change, rc, error);
}

static int add_host(struct netboot_change *change, const struct host_put *put, struct netboot_error *error);

/* Replaces the host that has the identifier. */
static int put_over(struct netboot_change *change, const struct store_key *id, const struct host_put *put,
                    struct netboot_error *error)
{
    struct damaged_host damaged;
    struct host_keys old;
    int code = find_keys(change, id, &old, &damaged, error);

    if (code == 0)
        return replace_host(change, &old, put, error);
    if (code == -EBADMSG && (code = change_drop_damaged(change, &damaged, error)) == 0)
        code = add_host(change, put, error);
    return code;
}

/* Adds a host that is probably new, as in an import: one search per key. If a key is taken, the rows put so far are
 * deleted again. */
static int add_host(struct netboot_change *change, const struct host_put *put, struct netboot_error *error)
{
    const struct host_keys *keys = &put->keys;
    struct row_values values;
    size_t count;
    int code = encode_host(change, put, NULL, &values, error);

    if (code != 0)
        return code;
    int rc = put_keys(change, keys, &values, MDB_NOOVERWRITE, &count);
    if (rc == 0) {
        change->hosts++;
        return 0;
    }
    if (rc != MDB_KEYEXIST)
        return change_failed(change, rc, error);
    if (count == 0 && !put->is_new) /* replace the host that goes by this identifier */
        return put_over(change, &keys->keys[0], put, error);
    struct host_keys half = *keys;
    half.count = count;
    code = delete_keys(change, &half, NULL, error);
    return code == 0 ? check_keys(change, keys, NULL, error) : code;
}

int change_put_host(struct netboot_change *change, const struct netboot_id *id, const struct netboot_host *host,
                    struct netboot_error *error)
{
    struct host_put put = {.host = host};
    struct store_key key;
    int code;

    if ((code = check_host(host, &put.keys, error)) != 0)
        return code;
    if (!id)
        code = add_host(change, &put, error);
    else if ((code = to_key(id, &key, error)) == 0)
        code = put_over(change, &key, &put, error);
    change->hosts_changed += code == 0;
    return code;
}

int change_add_host(struct netboot_change *change, const struct netboot_host *host, struct netboot_error *error)
{
    struct host_put put = {.host = host, .is_new = true};
    int code = check_host(host, &put.keys, error);

    if (code == 0)
        code = add_host(change, &put, error);
    change->hosts_changed += code == 0;
    return code;
}

int change_delete_host(struct netboot_change *change, const struct netboot_id *id, struct netboot_error *error)
{
    struct damaged_host damaged;
    struct host_keys keys;
    struct store_key key;
    int code;

    if ((code = to_key(id, &key, error)) != 0)
        return code;
    code = find_keys(change, &key, &keys, &damaged, error);
    if (code == -EBADMSG)
        code = change_drop_damaged(change, &damaged, error);
    else if (code == 0 && (code = delete_keys(change, &keys, NULL, error)) == 0)
        change->hosts--;
    change->hosts_changed += code == 0;
    return code;
}

/* ---- Restoring -------------------------------------------------------------------------------------------------- */

int change_restore_host(struct netboot_change *change, struct netboot_bytes record, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_host host;
    struct row_values values;
    struct host_keys keys;
    size_t count;
    int code = record_decode(&record_host, record, &host);

    if (code != 0)
        return failure(error, code, "the record of a host is malformed");
    if ((code = check_host(&host, &keys, error)) != 0)
        return code;
    set_values(&keys, (MDB_val){record.size, (void *)record.data}, &values);
    int rc = put_keys(change, &keys, &values, MDB_NOOVERWRITE, &count);
    if (rc == MDB_KEYEXIST)
        return failure(error, -EBADMSG, "two hosts have the identifier or name %s", key_text(&keys.keys[count], text));
    if (rc != 0)
        return change_failed(change, rc, error);
    change->hosts++;
    change->hosts_changed++;
    return 0;
}
