/* SPDX-License-Identifier: MPL-2.0 */
/* The journal: what machines got, in the order of time, and as it happens. */
#include "commands.h"
#include "frame/output.h"
#include "journal/journal.h"
#include "json/text/when.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define WATCH_MS 200

/* clang-format off */
static const struct option_row log_options[] = {
    {.name = "since", .value = "TIME", .help = "only later steps: since 30m, 2h, 7d ago, or a time as 2027-01-31T12:00:00Z"},
    {.name = "last", .value = "N", .help = "only the last N steps"},
    {.name = "json", .help = "as JSON"},
    {0},
};
static const struct option_row watch_options[] = {
    {.name = "json", .help = "as JSON, one object a line"},
    {0},
};
/* clang-format on */

/* ---- What is asked for */

static int read_ids(struct session *session, struct machine_ids *ids, struct netboot_journal_filter *ret)
{
    if (session->arguments->word_count == 0)
        return session_store(session);
    ret->ids = ids->ids;
    int code = machine_ids_read(session, session->arguments->words[0], ids);
    ret->id_count = ids->count;
    return code;
}

static int read_filter(struct session *session, struct machine_ids *ids, struct netboot_journal_filter *ret)
{
    const char *since = option_value(session->arguments, "since"), *last = option_value(session->arguments, "last");
    const char *end;
    unsigned long number;

    if (since && (ret->since = 1000 * when_parse(since, (uint64_t)time(NULL), true)) == 0)
        return misused("--since: `%.50s` is not a time: use 30m, 2h or 7d ago, or 2027-01-31T12:00:00Z", since);
    if (last && (!number_parse(last, 1000000000, &number, &end) || *end || number == 0))
        return misused("--last: `%.50s` is not a number from 1 to 1000000000", last);
    if (last)
        ret->last = number;
    return read_ids(session, ids, ret);
}

/* ---- log */

struct log {
    struct listing listing;
    bool json;
    size_t count;
    int code;
};

static int log_entry(const struct netboot_journal_entry *entry, void *user)
{
    struct log *log = user;

    if (log->json) {
        log->code = listing_row(&log->listing, entry_to_json(entry));
    } else {
        if (log->count == 0)
            entry_titles_print(stdout);
        entry_print(stdout, entry);
        log->code = ferror(stdout) ? FAILED : DONE;
    }
    log->count++;
    return log->code == DONE ? 0 : 1;
}

static int log_run(struct session *session)
{
    static const struct column no_columns[] = {
        {NULL, NULL}
    };
    struct netboot_journal_filter filter = {.size = sizeof(filter), .after = 0};
    struct machine_ids ids = {.count = 0};
    struct netboot_error error;
    struct log log = {.json = session_has(session, "json")};
    int code = read_filter(session, &ids, &filter);

    if (code == DONE && log.json)
        code = listing_begin(&log.listing, "entries", no_columns, true);
    if (code != DONE)
        return code;
    if (netboot_journal_entries(session->store, &filter, log_entry, &log, &error) < 0)
        log.code = failed_with(&error);
    if (log.json)
        return listing_end(&log.listing, log.code);
    if (log.code == DONE && log.count == 0)
        note("the journal has nothing about %s%s",
             session->arguments->word_count ? session->arguments->words[0] : "any machine",
             filter.since ? " since then" : "");
    return log.code;
}

/* ---- watch */

struct watch {
    struct session *session;
    struct netboot_journal_filter filter;
    bool json, is_lost;
    uint64_t identity; /* of the journal to which the filter's number belongs */
    int code;
};

static int watch_entry(const struct netboot_journal_entry *entry, void *user)
{
    struct watch *watch = user;
    char *text = NULL;

    watch->filter.after = entry->number;
    if (watch->json) {
        cJSON *object = entry_to_json(entry);
        text = object ? cJSON_PrintUnformatted(object) : NULL;
        cJSON_Delete(object);
        if (!text)
            watch->code = failed("out of memory");
        else
            puts(text);
        free(text);
    } else {
        entry_print(stdout, entry);
    }
    return watch->code == DONE ? 0 : 1;
}

/* A missing journal is waited for: a server may be creating it again. */
static void watch_round(struct watch *watch)
{
    struct netboot_journal_state state;
    struct netboot_error error;
    int status = netboot_journal_status(watch->session->store, &state, &error);

    if (status == 0 && state.identity != watch->identity) {
        watch->identity = state.identity;
        watch->filter.after = 0;
    }
    if (status == 0)
        status = netboot_journal_entries(watch->session->store, &watch->filter, watch_entry, watch, &error);
    if (status < 0 && !watch->is_lost)
        note("%s; waiting for it", error.text);
    watch->is_lost = status < 0;
    if (fflush(stdout) != 0 || ferror(stdout))
        watch->code = FAILED; /* output_end() says why */
}

static int watch_begin(struct watch *watch)
{
    const struct netboot_journal_filter none = {.size = sizeof(none), .after = UINT64_MAX};
    struct netboot_journal_state state;
    struct netboot_error error;

    /* Who may not read it is told how much there is, and no more. */
    if (netboot_journal_entries(watch->session->store, &none, watch_entry, watch, &error) < 0 ||
        netboot_journal_status(watch->session->store, &state, &error) != 0)
        return failed_with(&error);
    watch->identity = state.identity;
    watch->filter.after = state.newest;
    if (!watch->json)
        entry_titles_print(stdout);
    return DONE;
}

/* It waits for the signals that end it instead of sleeping, so that nothing is left half printed. */
static int watch_run(struct session *session)
{
    const struct timespec pause = {.tv_nsec = WATCH_MS * 1000000L};
    struct watch watch = {
        .session = session, .filter.size = sizeof(watch.filter), .json = session_has(session, "json")};
    struct machine_ids ids = {.count = 0};
    sigset_t end;

    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGHUP);
    sigprocmask(SIG_BLOCK, &end, NULL);
    watch.code = read_ids(session, &ids, &watch.filter);
    if (watch.code == DONE)
        watch.code = watch_begin(&watch);
    while (watch.code == DONE) {
        watch_round(&watch);
        if (watch.code == DONE && sigtimedwait(&end, NULL, &pause) > 0)
            break;
    }
    return watch.code;
}

/* clang-format off */
const struct command log_commands[] = {
    {.group = "log", .run = log_run, .words = "[ID]", .least = 0, .most = 1, .options = log_options,
     .completion = COMPLETE_HOST, .summary = "show what machines got at each step of their boots",
     .details =
         "DHCP servers with netboot keep a journal. A line is one step: the server's replies to one exchange. REPLY is\n"
         "offered (OFFER, Advertise) or given (ACK, Reply). ID is a MAC, UUID, DUID or name; for a host of the store, all\n"
         "its identifiers count. Times are UTC; the newest step is at the end. The journal keeps the last 32 steps of a\n"
         "machine, as far as its size allows.\n"
         "\n"
         "  netbootctl log web1\n"
         "  netbootctl log --since 15m\n"
         "\n"
         "With --json: number (of the entry; a new one when packets are added to it), first, last, packets, first_reply,\n"
         "last_reply, server; family to address as in explain; transport (TFTP, HTTP, HTTPS), once (whether its\n"
         "boot-once was served); outcome to reasons as in explain."},
    {.group = "watch", .run = watch_run, .words = "[ID]", .least = 0, .most = 1, .options = watch_options,
     .completion = COMPLETE_HOST, .summary = "show the steps as they happen",
     .details =
         "Shows steps from now on, until Ctrl-C. A step is shown again when more of its packets come, for example when\n"
         "an offer is given. With --json: one object a line, with the keys of log."},
    {0},
};
/* clang-format on */
