/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Boot once on the packet path. For each boot message of an armed host the decision is made for the target armed, and
 * netbootd, which knows how far the boot has come, is asked whether that is served. It has written down what must be
 * before it says yes.
 */
#include "once/once.h"

#include "base/bytes.h"
#include "decide/decide.h"
#include "dhcp/messages.h"

#include <errno.h>

int once_method(const struct netboot_client *client)
{
    static const int methods[][2] = {
        [NETBOOT_STAGE_NONE] = {-EINVAL,    -EINVAL   },
        [NETBOOT_STAGE_PXE] = {ONCE_PXE4,  ONCE_PXE6 },
        [NETBOOT_STAGE_HTTP] = {ONCE_HTTP4, ONCE_HTTP6},
        [NETBOOT_STAGE_IPXE] = {ONCE_IPXE4, ONCE_IPXE6},
    };

    return methods[client->stage][client->family == NETBOOT_V6];
}

struct serving {
    struct netboot_view *view;
    const struct netboot_query *query;
    const struct netboot_policy *policy;
    struct armed_entry entry;
    enum netboot_armed armed;
    struct netboot_target target; /* that is armed, where `armed` is NETBOOT_ARMED_SERVED */
};

static void decide(const struct serving *serving, enum netboot_armed armed, struct netboot_result *ret)
{
    struct netboot_policy asked = *serving->policy;

    asked.armed = armed;
    if (armed == NETBOOT_ARMED_SERVED)
        asked.target = &serving->target;
    netboot_decide(serving->query, &ret->client, &asked, &ret->decision);
    netboot_answer_encode(&ret->client, &ret->decision, &ret->answer);
}

/* What the target armed, which `ret` was decided with, would do for the packet. */
static void describe_target(struct serving *serving, const struct netboot_result *ret, struct question *question)
{
    const struct netboot_decision *decision = &ret->decision;

    question->able = decision->outcome == NETBOOT_ANSWERED;
    question->last = ret->client.stage == NETBOOT_STAGE_IPXE || decision->source == NETBOOT_SOURCE_TARGET_FILE;
    question->has_script = decide_target_script(&serving->target).size > 0;
    question->file_size = decision->boot_file_size;
    memcpy(question->file, decision->boot_file, decision->boot_file_size);
}

static void describe(const struct serving *serving, const struct netboot_client *client,
                     const struct control_host *host, struct question *question)
{
    memset(question, 0, offsetof(struct question, file));
    view_meta(serving->view, "generation", &question->generation);
    question->store = host->store;
    question->born = host->born;
    memcpy(question->token, serving->entry.token, sizeof(question->token));
    question->method = (uint8_t)once_method(client);
    question->message = (uint8_t)message_phase(serving->query);
    question->has_mac = client->has_mac;
    memcpy(question->mac, client->mac, sizeof(question->mac));
    question->transaction = serving->query->transaction;
    question->key_size = (uint16_t)host->key.size;
    memcpy(question->key, host->key.octets, host->key.size);
}

/* Why the lasting target is served, where netbootd has no better reason. */
static enum netboot_armed reason(const struct serving *serving, const struct answer *answer)
{
    if (answer->armed != NETBOOT_ARMED_UNABLE)
        return answer->armed;
    return serving->armed == NETBOOT_ARMED_SERVED ? NETBOOT_ARMED_UNABLE : serving->armed;
}

static void ask(struct serving *serving, struct peer *peer, struct peer_link *link, const struct control_host *host,
                struct netboot_result *ret)
{
    struct question question;
    struct answer answer;

    describe(serving, &ret->client, host, &question);
    serving->armed = once_find_target(serving->view, serving->entry.target, &serving->target);
    if (serving->armed == NETBOOT_ARMED_SERVED) {
        decide(serving, serving->armed, ret);
        describe_target(serving, ret, &question);
    }
    peer_ask(peer, link, &question, &answer);
    if (answer.verdict == ANSWER_ONCE && question.able)
        ret->answer.ticket = question.sequence;
    else
        decide(serving, reason(serving, &answer), ret);
}

/* Most hosts are not armed: nothing is made ready before that is known. */
static __attribute__((noinline)) bool serve_armed(struct netboot_view *view, struct peer *peer, struct peer_link *link,
                                                  const struct netboot_query *query,
                                                  const struct netboot_policy *policy, const struct armed_entry *entry,
                                                  struct netboot_result *ret)
{
    struct serving serving = {.view = view, .query = query, .policy = policy, .entry = *entry};
    struct control_host host;

    if (message_phase(query) == PHASE_RENEW)
        decide(&serving, NETBOOT_ARMED_RENEWAL, ret);
    else if (once_host_of(view, policy->host, &host))
        ask(&serving, peer, link, &host, ret);
    else
        return false;
    return true;
}

bool once_serve(struct netboot_view *view, struct peer *peer, struct peer_link *link, const struct netboot_query *query,
                const struct netboot_policy *policy, struct netboot_result *ret)
{
    struct armed_entry entry;
    struct store_key key;

    return key_of_host(&key, policy->host) && armed_find(&link->armed, armed_hash(&key), &entry) &&
           serve_armed(view, peer, link, query, policy, &entry, ret);
}

void once_peek(struct netboot_view *view, struct netboot_policy *policy, struct netboot_target *ret_target)
{
    struct control_host host;
    struct netboot_once once;

    if (!once_host_of(view, policy->host, &host) || once_get(view, &host, &once, NULL) != 0)
        return;
    if (once.state == NETBOOT_ONCE_ARMED || once.state == NETBOOT_ONCE_IN_PROGRESS ||
        once.state == NETBOOT_ONCE_WAITING)
        policy->armed = once_find_target(view, once.target, ret_target);
    else
        policy->armed = once.state == NETBOOT_ONCE_EXPIRED ? NETBOOT_ARMED_EXPIRED : NETBOOT_ARMED_USED;
    if (policy->armed == NETBOOT_ARMED_SERVED)
        policy->target = ret_target;
}
