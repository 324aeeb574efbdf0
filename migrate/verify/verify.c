/* SPDX-License-Identifier: MPL-2.0 */
#include "verify.h"

#include "frame/elsewhere.h"
#include "frame/output.h"
#include "migrate/base/directory.h"
#include "migrate/base/program.h"
#include "json/record/json.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct proof {
    struct migration *migration;
    struct bench bench;
    struct findings findings; /* of the migration */
    struct announcements announcements;
    struct arena memory;
    struct verdicts verdicts;
    sigset_t stops; /* blocked, and looked for between questions, so that all is cleaned up */
    size_t sample;
};

static bool is_stopped(const struct proof *proof)
{
    sigset_t pending;

    sigpending(&pending);
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&proof->stops, number) == 1 && sigismember(&pending, number) == 1)
            return true;
    return false;
}

/* ---- One family ------------------------------------------------------------------------------------------------- */

static int clients_ask(struct proof *proof, const struct clients *clients, const struct statement *top)
{
    struct played played;
    const char *log = proof->bench.servers[OLD].log;

    for (size_t i = 0; i < clients->count; i++) {
        if (is_stopped(proof))
            return failed("stopped after %zu of %zu clients", i, clients->count);
        announcements_forget(&proof->announcements, log);
        play(&proof->bench, &clients->rows[i], &played);
        announcements_read(&proof->announcements, log);
        answers_compare(&clients->rows[i], &played, top, &proof->announcements, &proof->verdicts);
    }
    return proof->verdicts.no_memory ? failed("out of memory") : DONE;
}

static int family_verify(struct proof *proof, int family)
{
    struct clients clients = {0};
    struct statement *top = NULL;
    struct netboot_error error;
    int status = statements_read(proof->migration->config[family], &proof->memory, &top, &error);

    if (status != 0)
        return status == -EINVAL ? misused("%s", error.text) : failed("%s", error.text);
    clients_make(&clients, family, top, proof->sample, &proof->memory);
    int code = clients.no_memory ? failed("out of memory") : bench_start(&proof->bench, family, top);
    if (code == DONE)
        code = clients_ask(proof, &clients, top);
    free(clients.rows);
    return code;
}

/* ---- The store that Kea's hook reads ---------------------------------------------------------------------------- */

/* netbootctl as it was installed with this program, else as it is in PATH. free(); NULL: it is nowhere. */
static char *tool_find(void)
{
    char *beside = path_beside("netbootctl");
    char *ret = beside ? program_find(beside) : NULL;

    free(beside);
    return ret ? ret : program_find("netbootctl");
}

static int tool_run(const char *const *words)
{
    struct program_result result;
    struct netboot_error error;

    if (program_run(words, 600, &result, &error) != 0)
        return failed("%s", error.text);
    int code =
        result.status == 0 ? DONE : failed("the store for the proof: %.*s", (int)strcspn(result.out, "\n"), result.out);
    free(result.out);
    return code;
}

static int store_make(struct proof *proof)
{
    char *store = directory_file(proof->bench.directory, "store");
    char *records = directory_file(proof->migration->output, FILE_BOOT);
    char *tool = tool_find();
    const char *const init[] = {tool, "--directory", store, "init", NULL};
    const char *const import[] = {tool, "--directory", store, "import", "--replace", records, NULL};
    int code = store && records ? DONE : failed("out of memory");

    if (code == DONE && !tool)
        code = failed("the store for the proof: netbootctl is neither beside netboot-migrate nor in PATH: install it");
    if (code == DONE)
        code = tool_run(init);
    if (code == DONE && access(records, R_OK) == 0)
        code = tool_run(import);
    free(tool);
    free(records);
    free(store);
    return code;
}

/* What the migration announced. */
static int findings_read(struct proof *proof)
{
    char *path = directory_file(proof->migration->output, FILE_REPORT_JSON);
    FILE *file = path ? fopen(path, "re") : NULL;
    char *text = NULL;
    size_t room = 0;
    ssize_t size = file ? getdelim(&text, &room, '\0', file) : -1;
    cJSON *json = size > 0 ? cJSON_Parse(text) : NULL;
    int code = json && findings_from_json(json, &proof->findings) == 0
                   ? DONE
                   : failed("%s cannot be read: migrate without --verify writes it", path ? path : "");

    if (file)
        fclose(file);
    cJSON_Delete(json);
    free(text);
    free(path);
    return code;
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

static const struct column columns[] = {
    {"CLIENT",    "client"   },
    {"FIELD",     "field"    },
    {"DHCPD",     "dhcpd"    },
    {"KEA",       "kea"      },
    {"ANNOUNCED", "announced"},
    {NULL,        NULL       },
};

/* What one finding announces of one field is a line, with the first client of whom it is so. -ENOMEM. */
static int rows_group(cJSON *rows)
{
    struct texts seen = {0};
    int status = 0;
    cJSON *row, *next;

    for (row = rows->child; row && status == 0; row = next) {
        const char *announced = json_text(row, "announced");
        next = row->next;
        if (!announced)
            continue;
        const char *key = texts_format(&seen, "%s %s", json_text(row, "field"), announced);
        long *count = key ? texts_number(&seen, key) : NULL;
        if (!count)
            status = -ENOMEM;
        else if (++*count > 1)
            cJSON_Delete(cJSON_DetachItemViaPointer(rows, row));
    }
    for (row = rows->child; row && status == 0; row = row->next) {
        char text[300];
        const char *announced = json_text(row, "announced");
        const char *key = announced ? texts_format(&seen, "%s %s", json_text(row, "field"), announced) : NULL;
        long *count = key ? texts_number(&seen, key) : NULL;
        if (!count || *count < 2)
            continue;
        snprintf(text, sizeof(text), "%s and %ld more", json_text(row, "client"), *count - 1);
        cJSON *client = cJSON_CreateString(text);
        if (!client || !cJSON_ReplaceItemInObjectCaseSensitive(row, "client", client))
            status = -ENOMEM;
    }
    texts_free(&seen);
    return status;
}

static int table_print(struct proof *proof)
{
    const struct verdicts *verdicts = &proof->verdicts;
    struct listing listing;

    if (!proof->migration->json && rows_group(verdicts->rows) < 0)
        return failed("out of memory");
    int code = listing_begin(&listing, "differences", columns, proof->migration->json);

    while (code == DONE && verdicts->rows->child)
        code = listing_row(&listing, cJSON_DetachItemFromArray(verdicts->rows, 0));
    code = listing_end(&listing, code);
    note("%zu clients asked, %zu of them up to the lease: %zu the same, %zu different as announced, %zu different, %zu "
         "with no answer from either",
         verdicts->asked, verdicts->leased, verdicts->same, verdicts->announced, verdicts->different, verdicts->silent);
    return code;
}

int migrate_verify(struct migration *migration, size_t sample)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    struct proof proof = {.migration = migration, .sample = sample, .verdicts = {.rows = cJSON_CreateArray()}};
    sigset_t before;
    int code = proof.verdicts.rows ? findings_read(&proof) : failed("out of memory");

    sigemptyset(&proof.stops);
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
        sigaddset(&proof.stops, stops[i]);
    sigprocmask(SIG_BLOCK, &proof.stops, &before);
    if (code == DONE && announcements_begin(&proof.announcements, &proof.findings) != 0)
        code = failed("out of memory");
    if (code == DONE)
        code = bench_begin(&proof.bench, migration);
    proof.bench.announcements = &proof.announcements;
    if (code == DONE)
        code = store_make(&proof);
    for (int family = 0; family < FAMILY_COUNT && code == DONE; family++)
        if (migration->config[family])
            code = family_verify(&proof, family);
    bench_end(&proof.bench);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (code == DONE)
        code = table_print(&proof);
    if (code == DONE && proof.verdicts.different > 0)
        code = FAILED;
    cJSON_Delete(proof.verdicts.rows);
    announcements_end(&proof.announcements);
    findings_free(&proof.findings);
    arena_free(&proof.memory);
    return code;
}
