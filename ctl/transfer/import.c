/* SPDX-License-Identifier: MPL-2.0 */
#include "import.h"

#include "commands.h"
#include "frame/confirm.h"
#include "frame/output.h"
#include "frame/pending.h"
#include "frame/who.h"
#include "lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* clang-format off */
static const struct option_row import_options[] = {
    {.name = "format", .value = "jsonl|csv",
     .help = "format of the file (default: csv for a name that ends in .csv, else jsonl)", .completion = COMPLETE_WORDS,
     .words = "jsonl csv"},
    {.name = "replace", .help = "remove records that the file does not have"},
    {.name = "yes", .help = "do not ask, even if --replace removes more than 100 hosts"},
    {.name = "force", .help = "import even if hosts name targets that do not exist"},
    {.name = "dry-run", .help = "only print what would be added, changed and removed"},
    {0},
};
/* clang-format on */

#define WRONG_ON_TERMINAL 20
#define PROGRESS_LINES 4096

/* The file and its reader. */
struct import_source {
    const char *name;   /* for messages */
    struct input input; /* the thread's, but for its size */
    bool csv;
    struct lines *lines;
    uint64_t wrong; /* lines */
    bool on_terminal, progress_shown;
    struct timespec progress_at;
};

/* ---- Progress --------------------------------------------------------------------------------------------------- */

static void progress_clear(struct import_source *source)
{
    if (source->progress_shown)
        fputs("\r\x1b[K", stderr);
    source->progress_shown = false;
}

static void progress_show(struct import_source *source, const struct line *line)
{
    static const char full[] = "########################################";
    uint64_t size = source->input.size;
    struct timespec now;
    int width = (int)sizeof(full) - 1;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec == source->progress_at.tv_sec && now.tv_nsec - source->progress_at.tv_nsec < 100000000)
        return;
    source->progress_at = now;
    source->progress_shown = true;
    if (size) {
        int share = (int)(100 * line->consumed / (size > line->consumed ? size : line->consumed));
        fprintf(stderr, "\r[%.*s%*s] %3d%%  %" PRIu64 " lines", share * width / 100, full, width - share * width / 100,
                "", share, line->number);
    } else {
        fprintf(stderr, "\r%" PRIu64 " lines", line->number);
    }
}

/* ---- Lines ------------------------------------------------------------------------------------------------------ */

static void line_wrong(struct import_source *source, uint64_t line, const char *reason)
{
    if (source->wrong++ >= WRONG_ON_TERMINAL && source->on_terminal)
        return;
    progress_clear(source);
    print_safe(stderr, source->name);
    fprintf(stderr, ":%" PRIu64 ": ", line);
    print_safe(stderr, reason);
    putc('\n', stderr);
}

/* One line. 0, or the error that the import cannot go on with. */
static int line_take(struct import *import, struct import_source *source, struct line *line,
                     struct netboot_error *error)
{
    int status = line->status;

    if (status != 1)
        failure(error, status, "%s", line->reason);
    else if ((status = import_record(import, line->number, &line->record, error)) == 0)
        return 0;
    line_wrong(source, line->number, error->text);
    return status == -EINVAL || status == -EEXIST || status == -E2BIG ? 0 : status;
}

static int lines_take(struct import *import, struct import_source *source, struct netboot_error *error)
{
    struct line *line;
    unsigned count = 0;
    int status = 0;

    while (status == 0 && (line = lines_next(source->lines))) {
        status = line_take(import, source, line, error);
        if (source->on_terminal && ++count % PROGRESS_LINES == 0)
            progress_show(source, line);
    }
    progress_clear(source);
    if (status == 0 && (status = lines_status(source->lines)) != 0)
        failure(error, status, "cannot read %s: %s", source->name, strerror(-status));
    return status;
}

/* ---- Targets that are not there ---------------------------------------------------------------------------------- */

struct dangling {
    struct waits *waits;
    bool *names; /* targets that hosts named before the import */
};

static int dangling_find(const struct netboot_record *record, void *user)
{
    const struct netboot_host *host = &record->host;
    struct dangling *dangling = user;

    for (unsigned i = 0; host->target.size > 0 && i < dangling->waits->name_count; i++)
        if (strlen(dangling->waits->names[i]) == host->target.size &&
            memcmp(dangling->waits->names[i], host->target.data, host->target.size) == 0)
            dangling->names[i] = true;
    return 0;
}

/* A line whose target does not exist at the end is wrong, unless hosts of the store named that target before: every
 * export can be imported. */
static void targets_check(struct import *import, struct import_source *source)
{
    bool fine[WAIT_NAMES_MAX] = {false};
    struct dangling dangling = {import->waits, fine};
    struct netboot_record_key key;
    struct netboot_record record;
    char reason[2 * NETBOOT_NAME_MAX + 200];

    if (import->waits->count == 0 || session_has(import->session, "force"))
        return;
    netboot_view_each(import->session->view, NETBOOT_RECORD_HOST, NULL, dangling_find, &dangling, NULL);
    for (unsigned i = 0; i < import->waits->name_count; i++)
        if (netboot_record_key_parse(NETBOOT_RECORD_TARGET, import->waits->names[i], &key, NULL) == 0 &&
            netboot_view_get(import->view, &key, &record, NULL) == 0)
            fine[i] = true;
    for (size_t i = 0; i < import->waits->count; i++) {
        const struct wait *wait = &import->waits->items[i];
        if (fine[wait->name])
            continue;
        snprintf(
            reason, sizeof(reason),
            "target: there is no target %s: create it with netbootctl target set %s, or use --force to import anyway",
            import->waits->names[wait->name], import->waits->names[wait->name]);
        line_wrong(source, wait->line, reason);
    }
}

/* ---- The command ------------------------------------------------------------------------------------------------ */

static void counts_print(const struct import *import)
{
    for (int i = 0; i < NETBOOT_RECORD_KINDS; i++) {
        const struct counts *counts = &import->counts[i];
        if (counts->lines || counts->removed)
            printf("%ss: %" PRIu64 " added, %" PRIu64 " changed, %" PRIu64 " removed, %" PRIu64 " unchanged%s\n",
                   netboot_record_kind_name((enum netboot_record_kind)i), counts->added, counts->changed,
                   counts->removed, counts->unchanged, import->dry_run ? " (nothing was written: --dry-run)" : "");
    }
}

static bool any_change(const struct import *import)
{
    bool ret = false;

    for (int i = 0; i < NETBOOT_RECORD_KINDS; i++)
        ret = ret || import->counts[i].added || import->counts[i].changed || import->counts[i].removed;
    return ret;
}

/* Everything between the first line and the commit. An exit code. */
static int source_take(struct import *import, struct import_source *source)
{
    struct netboot_error error = {.code = 0};
    int status = lines_take(import, source, &error);
    bool empty = true;

    targets_check(import, source);
    for (int i = 0; i < NETBOOT_RECORD_KINDS; i++)
        empty = empty && !import->counts[i].lines;
    if (source->wrong > WRONG_ON_TERMINAL && source->on_terminal)
        note("and %" PRIu64 " more wrong lines: use 2>FILE to get them all", source->wrong - WRONG_ON_TERMINAL);
    if (source->wrong > 0)
        return failed("%s: %" PRIu64 " wrong line%s: nothing was changed", source->name, source->wrong,
                      source->wrong == 1 ? "" : "s");
    if (status != 0)
        return failed("%s: nothing was changed", error.text);
    if (empty && !import->replace)
        note("%s has no records: nothing was changed", source->name);
    if (empty && import->replace)
        return failed("%s is empty, so --replace would empty the store: nothing was changed", source->name);
    if (import->replace && import_remove_rest(import, &error) != 0)
        return failed("%s: nothing was changed", error.text);
    return DONE;
}

/* The number of hosts to delete is known only after the whole file was read. */
static bool removal_is_open(const struct import *import, const struct question *question)
{
    return import->replace && question_is_open(question, import->session, import->counts[NETBOOT_RECORD_HOST].removed,
                                               import->before.generation);
}

static void disarmed_print(const struct import *import)
{
    if (import->disarmed > 0)
        printf("%s%" PRIu64 " host%s: deleted, or by another identifier than before\n",
               import->dry_run ? "would disarm " : "disarmed ", import->disarmed, import->disarmed == 1 ? "" : "s");
}

/* The whole file in one change, which is given up if a question has to be asked first. */
static int import_once(struct import *import, struct import_source *source, const struct question *question)
{
    struct netboot_error error;
    int code = session_view(import->session);

    if (code == DONE)
        code = session_change(import->session, &import->change);
    if (code != DONE)
        return code;
    import->view = netboot_change_view(import->change);
    uint64_t armed = pending_count(import->view);
    if (netboot_view_status(import->view, &import->before, &error) != 0)
        code = failed_with(&error);
    if (code == DONE)
        code = source_take(import, source);
    if (code == DONE)
        import->disarmed = armed - pending_count(import->view);
    if (code == DONE && import->dry_run && import->on_terminal && import->told > 20)
        printf("... and %" PRIu64 " more (redirect standard output to get them all)\n", import->told - 20);
    if (code != DONE || import->dry_run || !any_change(import) || removal_is_open(import, question))
        netboot_change_abort(import->change);
    else if (netboot_change_commit(import->change, &error) != 0)
        code = failed("%s", error.text);
    return code;
}

/* Asks; afterwards the file is at its beginning again. */
static int removal_ask(struct import *import, struct import_source *source, struct question *question)
{
    uint64_t removed = import->counts[NETBOOT_RECORD_HOST].removed;
    char text[512];

    session_view_close(import->session);
    snprintf(text, sizeof(text), "import --replace %.200s removes %" PRIu64 " of %" PRIu64 " hosts", source->name,
             removed, import->before.records[NETBOOT_RECORD_HOST]);
    int code = question_put(question, import->session, removed, import->before.generation, text);
    if (code != DONE)
        return code;
    lines_stop(source->lines);
    source->lines = NULL;
    repeats_free(&import->repeats);
    import->waits->count = import->waits->name_count = 0;
    import->target_known[0] = '\0';
    memset(import->counts, 0, sizeof(import->counts));
    int status = input_rewind(&source->input);
    if (status == 0)
        status = lines_start(&source->input, source->csv, &source->lines);
    return status == 0 ? DONE : failed("cannot read %s again: %s", source->name, strerror(-status));
}

static int import_all(struct import *import, struct import_source *source)
{
    struct question question = {.answered = false};
    int code;

    do {
        code = import_once(import, source, &question);
        if (code != DONE || !removal_is_open(import, &question))
            break;
    } while ((code = removal_ask(import, source, &question)) == DONE);
    if (code != DONE)
        return code;
    counts_print(import);
    disarmed_print(import);
    return import->dry_run || !any_change(import) ? DONE : output_after_change();
}

static int format_of(const struct session *session, const char *path, bool *csv)
{
    const char *format = option_value(session->arguments, "format");
    size_t size = strlen(path);

    if (!format)
        *csv = size > 4 && strcmp(path + size - 4, ".csv") == 0;
    else if (strcmp(format, "csv") == 0 || strcmp(format, "jsonl") == 0)
        *csv = format[0] == 'c';
    else
        return misused("--format: give jsonl or csv, not `%s`", format);
    return DONE;
}

static int import_run(struct session *session)
{
    const char *path = session->arguments->words[0];
    struct import_source source = {.name = strcmp(path, "-") == 0 ? "standard input" : path,
                                   .on_terminal = isatty(STDERR_FILENO)};
    struct import import = {.session = session,
                            .replace = session_has(session, "replace"),
                            .dry_run = session_has(session, "dry-run"),
                            .on_terminal = isatty(STDOUT_FILENO)};
    int code = format_of(session, path, &source.csv);

    if (code != DONE)
        return code;
    int status = input_open(&source.input, path);
    if (status != 0)
        return failed("cannot open %s: %s", source.name, strerror(-status));
    import.waits = calloc(1, sizeof(*import.waits));
    code = import.waits ? DONE : failed("out of memory");
    if (code == DONE && (status = lines_start(&source.input, source.csv, &source.lines)) != 0)
        code = failed("cannot start a thread: %s", strerror(-status));
    if (code == DONE)
        code = import_all(&import, &source);
    lines_stop(source.lines);
    if (import.waits)
        free(import.waits->items);
    free(import.waits);
    repeats_free(&import.repeats);
    input_close(&source.input);
    return code;
}

/* clang-format off */
const struct command import_commands[] = {
    {.group = "import", .run = import_run, .thorough = true, .words = "FILE|-", .least = 1, .most = 1, .options = import_options,
     .completion = COMPLETE_INPUT, .summary = "import records from a file",
     .details =
         "Imports the whole file, or, if one line is wrong, nothing; it names every wrong line. For a record of the store\n"
         "(a host: the one with the line's first identifier), the line changes only the values that it has; null, or an\n"
         "empty field of CSV, removes a value; identifiers are added to those of the host. With --replace, the store is\n"
         "like the file afterwards: records are as their lines say, and records without a line are removed. A file with\n"
         "only hosts (as CSV is) leaves sites, loaders and targets as they are. Before it removes more than 100 hosts, it\n"
         "asks, unless --yes is given. --dry-run prints the first 20 changes on a terminal, and all of them to a file or\n"
         "a pipe.\n"
         "Formats: netbootctl help json, netbootctl help csv."},
    {0},
};
/* clang-format on */
