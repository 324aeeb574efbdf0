/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The packet path: a look-up, a decision, an answer.
 *
 * Of the four rows that a client needs, the host's is another one each time; target, site and loader are mostly those
 * of the last packet. A slot keeps the last ones that it found, decoded, for as long as the store shows the same
 * state: the pages of a state do not move while it is the newest one.
 */
#include "store/store.h"

#include "base/bytes.h"
#include "decide/decide.h"

#include <errno.h>

/* Keeps nothing of another state than that of the view; NULL for the view of a change, whose rows move. */
static struct recent *recent_of(struct netboot_view *view)
{
    struct recent *recent = view->recent;

    if (!recent || view->change)
        return NULL;
    size_t transaction = mdb_txn_id(view->txn), epoch = view->store->env.epoch;
    if (recent->transaction != transaction || recent->epoch != epoch) {
        recent->transaction = transaction;
        recent->epoch = epoch;
        recent->has_target[0] = recent->has_target[1] = recent->has_site = recent->has_loader = false;
    }
    return recent;
}

static void copy_list(struct netboot_list *ret, const struct netboot_list *list)
{
    ret->count = list->count;
    for (size_t i = 0; i < list->count; i++)
        ret->items[i] = list->items[i];
}

static void copy_target(struct netboot_target *ret, const struct netboot_target *target)
{
    ret->name = target->name;
    ret->kind = target->kind;
    ret->script = target->script;
    ret->description = target->description;
    ret->kernel = target->kernel;
    ret->command_line = target->command_line;
    ret->order = target->order;
    copy_list(&ret->files, &target->files);
    copy_list(&ret->initrds, &target->initrds);
}

static void copy_site(struct netboot_site *ret, const struct netboot_site *site)
{
    ret->name = site->name;
    ret->tftp4 = site->tftp4;
    ret->tftp6 = site->tftp6;
    ret->http4 = site->http4;
    ret->http6 = site->http6;
    copy_list(&ret->prefixes, &site->prefixes);
}

/* ---- What is known of one client */

static void clear_policy(struct netboot_policy *ret)
{
    static const struct netboot_bytes none;

    /* Not the lists' items: clearing those would cost more than a look-up. */
    ret->armed = NETBOOT_ARMED_NONE;
    ret->has_host = ret->joined = ret->has_target = ret->target_is_missing = false;
    ret->host.name = ret->host.target = ret->host.note = none;
    ret->host.ids.count = ret->host.loaders.count = ret->host.labels.count = 0;
    ret->host.changed = 0;
    ret->target.name = ret->target.script = ret->target.description = none;
    ret->target.kind = NETBOOT_KIND_BOOT;
    ret->target.files.count = ret->target.initrds.count = 0;
    ret->target.kernel = ret->target.command_line = none;
    ret->target.order = 0;
    ret->site.name = ret->site.tftp4 = ret->site.tftp6 = ret->site.http4 = ret->site.http6 = none;
    ret->site.prefixes.count = 0;
    ret->loader = none;
}

static int find_host(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret)
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
        struct key key;
        if (!ids[i].has || !key_of_id(&key, ids[i].type, ids[i].value.data, ids[i].value.size))
            continue;
        int code = view_get_host(view, &key, &ret->host);
        ret->has_host = code == 0;
        if (code != -ENOENT)
            return code;
    }
    return 0;
}

/* The host of a client that shows a UUID alone, by the MAC that the journal has seen with it. Not if an operator has
 * said what identifiers but MACs the host has: those are all, then. */
static int find_joined(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret)
{
    struct key mac;

    if (view->change || !view->join || !journal_find_mac(&view->store->journal, client, &mac))
        return 0;
    int code = view_get_host(view, &mac, &ret->host);
    for (size_t i = 0; code == 0 && i < ret->host.ids.count; i++)
        if (ret->host.ids.items[i].data[0] != NETBOOT_ID_MAC)
            code = -ENOENT;
    ret->has_host = ret->joined = code == 0;
    return code == -ENOENT ? 0 : code;
}

static const struct netboot_bytes default_name = {(const uint8_t *)"default", 7};

/* `place` is of the target among the recent ones: many hosts share a few, and all others the default. */
static int get_target(struct netboot_view *view, struct recent *recent, unsigned place, struct netboot_bytes name,
                      struct netboot_target *ret)
{
    if (recent && recent->has_target[place] && bytes_same(recent->target[place].name, name)) {
        copy_target(ret, &recent->target[place]);
        return 0;
    }
    int code = view_get_named(view, &record_target, ROW_TARGET, name, ret);
    if (code == 0 && recent) {
        copy_target(&recent->target[place], ret);
        recent->has_target[place] = true;
    }
    return code;
}

static int find_target(struct netboot_view *view, struct recent *recent, struct netboot_policy *ret)
{
    int code = -ENOENT;

    if (ret->has_host && ret->host.target.size > 0) {
        code = get_target(view, recent, 1, ret->host.target, &ret->target);
        ret->target_is_missing = code == -ENOENT;
    }
    if (code == -ENOENT)
        code = get_target(view, recent, 0, default_name, &ret->target);
    ret->has_target = code == 0;
    return code == -ENOENT ? 0 : code;
}

/* The key of the range before that of the cursor, and nothing if there is none: where a range begins. */
static void keep_range(struct netboot_view *view, struct recent *recent, MDB_val row, const struct netboot_site *site)
{
    MDB_val before, value;

    copy_site(&recent->site, site);
    recent->last.size = row.mv_size;
    memcpy(recent->last.octets, row.mv_data, row.mv_size);
    recent->before.size = 0;
    if (view_cursor_get(view, &before, &value, MDB_PREV) == 0 && before.mv_size == row.mv_size &&
        memcmp(before.mv_data, row.mv_data, 2) == 0) {
        recent->before.size = before.mv_size;
        memcpy(recent->before.octets, before.mv_data, before.mv_size);
    }
    recent->has_site = true;
}

static bool is_in_range(const struct recent *recent, const struct key *address)
{
    return recent->has_site && recent->last.size == address->size &&
           memcmp(recent->last.octets, address->octets, 2) == 0 &&
           memcmp(address->octets, recent->last.octets, address->size) <= 0 &&
           (recent->before.size == 0 || memcmp(address->octets, recent->before.octets, address->size) > 0);
}

/* Ranges lie one behind the other under their last addresses: the first that does not end before the address has it. */
static int find_range(struct netboot_view *view, struct recent *recent, const struct key *address,
                      struct netboot_site *ret)
{
    MDB_val row = key_value(address), value;

    if (recent && is_in_range(recent, address)) {
        copy_site(ret, &recent->site);
        return 0;
    }
    int rc = view_cursor_get(view, &row, &value, MDB_SET_RANGE);
    if (rc != 0)
        return env_code(rc);
    if (row.mv_size != address->size || memcmp(row.mv_data, address->octets, 2) != 0)
        return -EBADMSG;
    if (value.mv_size == 1 && *(const uint8_t *)value.mv_data == NO_RECORD)
        return -ENOENT;
    int code = record_decode(&record_site, value_bytes(value), ret);
    if (code == 0 && recent)
        keep_range(view, recent, row, ret);
    return code;
}

/* The ranges know about `default` as well; without an address there is nothing to look for in them. */
static int find_site(struct netboot_view *view, struct recent *recent, const struct netboot_client *client,
                     struct netboot_policy *ret)
{
    struct key key;
    int code;

    if (is_zero(client->address, sizeof(client->address))) {
        code = view_get_named(view, &record_site, ROW_SITE, default_name, &ret->site);
    } else {
        key_of_range(&key, client->family, client->address);
        code = find_range(view, recent, &key, &ret->site);
    }
    return code == -ENOENT ? 0 : code;
}

static int find_loader(struct netboot_view *view, struct recent *recent, const struct netboot_client *client,
                       struct netboot_policy *ret)
{
    struct netboot_loader loader = {.platform = client->platform};
    struct key key;
    int code = 0;

    if (client->platform == NETBOOT_PLATFORM_NONE)
        return 0;
    if (recent && recent->has_loader && recent->platform == client->platform) {
        ret->loader = recent->loader;
        return 0;
    }
    key_of_platform(&key, client->platform);
    code = view_get_record(view, &record_loader, &key, &loader);
    if (code != 0)
        return code == -ENOENT ? 0 : code;
    ret->loader = loader.file;
    if (recent) {
        recent->platform = client->platform;
        recent->loader = loader.file;
        recent->has_loader = true;
    }
    return 0;
}

static int find_policy(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret)
{
    struct recent *recent = recent_of(view);
    int code = view->change ? change_settle(view->change) : 0;

    clear_policy(ret);
    if (code == 0)
        code = find_host(view, client, ret);
    if (code == 0 && !ret->has_host)
        code = find_joined(view, client, ret);
    if (code == 0)
        code = find_target(view, recent, ret);
    if (code == 0)
        code = find_site(view, recent, client, ret);
    if (code == 0)
        code = find_loader(view, recent, client, ret);
    if (code != 0)
        clear_policy(ret);
    return code;
}

int netboot_view_policy(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret)
{
    int code = find_policy(view, client, ret);

    if (code == 0 && ret->has_host && !ret->joined)
        state_peek(view, ret);
    return code;
}

/* ---- The packet path */

/* A decision that changes nothing, for a caller that looks at it though there was a failure. */
static void no_decision(struct netboot_result *ret)
{
    struct netboot_decision *decision = &ret->decision;

    ret->answer.edit_count = 0;
    decision->outcome = NETBOOT_NO_BOOT_FILE;
    decision->source = NETBOOT_SOURCE_NONE;
    decision->armed = NETBOOT_ARMED_NONE;
    decision->host_found = decision->has_next_server = decision->vendor_class = false;
    decision->boot_file_size = 0;
    decision->host[0] = decision->target[0] = decision->site[0] = '\0';
    decision->tftp_server_name[0] = decision->boot_file[0] = '\0';
    decision->reason_count = 0;
}

static void decide(const struct netboot_query *query, const struct netboot_policy *policy, struct netboot_result *ret)
{
    netboot_decide(query, &ret->client, policy, &ret->decision);
    netboot_answer_encode(&ret->client, &ret->decision, &ret->answer);
}

/* A query that is not ours needs no store, so that its state is no failure there. */
static int serve_without(const struct netboot_query *query, struct netboot_policy *policy, int code,
                         struct netboot_result *ret)
{
    clear_policy(policy);
    decide(query, policy, ret);
    if (ret->decision.outcome == NETBOOT_NOT_OURS)
        return 0;
    no_decision(ret);
    return code;
}

int netboot_serve(struct netboot_store *store, const struct netboot_query *query, struct netboot_result *ret)
{
    struct netboot_policy policy;
    struct env_slot *slot;
    int code;

    netboot_client_parse(query, &ret->client);
    if (ret->client.stage == NETBOOT_STAGE_NONE)
        return serve_without(query, &policy, 0, ret);
    if ((code = env_read_begin(&store->env, &slot)) != 0)
        return serve_without(query, &policy, code, ret);
    struct netboot_view view = view_of_slot(store, slot);
    if (message_boots(query))
        code = find_policy(&view, &ret->client, &policy);
    else
        clear_policy(&policy); /* a NAK, say: whoever it is for, there is nothing to be told */
    if (code != 0)
        no_decision(ret);
    else if (!policy.has_host || policy.joined || !state_serve(&view, query, &policy, ret))
        decide(query, &policy, ret);
    if (code == 0)
        journal_note(&store->journal, query, ret); /* with the slot still held: whoever closes the store waits for it */
    env_read_end(slot);
    return code;
}
