/* SPDX-License-Identifier: MPL-2.0 */
#include "store/lookup.h"

#include "base/bytes.h"
#include "store/view.h"

#include <errno.h>

/* Whether the view shows the state whose number LMDB gives. LMDB notes the number of the newest state, and only then
 * copies that state from one of two places, each of which every second change writes: it may copy the state of two
 * changes later. */
static bool is_number_of(const struct netboot_view *view, size_t transaction)
{
    MDB_envinfo info;

    return mdb_env_info(view->db->mdb, &info) == 0 && info.me_last_txnid < transaction + 2;
}

/* The cache of the view, without values of another state. In the view of a change all values go, since its rows move;
 * values found there belong to no state, as the one after the commit may be different. */
static struct lookup_cache *cache_of(struct netboot_view *view)
{
    struct lookup_cache *cache = view->cache;
    size_t transaction = mdb_txn_id(view->txn), epoch = view->db->epoch;

    if (view->change || cache->transaction != transaction || cache->epoch != epoch ||
        !is_number_of(view, transaction)) {
        cache->transaction = view->change ? 0 : transaction;
        cache->epoch = epoch;
        cache->has_target[0] = cache->has_target[1] = cache->has_site = cache->has_loader = false;
    }
    return cache;
}

void lookup_begin(struct netboot_policy *ret)
{
    *ret = (struct netboot_policy){.armed = NETBOOT_ARMED_NONE};
}

int lookup_host(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret)
{
    const struct {
        bool has;
        uint8_t type;
        struct netboot_bytes value;
    } ids[] = {
        {client->has_mac,       NETBOOT_ID_MAC,  {client->mac, sizeof(client->mac)}  },
        {client->has_uuid,      NETBOOT_ID_UUID, {client->uuid, sizeof(client->uuid)}},
        {client->duid.size > 0, NETBOOT_ID_DUID, client->duid                        },
    };

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct store_key key;
        if (!ids[i].has || !key_of_id(&key, ids[i].type, ids[i].value.data, ids[i].value.size))
            continue;
        int code = view_get_host(view, &key, &view->cache->host);
        if (code == 0)
            ret->host = &view->cache->host;
        if (code != -ENOENT)
            return code;
    }
    return 0;
}

static const struct netboot_bytes default_name = {(const uint8_t *)NETBOOT_NAME_DEFAULT,
                                                  sizeof(NETBOOT_NAME_DEFAULT) - 1};

/* `place`: of the target in the cache. Many hosts share a few targets, and all others the default. */
static int get_target(struct netboot_view *view, struct lookup_cache *cache, unsigned place, struct netboot_bytes name,
                      const struct netboot_target **ret)
{
    struct netboot_target *target = &cache->target[place];

    if (!cache->has_target[place] || !bytes_same(target->name, name)) {
        int code = view_get_named(view, &record_target, ROW_TARGET, name, target);
        cache->has_target[place] = code == 0;
        if (code != 0)
            return code;
    }
    *ret = target;
    return 0;
}

static int find_target(struct netboot_view *view, struct lookup_cache *cache, struct netboot_policy *ret)
{
    int code = -ENOENT;

    if (ret->host && ret->host->target.size > 0) {
        code = get_target(view, cache, 1, ret->host->target, &ret->target);
        ret->target_is_missing = code == -ENOENT;
    }
    if (code == -ENOENT)
        code = get_target(view, cache, 0, default_name, &ret->target);
    return code == -ENOENT ? 0 : code;
}

/* Keeps the range of the row at the cursor, and its site. It begins after the range before it. */
static void keep_range(struct netboot_view *view, struct lookup_cache *cache, MDB_val row)
{
    MDB_val before, value;

    cache->last.size = row.mv_size;
    memcpy(cache->last.octets, row.mv_data, row.mv_size);
    cache->before.size = 0;
    if (view_cursor_get(view, &before, &value, MDB_PREV) == 0 && before.mv_size == row.mv_size &&
        memcmp(before.mv_data, row.mv_data, 2) == 0) {
        cache->before.size = before.mv_size;
        memcpy(cache->before.octets, before.mv_data, before.mv_size);
    }
    cache->has_site = true;
}

/* Keys of one size are of one family. */
static bool is_in_range(const struct lookup_cache *cache, const struct store_key *address)
{
    return cache->has_site && cache->last.size == address->size &&
           memcmp(address->octets, cache->last.octets, address->size) <= 0 &&
           (cache->before.size == 0 || memcmp(address->octets, cache->before.octets, address->size) > 0);
}

/* Ranges are sorted by their last addresses: the first range that does not end before the address contains it. */
static int find_range(struct netboot_view *view, struct lookup_cache *cache, const struct store_key *address)
{
    MDB_val row = key_value(address), value;

    if (is_in_range(cache, address))
        return 0;
    cache->has_site = false;
    int rc = view_cursor_get(view, &row, &value, MDB_SET_RANGE);
    if (rc != 0)
        return db_code(rc);
    if (row.mv_size != address->size || memcmp(row.mv_data, address->octets, 2) != 0)
        return -EBADMSG;
    if (value.mv_size == 1 && *(const uint8_t *)value.mv_data == NO_RECORD_MARK)
        return -ENOENT;
    int code = record_decode(&record_site, value_bytes(value), &cache->site);
    if (code == 0)
        keep_range(view, cache, row);
    return code;
}

/* The ranges include `default`; a client without an address gets that site. */
static int find_site(struct netboot_view *view, struct lookup_cache *cache, const struct netboot_client *client,
                     struct netboot_policy *ret)
{
    struct store_key key;
    int code;

    if (is_zero(client->address, sizeof(client->address))) {
        cache->has_site = false;
        code = view_get_named(view, &record_site, ROW_SITE, default_name, &cache->site);
    } else {
        key_of_range(&key, client->family, client->address);
        code = find_range(view, cache, &key);
    }
    if (code == 0)
        ret->site = &cache->site;
    return code == -ENOENT ? 0 : code;
}

static int find_loader(struct netboot_view *view, struct lookup_cache *cache, const struct netboot_client *client,
                       struct netboot_policy *ret)
{
    struct netboot_loader loader;
    struct store_key key;

    if (client->platform == NETBOOT_PLATFORM_NONE)
        return 0;
    if (!cache->has_loader || cache->platform != client->platform) {
        key_of_platform(&key, client->platform);
        int code = view_get_record(view, &record_loader, &key, &loader);
        cache->has_loader = code == 0;
        if (code != 0)
            return code == -ENOENT ? 0 : code;
        cache->platform = client->platform;
        cache->loader = loader.file;
    }
    ret->loader = cache->loader;
    return 0;
}

int lookup_rest(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret)
{
    struct lookup_cache *cache = cache_of(view);
    int code = find_target(view, cache, ret);

    if (code == 0)
        code = find_site(view, cache, client, ret);
    if (code == 0)
        code = find_loader(view, cache, client, ret);
    return code;
}
