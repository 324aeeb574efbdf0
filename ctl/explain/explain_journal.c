/* SPDX-License-Identifier: MPL-2.0 */
#include "explain_journal.h"

#include "common/dhcp/messages.h"
#include "frame/output.h"
#include "journal/join.h"
#include "journal/journal.h"
#include "json/show/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_SHOWN 10 /* the newest ones */
#define KINDS_MAX 12   /* of steps: family, stage, platform */

/* Options that describe a packet: with one of them, explain answers for that packet. */
static const char *const asking_options[] = {"family",       "mac",        "uuid",    "duid",      "arch",
                                             "vendor-class", "user-class", "address", "requested", NULL};

bool explain_journal_wanted(const struct session *session)
{
    for (const char *const *option = asking_options; *option; option++)
        if (session_has(session, *option))
            return false;
    return session->arguments->word_count == 1;
}

/* ---- What happened: the newest step of each kind */

struct kept_step {
    struct netboot_journal_entry entry;
    uint8_t duid[NETBOOT_DUID_MAX];
};

struct machine_history {
    size_t count; /* of all steps */
    struct kept_step steps[STEPS_SHOWN], kinds[KINDS_MAX];
    size_t kind_count;
};

static void keep(struct kept_step *ret, const struct netboot_journal_entry *entry)
{
    ret->entry = *entry;
    if (entry->client.duid.size > 0)
        memcpy(ret->duid, entry->client.duid.data, entry->client.duid.size);
    ret->entry.client.duid.data = ret->duid;
}

static bool same_kind(const struct netboot_client *a, const struct netboot_client *b)
{
    return a->family == b->family && a->stage == b->stage && a->platform == b->platform && a->has_mac == b->has_mac &&
           (!a->has_mac || memcmp(a->mac, b->mac, sizeof(a->mac)) == 0);
}

static int keep_step(const struct netboot_journal_entry *entry, void *user)
{
    struct machine_history *history = user;
    size_t kind = 0;

    keep(&history->steps[history->count++ % STEPS_SHOWN], entry);
    while (kind < history->kind_count && !same_kind(&history->kinds[kind].entry.client, &entry->client))
        kind++;
    if (kind == KINDS_MAX)
        return 0;
    keep(&history->kinds[kind], entry);
    if (kind == history->kind_count)
        history->kind_count++;
    return 0;
}

/* ---- What it would be now */

/* Whether identifiers are joined: as by the server that answered, unless an option says otherwise. */
static bool joins(const struct session *session, const struct netboot_journal_entry *entry)
{
    enum join join = JOIN_NOT_SAID;

    join_option(session, &join);
    return join == JOIN_NOT_SAID ? entry->joins : join == JOIN_ON;
}

/* Decides for the same client as if it sent its first packet once more. */
static void decide_now(struct session *session, const struct netboot_journal_entry *entry, struct netboot_decision *ret)
{
    const bool kept = entry->decision.outcome == NETBOOT_KEPT;
    const struct netboot_query query = {.size = sizeof(query),
                                        .family = entry->client.family,
                                        .message_type = entry->client.bootp ? BOOTP : MESSAGE_FIRST,
                                        .reply_type = entry->client.bootp ? BOOTP : MESSAGE_OFFER,
                                        .reply_has_boot_file = kept};
    struct netboot_policy policy;

    netboot_view_join(session->view, joins(session, entry), NULL);
    memset(ret, 0, sizeof(*ret));
    ret->outcome = NETBOOT_NO_BOOT_FILE;
    if (netboot_view_policy(session->view, &entry->client, &policy, NULL) == 0)
        netboot_decide(&query, &entry->client, &policy, ret);
}

static bool same_answer(const struct netboot_decision *a, const struct netboot_decision *b)
{
    return a->outcome == b->outcome && strcmp(a->target, b->target) == 0 && strcmp(a->boot_file, b->boot_file) == 0 &&
           a->has_next_server == b->has_next_server &&
           (!a->has_next_server || memcmp(a->next_server, b->next_server, sizeof(a->next_server)) == 0);
}

/* ---- JSON */

static cJSON *now_to_json(struct session *session, const struct netboot_journal_entry *entry)
{
    struct netboot_decision now;
    cJSON *ret = cJSON_CreateObject();

    decide_now(session, entry, &now);
    if (ret && result_add_client(ret, &entry->client) &&
        cJSON_AddBoolToObject(ret, "join_identifiers", joins(session, entry)) &&
        cJSON_AddBoolToObject(ret, "same", same_answer(&entry->decision, &now)) &&
        result_add_decision(ret, &entry->client, &now))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

static bool add_object(cJSON *list, cJSON *object)
{
    if (list && object && cJSON_AddItemToArray(list, object))
        return true;
    cJSON_Delete(object);
    return false;
}

static cJSON *history_to_json(struct session *session, const struct machine_history *history)
{
    size_t shown = history->count < STEPS_SHOWN ? history->count : STEPS_SHOWN;
    cJSON *ret = cJSON_CreateObject();
    cJSON *boots = cJSON_AddArrayToObject(ret, "journal"), *now = cJSON_AddArrayToObject(ret, "now");
    bool done = ret && boots && now;

    for (size_t i = history->count - shown; done && i < history->count; i++)
        done = add_object(boots, entry_to_json(&history->steps[i % STEPS_SHOWN].entry));
    for (size_t i = 0; done && i < history->kind_count; i++)
        done = add_object(now, now_to_json(session, &history->kinds[i].entry));
    if (done)
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* ---- Text */

static void answer_print(const char *title, const struct netboot_client *client,
                         const struct netboot_decision *decision)
{
    char reason[NETBOOT_REASON_SIZE];

    printf("  %-5s%s", title, netboot_outcome_name(decision->outcome));
    if (decision->boot_file_size > 0) {
        fputs(", ", stdout);
        print_safe(stdout, decision->boot_file);
    }
    putchar('\n');
    for (unsigned i = 0; netboot_reason_text(client, decision, i, reason); i++) {
        printf("       %2u. ", i + 1);
        print_safe(stdout, reason);
        putchar('\n');
    }
}

/* Says whether identifiers are joined, if that can matter for the client. */
static void join_print(const struct session *session, const struct netboot_journal_entry *entry)
{
    bool now = joins(session, entry);

    if (entry->client.has_mac || !entry->client.has_uuid)
        return;
    printf(", which %s identifiers", entry->joins ? "joins" : "does not join");
    if (now != entry->joins)
        printf("; now, as --join-identifiers %s says, one that %s", now ? "on" : "off", now ? "does" : "does not");
}

static void kind_print(struct session *session, const struct netboot_journal_entry *entry)
{
    struct netboot_decision now;
    char step[STEP_TEXT_SIZE], time[MS_TEXT_SIZE];
    const char *platform = netboot_platform_name(entry->client.platform);

    printf("\n%s, %s, last at %s, by ", step_text(entry->client.family, entry->client.stage, step),
           platform ? platform : "unknown platform", ms_text(entry->last, time));
    print_safe(stdout, entry->server);
    join_print(session, entry);
    putchar('\n');
    answer_print("got", &entry->client, &entry->decision);
    decide_now(session, entry, &now);
    if (same_answer(&entry->decision, &now))
        puts("  now  the same");
    else
        answer_print("now", &entry->client, &now);
}

static void history_print(struct session *session, const struct machine_history *history)
{
    size_t shown = history->count < STEPS_SHOWN ? history->count : STEPS_SHOWN;

    entry_titles_print(stdout);
    for (size_t i = history->count - shown; i < history->count; i++)
        entry_print(stdout, &history->steps[i % STEPS_SHOWN].entry);
    if (shown < history->count)
        printf("(%zu older ones: netbootctl log %s)\n", history->count - shown, session->arguments->words[0]);
    for (size_t i = 0; i < history->kind_count; i++)
        kind_print(session, &history->kinds[i].entry);
}

/* ---- The command */

static int show(struct session *session, const struct machine_history *history)
{
    if (session_has(session, "json"))
        return show_object(history_to_json(session, history), true);
    history_print(session, history);
    return DONE;
}

int explain_journal_run(struct session *session)
{
    struct machine_history *history = calloc(1, sizeof(*history));
    struct machine_ids ids;
    struct netboot_error error;
    const char *word = session->arguments->words[0];
    enum join join;
    int code = history ? join_option(session, &join) : failed("out of memory");

    if (code == DONE)
        code = machine_ids_read(session, word, &ids);

    if (code == DONE) {
        const struct netboot_journal_filter filter = {.size = sizeof(filter), .ids = ids.ids, .id_count = ids.count};
        int status = netboot_journal_entries(session->store, &filter, keep_step, history, &error);
        if (status < 0 && status != -ENOENT)
            code = failed_with(&error);
        else if (history->count == 0)
            code = misused("explain needs --family 4 or --family 6, for DHCPv4 or DHCPv6 (without it, it shows what "
                           "the journal has, but the journal has nothing about %s)",
                           word);
        else
            code = show(session, history);
    }
    free(history);
    return code;
}
