/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Boot once on the packet path: what the host's arming makes of the decision, and what has to be written before the
 * reply leaves. The step is made on what a reader sees; if it writes, it is made once more under the lock.
 */
#include "once/once_store.h"

#include "base/bytes.h"
#include "decide/decide.h"
#include "once/machine.h"

#include <errno.h>

/* The target armed, and whether it can be served at all. */
static enum netboot_armed find_target(struct netboot_view *view, const struct once_record *record,
                                      struct netboot_target *ret)
{
    if (view_get_named(view, &record_target, ROW_TARGET, record->target, ret) != 0)
        return NETBOOT_ARMED_MISSING;
    return ret->kind == NETBOOT_KIND_BOOT || ret->kind == NETBOOT_KIND_LOCAL ? NETBOOT_ARMED_SERVED
                                                                             : NETBOOT_ARMED_KIND;
}

/* An arming counts for the host that it was made for. */
static bool is_of_host(struct netboot_view *view, const struct netboot_host *host, const struct once_record *record)
{
    uint64_t id;

    return record->born == host->born && view_meta(view, "id", &id) == 0 && id == record->store;
}

struct serving {
    struct netboot_view *view;
    struct once_store *once;
    const struct netboot_query *query;
    struct store_key key;
    struct netboot_target target; /* that is armed, where `armed` is NETBOOT_ARMED_SERVED */
    enum netboot_armed armed;
    uint8_t token[ONCE_TOKEN_SIZE];
    struct once_event event;
    struct once_time now;
    struct once_step step;
};

static void decide(const struct serving *serving, const struct netboot_policy *policy, enum netboot_armed armed,
                   struct netboot_result *ret)
{
    struct netboot_policy asked = *policy;

    asked.armed = armed;
    if (armed == NETBOOT_ARMED_SERVED)
        asked.target = &serving->target;
    netboot_decide(serving->query, &ret->client, &asked, &ret->decision);
    netboot_answer_encode(&ret->client, &ret->decision, &ret->answer);
}

/* What the packet is, and what the target armed, which `ret` was decided with, would do for it. Where there is none to
 * serve, nothing was decided. */
static void describe(struct serving *serving, const struct netboot_result *ret)
{
    const struct netboot_client *client = &ret->client;
    struct once_event *event = &serving->event;

    *event = (struct once_event){
        .method = (enum once_method)once_method(client),
        .message = message_phase(serving->query),
        .has_mac = client->has_mac,
        .transaction = serving->query->transaction,
        .server = {(const uint8_t *)serving->once->server, strlen(serving->once->server)},
    };
    memcpy(event->mac, client->mac, sizeof(event->mac));
    if (serving->armed != NETBOOT_ARMED_SERVED)
        return;
    event->able = ret->decision.outcome == NETBOOT_ANSWERED;
    event->last = client->stage == NETBOOT_STAGE_IPXE || ret->decision.source == NETBOOT_SOURCE_TARGET_FILE;
    event->has_script = decide_target_script(&serving->target).size > 0;
    event->file = (struct netboot_bytes){(const uint8_t *)ret->decision.boot_file, ret->decision.boot_file_size};
}

/* Under the lock: the record may be another one by now. A new arming is for the next packet. */
static int step_again(struct serving *serving, MDB_txn *txn, struct netboot_bytes token, bool *ret_changed)
{
    struct once_record record;
    int code = once_get(serving->once, txn, &serving->key, &record), rc;

    *ret_changed = false;
    if (code == -ENOENT || (code == 0 && !bytes_same(record.token, token))) {
        serving->step.serve = serving->step.new_boot = serving->step.promised = false;
        return 0;
    }
    if (code != 0)
        return code;
    once_read_doubt(serving->once, &serving->now);
    once_step(&record, &serving->event, &serving->now, &serving->step);
    if (serving->step.write == ONCE_KEEP)
        return 0;
    *ret_changed = true;
    rc = once_put(serving->once, txn, &serving->key, &serving->step.record);
    return rc == 0 ? 0 : db_failure(db_of(txn), rc, "change", NULL);
}

static int write_step(struct serving *serving)
{
    const struct netboot_bytes token = {serving->token, sizeof(serving->token)};
    bool needed = serving->step.write != ONCE_NOTE, changed;
    struct once_writing write;
    unsigned deadline_ms = once_deadline(serving->once, needed, &serving->now);
    int code = once_write_begin(serving->once, deadline_ms, true, &write, NULL);

    if (code == -ETIMEDOUT)
        once_note_busy(serving->once, &serving->now);
    if (code != 0)
        return code;
    code = step_again(serving, write.txn, token, &changed);
    int end = once_write_end(&write, code == 0 && !changed ? -ECANCELED : code, NULL);
    return code == 0 && !changed ? 0 : end;
}

/* Writes what the step wants written. False: it could not be, though the target armed was to be served for it; or the
 * state store is another one by now. */
static bool finish_step(struct serving *serving)
{
    struct once_step *step = &serving->step;
    int code = step->write == ONCE_KEEP ? 0 : write_step(serving);

    if (code == 0)
        return true;
    if (step->new_boot || step->promised)
        once_raise_doubt(serving->once, &serving->now);
    if (step->write != ONCE_MARK && code != -ESTALE)
        return true;
    step->serve = false;
    return false;
}

/* Why the lasting target is served. */
static enum netboot_armed reason(const struct serving *serving, bool written)
{
    if (!written)
        return NETBOOT_ARMED_UNMARKED;
    if (serving->step.expired)
        return NETBOOT_ARMED_EXPIRED;
    if (serving->step.new_boot)
        return NETBOOT_ARMED_USED;
    if (serving->event.message == PHASE_RENEW)
        return NETBOOT_ARMED_RENEWAL;
    return serving->armed == NETBOOT_ARMED_SERVED ? NETBOOT_ARMED_UNABLE : serving->armed;
}

/* The step as a reader sees it: nothing of the record is used after. */
static bool first_step(struct serving *serving, const struct once_record *record, const struct netboot_policy *policy,
                       struct netboot_result *ret)
{
    if (!is_of_host(serving->view, policy->host, record))
        return false;
    if (once_is_over(record)) {
        serving->step = (struct once_step){.new_boot = true};
        return true;
    }
    serving->armed = find_target(serving->view, record, &serving->target);
    if (serving->armed == NETBOOT_ARMED_SERVED)
        decide(serving, policy, serving->armed, ret);
    describe(serving, ret);
    serving->once->time(serving->once, &serving->now);
    serving->now.certain = false;
    if (record->phase != ONCE_ARMED)
        once_read_doubt(serving->once, &serving->now);
    memcpy(serving->token, record->token.data, sizeof(serving->token));
    once_step(record, &serving->event, &serving->now, &serving->step);
    return true;
}

static bool read_step(struct serving *serving, const struct netboot_policy *policy, struct netboot_result *ret)
{
    struct once_record record;
    struct db_reader *reader;

    if (db_read_begin(&serving->once->place, &reader) != 0)
        return false;
    int code = once_get(serving->once, reader->txn, &serving->key, &record);
    bool found = code == 0 && first_step(serving, &record, policy, ret);
    if (code == -ENOENT)
        once_note_empty(serving->once, reader->txn);
    /* A writer may need the whole database for a moment, so not even this reader may be held then. */
    db_read_end(reader);
    return found;
}

/* What the host's arming, if it has one, makes of the packet. */
static bool serve_armed(struct netboot_view *view, const struct netboot_query *query,
                        const struct netboot_policy *policy, struct netboot_result *ret)
{
    struct serving serving = {.view = view, .once = view_state(view), .query = query};

    if (!key_of_host(&serving.key, policy->host) || !read_step(&serving, policy, ret))
        return false;
    bool written = finish_step(&serving);
    if (serving.step.serve)
        return true;
    decide(&serving, policy, reason(&serving, written), ret);
    return true;
}

/* Mostly nothing at all is armed: that is asked first, before anything is made ready. */
bool once_serve(struct netboot_view *view, const struct netboot_query *query, const struct netboot_policy *policy,
                struct netboot_result *ret)
{
    return message_boots(query) && !once_is_empty(view_state(view)) && serve_armed(view, query, policy, ret);
}

void once_peek(struct netboot_view *view, struct netboot_policy *policy, struct netboot_target *ret_target)
{
    struct once_store *once = view_state(view);
    struct once_record record;
    struct once_time now;
    struct db_reader *reader;
    struct store_key key;

    if (!key_of_host(&key, policy->host) || db_read_begin(&once->place, &reader) != 0)
        return;
    if (once_get(once, reader->txn, &key, &record) == 0 && is_of_host(view, policy->host, &record)) {
        once->time(once, &now);
        enum netboot_once_state is = once_state(&record, now.wall);
        if (is == NETBOOT_ONCE_ARMED || is == NETBOOT_ONCE_IN_PROGRESS || is == NETBOOT_ONCE_WAITING)
            policy->armed = find_target(view, &record, ret_target);
        else
            policy->armed = is == NETBOOT_ONCE_EXPIRED ? NETBOOT_ARMED_EXPIRED : NETBOOT_ARMED_USED;
        if (policy->armed == NETBOOT_ARMED_SERVED)
            policy->target = ret_target;
    }
    db_read_end(reader);
}
