/* SPDX-License-Identifier: MPL-2.0 */
/* The packet path: a look-up, a decision, an answer. */
#include "change/change.h"
#include "handle/handle.h"
#include "link/joins.h"
#include "once/once.h"
#include "store/lookup.h"
#include "store/view.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "decide/decide.h"
#include "dhcp/query.h"

#include <errno.h>

/* ---- The policy for one client */

/* A server looks into what it was handed over; a program reads the journal itself. */
static bool find_mac(const struct netboot_view *view, const struct netboot_client *client, struct store_key *ret)
{
    uint8_t mac[NETBOOT_MAC_SIZE];
    struct store_key uuid;

    if (client->has_mac || !client->has_uuid)
        return false;
    if (!view->store->follow)
        return journal_find_mac(view->store->journal, client, ret);
    return view->joins && key_of_id(&uuid, NETBOOT_ID_UUID, client->uuid, sizeof(client->uuid)) &&
           joins_find(view->joins, &uuid, mac) && key_of_id(ret, NETBOOT_ID_MAC, mac, sizeof(mac));
}

/* The host of a client that sends only a UUID, by the MAC that the journal has seen with it. Not for a host that has a
 * UUID or DUID in the store: then the operator has set all of its identifiers. */
static int find_joined(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret)
{
    struct netboot_host *host = &view->cache->host;
    struct store_key mac;

    if (view->change || !view->join || !find_mac(view, client, &mac))
        return 0;
    int code = view_get_host(view, &mac, host);
    for (size_t i = 0; code == 0 && i < host->ids.count; i++)
        if (host->ids.items[i].data[0] != NETBOOT_ID_MAC)
            code = -ENOENT;
    ret->joined = code == 0;
    if (ret->joined)
        ret->host = host;
    return code == -ENOENT ? 0 : code;
}

static int find_policy(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret)
{
    int code = view->change ? change_settle(view->change) : 0;

    lookup_begin(ret);
    if (code == 0)
        code = lookup_host(view, client, ret);
    if (code == 0 && !ret->host)
        code = find_joined(view, client, ret);
    if (code == 0)
        code = lookup_rest(view, client, ret);
    if (code != 0)
        lookup_begin(ret);
    return code;
}

int netboot_view_policy(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret,
                        struct netboot_error *error)
{
    int code = find_policy(view, client, ret);

    if (code == -EBADMSG)
        return failure(error, code, "a record that the decision needs is damaged: run netbootctl status");
    if (code != 0)
        return view_failed(view, code, error);
    if (ret->host && !ret->joined)
        once_peek(view, ret, &view->cache->armed);
    return 0;
}

/* ---- The packet path */

/* Makes a decision that changes nothing, for callers that read it in spite of the failure. */
static void no_decision(struct netboot_result *ret)
{
    ret->answer.edit_count = 0;
    decision_clear(&ret->decision, NETBOOT_NO_BOOT_FILE);
}

static void decide(const struct netboot_query *query, const struct netboot_policy *policy, struct netboot_result *ret)
{
    netboot_decide(query, &ret->client, policy, &ret->decision);
    netboot_answer_encode(&ret->client, &ret->decision, &ret->answer);
}

/* A query that is not ours needs no store: an unusable store is not a failure there. */
static int serve_without(const struct netboot_query *query, struct netboot_policy *policy, int code,
                         struct netboot_result *ret)
{
    lookup_begin(policy);
    decide(query, policy, ret);
    if (ret->decision.outcome == NETBOOT_NOT_OURS)
        return 0;
    no_decision(ret);
    return code;
}

/* The query of a program that was built with another version of the structure. */
static __attribute__((noinline)) int serve_other_size(struct netboot_store *store, const struct netboot_query *query,
                                                      struct netboot_result *ret)
{
    struct netboot_query known;
    const struct netboot_query *whole = query_as_known(query, &known);

    if (whole == &known)
        return netboot_serve(store, whole, ret);
    netboot_client_parse(whole, &ret->client);
    no_decision(ret);
    return -EINVAL;
}

int netboot_serve(struct netboot_store *store, const struct netboot_query *query, struct netboot_result *ret)
{
    struct netboot_policy policy;
    struct db_reader *reader;
    int code;

    ret->answer.ticket = 0;
    if (query->size != sizeof(*query))
        return serve_other_size(store, query, ret);
    netboot_client_parse(query, &ret->client);
    if (ret->client.stage == NETBOOT_STAGE_NONE)
        return serve_without(query, &policy, 0, ret);
    if ((code = db_read_begin(&store->place, &reader)) != 0)
        return serve_without(query, &policy, code, ret);
    struct peer_link *link = store->peer ? peer_take(store->peer) : NULL;
    struct netboot_view view = view_of_reader(store, reader);
    if (link && view.join)
        view.joins = &link->joins;
    if (message_boots(query))
        code = find_policy(&view, &ret->client, &policy);
    else
        lookup_begin(&policy); /* a NAK for example: it needs nothing about the client */
    if (code != 0)
        no_decision(ret);
    else if (!link || !policy.host || policy.joined || !once_serve(&view, store->peer, link, query, &policy, ret))
        decide(query, &policy, ret);
    if (code == 0)
        journal_note(store, link, query, ret);
    db_read_end(reader);
    if (link)
        peer_give(link);
    return code;
}

void netboot_sent(struct netboot_store *store, const struct netboot_result *result, bool sent)
{
    if (store->peer && result->answer.ticket != 0)
        peer_sent(store->peer, result->answer.ticket, sent);
}
