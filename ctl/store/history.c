/* SPDX-License-Identifier: MPL-2.0 */
#include "commands.h"
#include "edit/edit.h"
#include "frame/confirm.h"
#include "frame/output.h"
#include "json/text/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct option_row history_options[] = {
    {.name = "last", .value = "N", .help = "only the last N changes"},
    {.name = "json", .help = "as JSON"},
    {0},
};

static const struct option_row revert_options[] = {
    {.name = "dry-run", .help = "only print what would change"},
    {.name = "yes", .help = "do not ask, even if this changes more than 100 hosts"},
    {0},
};
/* clang-format on */

static const struct column columns[] = {
    {"GENERATION", "generation"},
    {"WHEN",       "when"      },
    {"BY",         "by"        },
    {"HOSTS",      "hosts"     },
    {"OTHERS",     "others"    },
    {"REVERT",     "revertible"},
    {"WHAT",       "what"      },
    {NULL,         NULL        },
};

/* A whole number; false if it is none. */
static bool read_number(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !*end && errno == 0;
}

/* ---- history ---------------------------------------------------------------------------------------------------- */

struct history {
    struct session *session;
    struct listing listing;
    uint64_t left;
    struct netboot_once_act *acts; /* armings, in the order of time */
    size_t act_count;
    int code;
};

static bool add_text(cJSON *object, const char *key, const char *text)
{
    return text[0] ? cJSON_AddStringToObject(object, key, text) != NULL : cJSON_AddNullToObject(object, key) != NULL;
}

static cJSON *entry_to_json(const struct netboot_history *entry)
{
    char when[TIME_TEXT_SIZE];
    cJSON *ret = cJSON_CreateObject();

    if (cJSON_AddNumberToObject(ret, "generation", (double)entry->generation) &&
        add_text(ret, "when", time_text(entry->when, when)) && add_text(ret, "by", entry->by) &&
        cJSON_AddNumberToObject(ret, "hosts", (double)entry->hosts) &&
        cJSON_AddNumberToObject(ret, "others", (double)entry->others) &&
        cJSON_AddBoolToObject(ret, "kept", entry->kept) &&
        cJSON_AddBoolToObject(ret, "revertible", entry->revertible) && add_text(ret, "what", entry->what))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* False: no more are wanted. */
static bool row_list(struct history *history, cJSON *row)
{
    if (history->left-- == 0) {
        cJSON_Delete(row);
        return false;
    }
    history->code = listing_row(&history->listing, row);
    return history->code == DONE;
}

/* ---- What netbootd has: it belongs to no generation */

static int act_keep(const struct netboot_once_act *act, void *user)
{
    struct history *history = user;
    struct netboot_once_act *acts = realloc(history->acts, (history->act_count + 1) * sizeof(*acts));

    if (!acts)
        return -ENOMEM;
    history->acts = acts;
    acts[history->act_count++] = *act;
    return 0;
}

/* "arm install: web1 and 3 more" */
static void act_text(struct session *session, const struct netboot_once_act *act, char *text, size_t size)
{
    static const char *const words[] = {
        [NETBOOT_ONCE_ARM] = "arm ", [NETBOOT_ONCE_DISARM] = "disarm", [NETBOOT_ONCE_REPORT] = "done"};
    char id[NETBOOT_ID_TEXT_SIZE], more[32] = "";
    const struct netboot_record_key key = {.kind = NETBOOT_RECORD_HOST, .id = act->host};
    struct netboot_record host;
    const char *name = netboot_id_text(&act->host, id);
    int size_of = (int)strlen(name);

    if (netboot_view_get(session->view, &key, &host, NULL) == 0 && host.host.name.size > 0) {
        name = (const char *)host.host.name.data;
        size_of = (int)host.host.name.size;
    }
    if (act->hosts > 1)
        snprintf(more, sizeof(more), " and %" PRIu64 " more", act->hosts - 1);
    snprintf(text, size, "%s%s: %.*s%s", words[act->action], act->target, size_of, name, more);
}

static cJSON *act_to_json(struct session *session, const struct netboot_once_act *act)
{
    char when[TIME_TEXT_SIZE], what[NETBOOT_NAME_MAX + NETBOOT_ID_TEXT_SIZE + 64];
    cJSON *ret = cJSON_CreateObject();

    act_text(session, act, what, sizeof(what));
    if (cJSON_AddNullToObject(ret, "generation") && add_text(ret, "when", time_text(act->when, when)) &&
        add_text(ret, "by", act->by) && cJSON_AddNumberToObject(ret, "hosts", (double)act->hosts) &&
        cJSON_AddNumberToObject(ret, "others", 0) && cJSON_AddBoolToObject(ret, "kept", false) &&
        cJSON_AddBoolToObject(ret, "revertible", false) && add_text(ret, "what", what))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* Those that are not older than a change. */
static bool acts_list(struct history *history, uint64_t since)
{
    while (history->act_count > 0 && history->acts[history->act_count - 1].when >= since)
        if (!row_list(history, act_to_json(history->session, &history->acts[--history->act_count])))
            return false;
    return true;
}

static int entry_list(const struct netboot_history *entry, void *user)
{
    struct history *history = user;

    return acts_list(history, entry->when) && row_list(history, entry_to_json(entry)) ? 0 : 1;
}

static int history_run(struct session *session)
{
    const char *last = option_value(session->arguments, "last");
    struct history history = {.session = session, .left = UINT64_MAX};
    struct netboot_error error;

    if (last && (!read_number(last, &history.left) || history.left == 0))
        return misused("--last: `%.50s` is not a number of changes", last);
    int code = session_view(session);
    if (code == DONE)
        code = listing_begin(&history.listing, "changes so far", columns, session_has(session, "json"));
    if (code != DONE)
        return code;
    int told = netboot_once_acts(session->store, act_keep, &history, &error);
    if (told != 0)
        note("armings are not shown: %s", error.text);
    int ended = netboot_view_history(session->view, entry_list, &history, &error);
    if (ended < 0)
        history.code = failed_with(&error);
    else if (ended == 0)
        acts_list(&history, 0);
    free(history.acts);
    return listing_end(&history.listing, history.code);
}

/* ---- revert ----------------------------------------------------------------------------------------------------- */

struct revert {
    struct edit *edit;
    uint64_t hosts;
};

static cJSON *to_json(const struct netboot_record *record)
{
    cJSON *ret = record ? record_to_json(record) : NULL;

    cJSON_DeleteItemFromObjectCaseSensitive(ret, "changed");
    return ret;
}

static void record_reverted(const struct netboot_difference *difference, void *user)
{
    const struct netboot_record *before = difference->before, *after = difference->after;
    struct revert *revert = user;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    cJSON *old = to_json(before), *new = to_json(after);

    netboot_record_text(after ? after : before, text);
    revert->hosts += (after ? after : before)->kind == NETBOOT_RECORD_HOST;
    if (!after)
        edit_tell(revert->edit, "deleted", "would delete", text, NULL, NULL);
    else
        edit_tell(revert->edit, before ? "changed" : "added", before ? "would change" : "would add", text, old, new);
    cJSON_Delete(old);
    cJSON_Delete(new);
}

/* Goes back within the edit, and ends it. If a question has to be asked first, the edit is given up. */
static int go_back(struct edit *edit, uint64_t generation, struct question *question, uint64_t *ret_hosts,
                   struct netboot_status *ret)
{
    struct netboot_error error;
    struct revert revert = {.edit = edit};
    int code = DONE;

    if (netboot_change_revert(edit->change, generation, record_reverted, &revert, &error) != 0)
        code = failed_with(&error);
    else if (netboot_view_status(edit->view, ret, &error) != 0)
        code = failed_with(&error);
    *ret_hosts = revert.hosts;
    if (code == DONE && question_is_open(question, edit->session, revert.hosts, ret->generation)) {
        edit_drop(edit);
        return DONE;
    }
    if (code == DONE && !edit->any)
        fprintf(edit->report, "all records are as in generation %" PRIu64 ": nothing was changed\n", generation);
    else if (code == DONE && !edit->dry_run)
        fprintf(edit->report,
                "reverted to generation %" PRIu64 ", as generation %" PRIu64 "; netbootctl revert %" PRIu64
                " undoes that\n",
                generation, ret->generation + 1, ret->generation);
    return edit_end(edit, code);
}

static int revert_run(struct session *session)
{
    const char *word = session->arguments->words[0];
    struct question question = {.answered = false};
    struct netboot_status status;
    uint64_t generation, hosts;
    char text[128];
    struct edit edit;
    int code;

    if (!read_number(word, &generation))
        return misused("`%.50s` is not a generation: see netbootctl history", word);
    do {
        if ((code = edit_begin(session, &edit)) != DONE ||
            (code = go_back(&edit, generation, &question, &hosts, &status)) != DONE ||
            !question_is_open(&question, session, hosts, status.generation))
            return code;
        snprintf(text, sizeof(text), "revert %" PRIu64 " changes %" PRIu64 " hosts", generation, hosts);
    } while ((code = question_put(&question, session, hosts, status.generation, text)) == DONE);
    return code;
}

/* clang-format off */
const struct command history_commands[] = {
    {.group = "history", .run = history_run, .options = history_options, .summary = "show who changed what, and when",
     .details =
         "Lists the last 1000 changes, the newest first. GENERATION is the number that the change gave the store; HOSTS\n"
         "and OTHERS are the numbers of hosts, and of sites, loaders and targets, that it put or deleted; REVERT says\n"
         "whether netbootctl revert can go back to the state after it. The records before a change are not kept if they\n"
         "have more than 8 MiB; of all changes together, the newest 32 MiB are kept. Of what was armed, disarmed and\n"
         "reported done, netbootd knows the last 1000 acts: they have no generation.\n"
         "\n"
         "With --json: a list of generation, when, by, hosts, others, kept, revertible, what."},
    {.group = "revert", .run = revert_run, .words = "GENERATION", .least = 1, .most = 1, .options = revert_options,
     .summary = "go back to the state of an earlier generation",
     .details =
         "Brings all records back to their state after that generation's change. This is a change itself, which can be\n"
         "reverted, too. It never arms a host: a host that comes back is disarmed.\n"
         "\n"
         "  netbootctl history --last 5\n"
         "  netbootctl revert 41 --dry-run\n"
         "  netbootctl revert 41"},
    {0},
};
/* clang-format on */
