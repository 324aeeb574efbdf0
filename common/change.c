/* SPDX-License-Identifier: MPL-2.0 */
/* Changing the targets store: one write transaction, one generation. */
#include "store.h"

#include "address.h"
#include "bytes.h"
#include "failure.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define KEYS_MAX (NETBOOT_LIST_MAX + 1) /* of a host: its identifiers and its name */
#define NAME_SHOWN 127

struct netboot_change {
    struct netboot_view view;
    struct netboot_store *store;
    int lock;        /* the writers' */
    pthread_t owner; /* LMDB's lock is a thread's */
    uint64_t hosts;
    bool touched, ranges_stale;
    struct netboot_error failed; /* the first failure of the database: after it there is no commit */
    /* One for each type of identifier: what comes sorted goes onto the page where the last one went. */
    MDB_cursor *cursors[4];
    uint8_t record[RECORD_SIZE_MAX];
};

/* ---- Rows */

static int change_failure(struct netboot_change *change, int rc, struct netboot_error *error)
{
    int code = env_failure(&change->store->env, rc, "change", &change->failed);

    if (error)
        *error = change->failed;
    return code;
}

/* What every call begins with. */
static int check_change(struct netboot_change *change, struct netboot_error *error)
{
    if (env_in_child(&change->store->env))
        return failure(error, -ECHILD, "a change of the targets store cannot go on after fork");
    if (!pthread_equal(change->owner, pthread_self()))
        return failure(error, -EPERM, "a change of the targets store belongs to the thread that began it");
    if (change->failed.code != 0)
        return failure(error, change->failed.code, "%s", change->failed.text);
    return 0;
}

static MDB_cursor *host_cursor(struct netboot_change *change, const struct key *key)
{
    switch (key->octets[0]) {
    case NETBOOT_ID_MAC:
        return change->cursors[0];
    case NETBOOT_ID_UUID:
        return change->cursors[1];
    case NETBOOT_ID_DUID:
        return change->cursors[2];
    }
    return change->cursors[3];
}

static int put_row(struct netboot_change *change, unsigned table, const struct key *key, const void *value, size_t size,
                   struct netboot_error *error)
{
    MDB_val row = key_value(key), data = {size, (void *)value};
    int rc = table == TABLE_HOST ? mdb_cursor_put(host_cursor(change, key), &row, &data, 0)
                                 : mdb_put(change->view.txn, view_table(&change->view, table), &row, &data, 0);

    change->touched = true;
    return rc == 0 ? 0 : change_failure(change, rc, error);
}

static int delete_row(struct netboot_change *change, unsigned table, const struct key *key, struct netboot_error *error)
{
    MDB_val row = key_value(key);
    int rc = mdb_del(change->view.txn, view_table(&change->view, table), &row, NULL);

    change->touched = true;
    return rc == 0 || rc == MDB_NOTFOUND ? 0 : change_failure(change, rc, error);
}

static int put_record(struct netboot_change *change, unsigned table, const struct key *key,
                      const struct record_type *type, const void *record, struct netboot_error *error)
{
    ssize_t size = record_encode(type, record, change->record, sizeof(change->record));

    if (size < 0)
        return failure(error, -EINVAL, "the record is larger than the %d octets that fit", RECORD_SIZE_MAX);
    return put_row(change, table, key, change->record, (size_t)size, error);
}

static int put_meta(struct netboot_change *change, const char *name, uint64_t number, struct netboot_error *error)
{
    struct key key = {.size = strlen(name)};
    uint8_t octets[8];

    memcpy(key.octets, name, key.size);
    for (unsigned i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)(number >> 8 * (sizeof(octets) - 1 - i));
    return put_row(change, TABLE_META, &key, octets, sizeof(octets), error);
}

static int damaged(int code, const char *what, struct netboot_error *error)
{
    return failure(error, code, "the record of the %s is damaged: bring the store back from a backup", what);
}

/* ---- Lists in which each item has a key of its own */

static size_t platform_key(struct netboot_bytes item)
{
    return item.size < 2 ? item.size : 2;
}

static size_t label_key(struct netboot_bytes item)
{
    const uint8_t *equals = memchr(item.data, '=', item.size);

    return equals ? (size_t)(equals - item.data) : item.size;
}

static int check_unique(const struct netboot_list *list, size_t (*key_size)(struct netboot_bytes item),
                        const char *what, struct netboot_error *error)
{
    for (size_t i = 1; i < list->count; i++)
        for (size_t j = 0; j < i; j++) {
            struct netboot_bytes a = list->items[i], b = list->items[j];
            size_t size = key_size(a);
            if (size == key_size(b) && memcmp(a.data, b.data, size) == 0)
                return failure(error, -EINVAL, "two %s: give one", what);
        }
    return 0;
}

/* ---- Hosts */

struct keys {
    size_t count, primary;
    struct key keys[KEYS_MAX];
};

/* The first MAC is the key of the record, since by it both families find a host with one look-up; else the first. */
static void keys_of_host(const struct netboot_host *host, struct keys *ret)
{
    ret->count = ret->primary = 0;
    for (size_t i = host->ids.count; i-- > 0;)
        if (host->ids.items[i].data[0] == NETBOOT_ID_MAC)
            ret->primary = i;
    for (size_t i = 0; i < host->ids.count; i++) {
        struct netboot_bytes id = host->ids.items[i];
        if (key_of_id(&ret->keys[ret->count], id.data[0], id.data + 1, id.size - 1))
            ret->count++;
    }
    if (key_of_name(&ret->keys[ret->count], NETBOOT_ID_NAME, host->name.data, host->name.size))
        ret->count++;
}

static bool same_key(const struct key *a, const struct key *b)
{
    return key_equals(a, b->octets, b->size);
}

static const struct key *primary_key(const struct keys *keys)
{
    return &keys->keys[keys->primary];
}

/* The identifier behind a key; of a UUID, the form that is the key. */
static const char *key_text(const struct key *key, char text[NETBOOT_ID_TEXT_SIZE])
{
    struct netboot_id id = {.type = (enum netboot_id_type)key->octets[0], .size = (uint8_t)(key->size - 1)};

    memcpy(id.value, key->octets + 1, id.size);
    return netboot_id_text(&id, text);
}

static int check_host(const struct netboot_host *host, struct keys *ret, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    int code = record_check(&record_host, host, error);

    if (code == 0)
        code = check_unique(&host->loaders, platform_key, "loaders of the host are for one platform", error);
    if (code == 0)
        code = check_unique(&host->labels, label_key, "labels of the host have one key", error);
    if (code != 0)
        return code;
    keys_of_host(host, ret);
    for (size_t i = 1; i < ret->count; i++)
        for (size_t j = 0; j < i; j++)
            if (same_key(&ret->keys[i], &ret->keys[j]))
                return failure(error, -EINVAL, "the identifier %s is given twice", key_text(&ret->keys[i], text));
    return 0;
}

/* Another host has one of our identifiers. */
static int taken(struct netboot_change *change, const struct key *key, MDB_val other, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE], other_text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_host host;
    struct netboot_id id;

    (void)change;
    if (record_decode(&record_host, value_bytes(other), &host) != 0)
        return damaged(-EBADMSG, key_text(key, text), error);
    if (host.name.size > 0)
        return failure(error, -EEXIST, "%s belongs to the host %.*s already", key_text(key, text), (int)host.name.size,
                       (const char *)host.name.data);
    int code = netboot_host_id(&host, 0, &id);
    return failure(error, -EEXIST, "%s belongs to the host %s already", key_text(key, text),
                   code == 0 ? netboot_id_text(&id, other_text) : "of another name");
}

static int get_host_row(struct netboot_change *change, const struct key *key, MDB_val *ret)
{
    MDB_val row = key_value(key);

    return mdb_cursor_get(host_cursor(change, key), &row, ret, MDB_SET_KEY);
}

/* Whether the keys are free, or those of the host under `own` (NULL: none is). */
static int check_keys(struct netboot_change *change, const struct keys *keys, const struct key *own,
                      struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];

    for (size_t i = 0; i < keys->count; i++) {
        struct key owner;
        MDB_val value;
        int rc = get_host_row(change, &keys->keys[i], &value);
        if (rc == MDB_NOTFOUND)
            continue;
        if (rc != 0)
            return change_failure(change, rc, error);
        int code = view_find_host(&change->view, &keys->keys[i], &owner, &value);
        if (code != 0)
            return damaged(code, key_text(&keys->keys[i], text), error);
        if (!own || !same_key(&owner, own))
            return taken(change, &keys->keys[i], value, error);
    }
    return 0;
}

static bool has_key(const struct keys *keys, const struct key *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (same_key(&keys->keys[i], key))
            return true;
    return false;
}

static int delete_keys(struct netboot_change *change, const struct keys *keys, const struct keys *except,
                       struct netboot_error *error)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (except && has_key(except, &keys->keys[i]))
            continue;
        int code = delete_row(change, TABLE_HOST, &keys->keys[i], error);
        if (code != 0)
            return code;
    }
    return 0;
}

/* The keys of the host that has the identifier, and a copy of its own key. -ENOENT. */
static int find_keys(struct netboot_change *change, const struct key *id, struct keys *ret, struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_host host;
    struct key key;
    MDB_val value;
    int code = view_find_host(&change->view, id, &key, &value);

    if (code == -ENOENT)
        return failure(error, code, "there is no host %s", key_text(id, text));
    if (code == 0)
        code = record_decode(&record_host, value_bytes(value), &host);
    if (code != 0)
        return damaged(code, key_text(id, text), error);
    keys_of_host(&host, ret);
    return same_key(primary_key(ret), &key) ? 0 : damaged(-EBADMSG, key_text(id, text), error);
}

static int to_key(const struct netboot_id *id, struct key *ret, struct netboot_error *error)
{
    if (key_of_id(ret, (uint8_t)id->type, id->value, id->size))
        return 0;
    return failure(error, -ENOENT, "there is no host without an identifier");
}

/* What a host's key leads to: the record, or an alias of it. */
struct row_values {
    MDB_val record, alias;
    uint8_t alias_octets[1 + KEY_SIZE];
};

static int encode_host(struct netboot_change *change, const struct netboot_host *host, const struct keys *keys,
                       struct row_values *ret, struct netboot_error *error)
{
    const struct key *primary = primary_key(keys);
    struct netboot_host stored = *host;

    stored.changed = (uint64_t)time(NULL);
    ssize_t size = record_encode(&record_host, &stored, change->record, sizeof(change->record));
    if (size < 0)
        return failure(error, -EINVAL, "the record is larger than the %d octets that fit", RECORD_SIZE_MAX);
    ret->record = (MDB_val){(size_t)size, change->record};
    ret->alias_octets[0] = NO_RECORD;
    memcpy(ret->alias_octets + 1, primary->octets, primary->size);
    ret->alias = (MDB_val){1 + primary->size, ret->alias_octets};
    return 0;
}

/* Puts the rows of a host's keys until one is there already (with MDB_NOOVERWRITE): `ret_count` were put. */
static int put_keys(struct netboot_change *change, const struct keys *keys, const struct row_values *values,
                    unsigned flags, size_t *ret_count)
{
    int rc = 0;

    change->touched = true;
    for (*ret_count = 0; *ret_count < keys->count; ++*ret_count) {
        const struct key *key = &keys->keys[*ret_count];
        MDB_val row = key_value(key), value = *ret_count == keys->primary ? values->record : values->alias;
        if ((rc = mdb_cursor_put(host_cursor(change, key), &row, &value, flags)) != 0)
            break;
    }
    return rc;
}

/* A host that is there already, under `old` keys. */
static int replace_host(struct netboot_change *change, const struct keys *old, const struct keys *keys,
                        const struct row_values *values, struct netboot_error *error)
{
    size_t count;
    int code, rc;

    if ((code = check_keys(change, keys, primary_key(old), error)) != 0 ||
        (code = delete_keys(change, old, keys, error)) != 0)
        return code;
    rc = put_keys(change, keys, values, 0, &count);
    return rc == 0 ? 0 : change_failure(change, rc, error);
}

/* A host that is most likely new, as in an import: one search per key. What turns out to be taken is undone. */
static int add_host(struct netboot_change *change, const struct keys *keys, const struct row_values *values,
                    struct netboot_error *error)
{
    struct keys old;
    size_t count;
    int rc = put_keys(change, keys, values, MDB_NOOVERWRITE, &count), code;

    if (rc == 0) {
        change->hosts++;
        return 0;
    }
    if (rc != MDB_KEYEXIST)
        return change_failure(change, rc, error);
    if (count == 0) { /* the host with this first identifier is replaced */
        code = find_keys(change, &keys->keys[0], &old, error);
        return code == 0 ? replace_host(change, &old, keys, values, error) : code;
    }
    struct keys put = *keys;
    put.count = count;
    code = delete_keys(change, &put, NULL, error);
    return code == 0 ? check_keys(change, keys, NULL, error) : code;
}

int netboot_change_put_host(struct netboot_change *change, const struct netboot_id *key,
                            const struct netboot_host *host, struct netboot_error *error)
{
    struct row_values values;
    struct keys keys, old;
    struct key id;
    int code;

    if ((code = check_change(change, error)) != 0 || (code = check_host(host, &keys, error)) != 0 ||
        (code = encode_host(change, host, &keys, &values, error)) != 0)
        return code;
    if (!key)
        return add_host(change, &keys, &values, error);
    if ((code = to_key(key, &id, error)) != 0 || (code = find_keys(change, &id, &old, error)) != 0)
        return code;
    return replace_host(change, &old, &keys, &values, error);
}

int netboot_change_delete_host(struct netboot_change *change, const struct netboot_id *id, struct netboot_error *error)
{
    struct keys keys;
    struct key key;
    int code;

    if ((code = check_change(change, error)) != 0 || (code = to_key(id, &key, error)) != 0 ||
        (code = find_keys(change, &key, &keys, error)) != 0 || (code = delete_keys(change, &keys, NULL, error)) != 0)
        return code;
    change->hosts--;
    return 0;
}

/* ---- Sites */

static const char *prefix_text(struct netboot_bytes prefix, char text[ADDRESS6_TEXT_SIZE + 4])
{
    unsigned length = prefix.size == 5 ? address4_text(prefix.data + 1, text) : address6_text(prefix.data + 1, text);

    snprintf(text + length, 5, "/%u", prefix.data[0]);
    return text;
}

/* Sets the bits past the prefix's length in `address` to zero or one. */
static void set_host_bits(struct netboot_bytes prefix, uint8_t *address, bool ones)
{
    for (size_t bit = prefix.data[0]; bit < 8 * (prefix.size - 1); bit++) {
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        address[bit / 8] = (uint8_t)(ones ? address[bit / 8] | mask : address[bit / 8] & ~mask);
    }
}

static int check_prefix(struct netboot_change *change, const struct netboot_site *site, size_t index,
                        struct netboot_error *error)
{
    char text[ADDRESS6_TEXT_SIZE + 4], right_text[ADDRESS6_TEXT_SIZE + 4];
    struct netboot_bytes prefix = site->prefixes.items[index];
    uint8_t right[1 + NETBOOT_ADDRESS_SIZE];
    struct key key;
    MDB_val other;

    memcpy(right, prefix.data, prefix.size);
    set_host_bits(prefix, right + 1, false);
    if (memcmp(right, prefix.data, prefix.size) != 0)
        return failure(error, -EINVAL, "the prefix %s has bits set past its length: write %s",
                       prefix_text(prefix, text), prefix_text((struct netboot_bytes){right, prefix.size}, right_text));
    for (size_t i = 0; i < index; i++)
        if (site->prefixes.items[i].size == prefix.size &&
            memcmp(site->prefixes.items[i].data, prefix.data, prefix.size) == 0)
            return failure(error, -EINVAL, "the prefix %s is given twice", prefix_text(prefix, text));
    key_of_prefix(&key, prefix);
    int code = view_get(&change->view, TABLE_POLICY, &key, &other);
    if (code == -ENOENT)
        return 0;
    if (code != 0)
        return failure(error, code, "the prefix %s cannot be looked up: %s", prefix_text(prefix, text),
                       strerror(-code));
    if (other.mv_size == site->name.size && memcmp(other.mv_data, site->name.data, other.mv_size) == 0)
        return 0;
    return failure(error, -EEXIST, "the prefix %s of the site %.*s is one of the site %.*s already",
                   prefix_text(prefix, text), (int)site->name.size, (const char *)site->name.data,
                   (int)(other.mv_size < NAME_SHOWN ? other.mv_size : NAME_SHOWN), (const char *)other.mv_data);
}

static int check_site(struct netboot_change *change, const struct netboot_site *site, struct netboot_error *error)
{
    int code = record_check(&record_site, site, error);

    if (code == 0 && site->prefixes.count > 0 && bytes_equal(site->name, "default"))
        return failure(error, -EINVAL,
                       "the site default has no prefixes: it is for every address that no other site has");
    for (size_t i = 0; i < site->prefixes.count && code == 0; i++)
        code = check_prefix(change, site, i, error);
    return code;
}

static int put_prefixes(struct netboot_change *change, const struct netboot_site *site, bool put,
                        struct netboot_error *error)
{
    struct key keys[NETBOOT_LIST_MAX];
    int code = 0;

    /* A site that was read lives in pages that the first change may move. */
    for (size_t i = 0; i < site->prefixes.count; i++)
        key_of_prefix(&keys[i], site->prefixes.items[i]);
    size_t count = site->prefixes.count;
    for (size_t i = 0; i < count && code == 0; i++)
        code = put ? put_row(change, TABLE_POLICY, &keys[i], site->name.data, site->name.size, error)
                   : delete_row(change, TABLE_POLICY, &keys[i], error);
    change->ranges_stale |= count > 0;
    return code;
}

/* Takes away the prefixes that the site of that name has so far. -ENOENT: there is none. */
static int drop_prefixes(struct netboot_change *change, const struct key *key, struct netboot_error *error)
{
    struct netboot_site site;
    MDB_val value;
    int code = view_get(&change->view, TABLE_POLICY, key, &value);

    if (code == -ENOENT)
        return failure(error, code, "there is no site %.*s", (int)(key->size - 1), (const char *)key->octets + 1);
    if (code == 0)
        code = record_decode(&record_site, value_bytes(value), &site);
    return code == 0 ? put_prefixes(change, &site, false, error) : damaged(code, "site", error);
}

int netboot_change_put_site(struct netboot_change *change, const struct netboot_site *site, struct netboot_error *error)
{
    struct key key;
    int code;

    if ((code = check_change(change, error)) != 0 || (code = check_site(change, site, error)) != 0)
        return code;
    key_of_name(&key, ROW_SITE, site->name.data, site->name.size);
    if ((code = drop_prefixes(change, &key, error)) != 0 && code != -ENOENT)
        return code;
    if ((code = put_prefixes(change, site, true, error)) != 0)
        return code;
    change->ranges_stale |= bytes_equal(site->name, "default");
    return put_record(change, TABLE_POLICY, &key, &record_site, site, error);
}

static int name_key(uint8_t row, const char *name, const char *what, struct key *ret, struct netboot_error *error)
{
    if (key_of_name(ret, row, name, strlen(name)))
        return 0;
    return failure(error, -ENOENT, "there is no %s '%.*s'", what, NAME_SHOWN, name);
}

int netboot_change_delete_site(struct netboot_change *change, const char *name, struct netboot_error *error)
{
    struct key key;
    int code;

    if ((code = check_change(change, error)) != 0 || (code = name_key(ROW_SITE, name, "site", &key, error)) != 0 ||
        (code = drop_prefixes(change, &key, error)) != 0)
        return code;
    change->ranges_stale |= strcmp(name, "default") == 0;
    return delete_row(change, TABLE_POLICY, &key, error);
}

/* ---- Ranges: all addresses of both families, each range under its last address
 *
 * The prefixes of all sites made flat: the site of an address is in the first row that is not before it, and that
 * site is the one of the longest prefix which has the address. Rows hold the site's record, so there is no second
 * search.
 */

struct open_prefix {
    uint8_t last[NETBOOT_ADDRESS_SIZE];
    struct key site;
};

struct flattening {
    struct netboot_change *change;
    enum netboot_family family;
    size_t size;                        /* of its addresses */
    uint8_t next[NETBOOT_ADDRESS_SIZE]; /* the first address that has no row yet */
    bool full;                          /* there is none */
    unsigned depth;
    struct open_prefix open[8 * NETBOOT_ADDRESS_SIZE + 1]; /* those that hold that address, the longest last */
};

static void add_one(uint8_t *address, size_t size, bool *ret_over)
{
    while (size-- > 0)
        if (++address[size] != 0)
            return;
    *ret_over = true;
}

static void subtract_one(uint8_t *address, size_t size)
{
    while (size-- > 0)
        if (address[size]-- != 0)
            return;
}

static int put_range(struct flattening *flat, const uint8_t *last, struct netboot_error *error)
{
    static const uint8_t none = NO_RECORD;
    struct netboot_site site;
    struct key name, key;
    MDB_val value;

    key_of_name(&name, ROW_SITE, "default", 7);
    if (flat->depth > 0)
        name = flat->open[flat->depth - 1].site;
    key_of_range(&key, flat->family, last);
    int code = view_get(&flat->change->view, TABLE_POLICY, &name, &value);
    if (code == -ENOENT && flat->depth == 0)
        return put_row(flat->change, TABLE_POLICY, &key, &none, 1, error);
    if (code == 0)
        code = record_decode(&record_site, value_bytes(value), &site);
    if (code != 0)
        return damaged(-EBADMSG, "site", error);
    site.prefixes.count = 0;
    return put_record(flat->change, TABLE_POLICY, &key, &record_site, &site, error);
}

/* Up to and with `last` it is the innermost open prefix's site, or `default`. */
static int fill_to(struct flattening *flat, const uint8_t *last, struct netboot_error *error)
{
    if (flat->full || memcmp(flat->next, last, flat->size) > 0)
        return 0;
    memcpy(flat->next, last, flat->size);
    add_one(flat->next, flat->size, &flat->full);
    return put_range(flat, last, error);
}

/* Closes the prefixes that end before `address` (NULL: all). */
static int close_prefixes(struct flattening *flat, const uint8_t *address, struct netboot_error *error)
{
    for (; flat->depth > 0; flat->depth--) {
        const struct open_prefix *open = &flat->open[flat->depth - 1];
        if (address && memcmp(open->last, address, flat->size) >= 0)
            break;
        int code = fill_to(flat, open->last, error);
        if (code != 0)
            return code;
    }
    return 0;
}

/* Prefixes come by address and length: each is held by those that are open, or they end before it. */
static int add_prefix(struct flattening *flat, const struct key *row, const struct key *site,
                      struct netboot_error *error)
{
    uint8_t prefix[1 + NETBOOT_ADDRESS_SIZE], before[NETBOOT_ADDRESS_SIZE];
    int code;

    if (row->size != 3 + flat->size || flat->depth == sizeof(flat->open) / sizeof(flat->open[0]))
        return damaged(-EBADMSG, "prefix", error);
    prefix[0] = row->octets[row->size - 1];
    memcpy(prefix + 1, row->octets + 2, flat->size);
    if ((code = close_prefixes(flat, prefix + 1, error)) != 0)
        return code;
    memcpy(before, prefix + 1, flat->size);
    subtract_one(before, flat->size);
    if (memcmp(flat->next, prefix + 1, flat->size) < 0 && (code = fill_to(flat, before, error)) != 0)
        return code;
    struct open_prefix *open = &flat->open[flat->depth++];
    open->site = *site;
    set_host_bits((struct netboot_bytes){prefix, 1 + flat->size}, prefix + 1, true);
    memcpy(open->last, prefix + 1, flat->size);
    return 0;
}

/* The first row from `key` on, copied; -ENOENT when it does not begin as `key` does in `same` octets. */
static int next_row(struct netboot_change *change, struct key *key, size_t same, struct key *ret_name)
{
    MDB_val row = key_value(key), value;
    int rc = mdb_cursor_get(change->view.cursor, &row, &value, MDB_SET_RANGE);

    if (rc != 0)
        return env_code(rc);
    if (row.mv_size < same || memcmp(row.mv_data, key->octets, same) != 0)
        return -ENOENT;
    if (row.mv_size > KEY_SIZE)
        return -EBADMSG;
    key->size = row.mv_size;
    memcpy(key->octets, row.mv_data, row.mv_size);
    if (ret_name && !key_of_name(ret_name, ROW_SITE, value.mv_data, value.mv_size))
        return -EBADMSG;
    return 0;
}

static int drop_ranges(struct netboot_change *change, struct netboot_error *error)
{
    for (;;) {
        struct key key = {1, {ROW_RANGE}};
        int code = next_row(change, &key, 1, NULL);
        if (code == 0)
            code = delete_row(change, TABLE_POLICY, &key, error);
        if (code != 0)
            return code == -ENOENT ? 0 : code;
    }
}

static int build_ranges(struct netboot_change *change, enum netboot_family family, struct netboot_error *error)
{
    struct flattening flat = {.change = change, .family = family, .size = family == NETBOOT_V4 ? 4 : 16};
    struct key row =
                   {
                       2, {ROW_PREFIX, (uint8_t)family}
    },
               site;
    uint8_t last[NETBOOT_ADDRESS_SIZE];
    int code;

    while ((code = next_row(change, &row, 2, &site)) == 0 && (code = add_prefix(&flat, &row, &site, error)) == 0)
        row.octets[row.size++] = 0; /* the next row is behind this one */
    if (code != -ENOENT || (code = close_prefixes(&flat, NULL, error)) != 0)
        return code;
    memset(last, 0xff, sizeof(last));
    return fill_to(&flat, last, error);
}

int change_settle(struct netboot_change *change)
{
    struct netboot_error error = {0};
    int code;

    if (!change->ranges_stale)
        return 0;
    if ((code = drop_ranges(change, &error)) == 0 && (code = build_ranges(change, NETBOOT_V4, &error)) == 0)
        code = build_ranges(change, NETBOOT_V6, &error);
    if (code == 0)
        change->ranges_stale = false;
    else if (change->failed.code == 0)
        failure(&change->failed, code, "%s", error.code != 0 ? error.text : "the prefixes of the sites are damaged");
    return code;
}

/* ---- Targets and loaders */

int netboot_change_put_target(struct netboot_change *change, const struct netboot_target *target,
                              struct netboot_error *error)
{
    struct key key;
    int code;

    if ((code = check_change(change, error)) != 0 || (code = record_check(&record_target, target, error)) != 0 ||
        (code = check_unique(&target->files, platform_key, "files of the target are for one platform", error)) != 0)
        return code;
    key_of_name(&key, ROW_TARGET, target->name.data, target->name.size);
    return put_record(change, TABLE_POLICY, &key, &record_target, target, error);
}

int netboot_change_put_loader(struct netboot_change *change, const struct netboot_loader *loader,
                              struct netboot_error *error)
{
    struct key key;
    int code;

    if ((code = check_change(change, error)) != 0 || (code = record_check(&record_loader, loader, error)) != 0)
        return code;
    key_of_platform(&key, loader->platform);
    return put_record(change, TABLE_POLICY, &key, &record_loader, loader, error);
}

static int delete_found(struct netboot_change *change, const struct key *key, const char *what,
                        struct netboot_error *error)
{
    MDB_val value;
    int code = view_get(&change->view, TABLE_POLICY, key, &value);

    if (code == 0)
        return delete_row(change, TABLE_POLICY, key, error);
    if (code == -ENOENT)
        return failure(error, code, "there is no %s", what);
    return failure(error, code, "the %s cannot be looked up: %s", what, strerror(-code));
}

int netboot_change_delete_target(struct netboot_change *change, const char *name, struct netboot_error *error)
{
    char what[NAME_SHOWN + 16];
    struct key key;
    int code;

    if ((code = check_change(change, error)) != 0 || (code = name_key(ROW_TARGET, name, "target", &key, error)) != 0)
        return code;
    snprintf(what, sizeof(what), "target %s", name);
    return delete_found(change, &key, what, error);
}

int netboot_change_delete_loader(struct netboot_change *change, uint16_t platform, struct netboot_error *error)
{
    const char *name = netboot_platform_name(platform);
    char what[64];
    struct key key;
    int code;

    if ((code = check_change(change, error)) != 0)
        return code;
    key_of_platform(&key, platform);
    if (name)
        snprintf(what, sizeof(what), "loader for %s", name);
    else
        snprintf(what, sizeof(what), "loader for platform %u", platform);
    return delete_found(change, &key, what, error);
}

int netboot_change_clear(struct netboot_change *change, struct netboot_error *error)
{
    int code = check_change(change, error), rc;

    if (code != 0)
        return code;
    if ((rc = mdb_drop(change->view.txn, view_table(&change->view, TABLE_HOST), 0)) != 0 ||
        (rc = mdb_drop(change->view.txn, view_table(&change->view, TABLE_POLICY), 0)) != 0)
        return change_failure(change, rc, error);
    change->hosts = 0;
    change->touched = change->ranges_stale = true;
    return 0;
}

/* ---- Beginning and end */

static void close_cursors(struct netboot_change *change)
{
    for (size_t i = 0; i < sizeof(change->cursors) / sizeof(change->cursors[0]); i++)
        if (change->cursors[i])
            mdb_cursor_close(change->cursors[i]);
    if (change->view.cursor)
        mdb_cursor_close(change->view.cursor);
}

/* Gives back all that a change holds, the transaction first. */
static void end(struct netboot_change *change)
{
    env_give(change->view.slot);
    close(change->lock);
    free(change);
}

static int open_cursors(struct netboot_change *change)
{
    int rc = mdb_cursor_open(change->view.txn, view_table(&change->view, TABLE_POLICY), &change->view.cursor);

    for (size_t i = 0; i < sizeof(change->cursors) / sizeof(change->cursors[0]) && rc == 0; i++)
        rc = mdb_cursor_open(change->view.txn, view_table(&change->view, TABLE_HOST), &change->cursors[i]);
    return rc;
}

static int begin(struct netboot_change *change, struct netboot_error *error)
{
    struct netboot_store *store = change->store;
    int code = env_write_begin(&store->env, &change->view.txn, &change->view.slot, error);

    if (code != 0)
        return code;
    int rc = open_cursors(change);
    if (rc != 0)
        code = env_failure(&store->env, rc, "change", error);
    else if ((code = view_meta(&change->view, "hosts", &change->hosts)) != 0)
        damaged(code, "number of hosts", error);
    if (code == 0)
        return 0;
    close_cursors(change);
    mdb_txn_abort(change->view.txn);
    env_give(change->view.slot);
    return code;
}

int netboot_change_open(struct netboot_store *store, unsigned deadline_ms, struct netboot_change **ret,
                        struct netboot_error *error)
{
    struct netboot_change *change;
    int code;

    if (env_in_child(&store->env))
        return failure(error, -ECHILD, "the targets store cannot be used after fork: open it anew");
    if (!(change = calloc(1, sizeof(*change))))
        return failure(error, -ENOMEM, "no memory for a change of the targets store");
    change->store = change->view.store = store;
    change->view.change = change;
    change->owner = pthread_self();
    change->lock = env_lock_writers(&store->env, deadline_ms, error);
    if (change->lock < 0) {
        code = change->lock;
        free(change);
        return code;
    }
    env_repair(&store->env);
    if ((code = begin(change, error)) != 0) {
        close(change->lock);
        free(change);
        return code;
    }
    *ret = change;
    return 0;
}

struct netboot_view *netboot_change_view(struct netboot_change *change)
{
    return &change->view;
}

static int put_all_meta(struct netboot_change *change, struct netboot_error *error)
{
    uint64_t generation;
    int code = view_meta(&change->view, "generation", &generation);

    if (code != 0)
        return damaged(code, "generation", error);
    if ((code = put_meta(change, "generation", generation + 1, error)) != 0 ||
        (code = put_meta(change, "changed", (uint64_t)time(NULL), error)) != 0)
        return code;
    return put_meta(change, "hosts", change->hosts, error);
}

int netboot_change_commit(struct netboot_change *change, struct netboot_error *error)
{
    int code = check_change(change, error);

    if (code == -ECHILD || code == -EPERM)
        return code;
    if (code == 0 && change->touched && change_settle(change) != 0)
        code = failure(error, change->failed.code, "%s", change->failed.text);
    if (code == 0 && change->touched)
        code = put_all_meta(change, error);
    if (code == 0 && change->touched)
        code = state_forget(&change->view, error);
    close_cursors(change);
    if (code == 0 && change->touched) {
        int rc = mdb_txn_commit(change->view.txn);
        if (rc != 0)
            code = env_failure(&change->store->env, rc, "change", error);
    } else {
        mdb_txn_abort(change->view.txn);
    }
    end(change);
    return code;
}

void netboot_change_abort(struct netboot_change *change)
{
    if (!change)
        return;
    if (env_in_child(&change->store->env)) {
        close(change->lock);
        free(change);
        return;
    }
    close_cursors(change);
    mdb_txn_abort(change->view.txn);
    end(change);
}
