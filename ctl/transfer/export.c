/* SPDX-License-Identifier: MPL-2.0 */
#include "commands.h"
#include "csv.h"
#include "edit/damaged.h"
#include "json/record/json.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
static const struct option_row export_options[] = {
    {.name = "format", .value = "jsonl|csv", .help = "jsonl: all records; csv: only hosts (default: jsonl)",
     .completion = COMPLETE_WORDS, .words = "jsonl csv"},
    {0},
};
/* clang-format on */

static int json_export(const struct netboot_record *record, void *user)
{
    int *code = user;
    cJSON *object = record_to_json(record);
    char *text = NULL;

    if (object) {
        json_prune(object);
        text = cJSON_PrintUnformatted(object);
    }
    /* A record has at least one key, so that the rest after its first brace can follow ours. */
    if (!text)
        *code = failed("out of memory");
    else {
        printf("{\"type\":\"%s\",", netboot_record_kind_name(record->kind));
        print_json_safe(stdout, text + 1);
        putchar('\n');
        *code = ferror(stdout) ? FAILED : DONE; /* output_end() says why */
    }
    cJSON_free(text);
    cJSON_Delete(object);
    return *code != DONE;
}

static int csv_export(const struct netboot_record *record, void *user)
{
    int *code = user;
    struct netboot_error error = {.text = "out of memory"};
    char text[NETBOOT_RECORD_TEXT_SIZE];
    cJSON *object = record_to_json(record);

    if (!object || csv_print(stdout, object, &error) != 0)
        *code = failed("%s: %s", netboot_record_text(record, text), error.text);
    else if (ferror(stdout))
        *code = FAILED;
    cJSON_Delete(object);
    return *code != DONE;
}

static int export_records(struct session *session, bool csv)
{
    struct netboot_error error;
    bool damaged = false;
    int code = DONE;

    if (csv)
        csv_header_print(stdout);
    for (enum netboot_record_kind kind = 0; code == DONE && kind < NETBOOT_RECORD_KINDS; kind++) {
        if (csv && kind != NETBOOT_RECORD_HOST)
            continue;
        int status = netboot_view_each(session->view, kind, NULL, csv ? csv_export : json_export, &code, &error);
        damaged = damaged || status == -EBADMSG;
        if (status < 0 && status != -EBADMSG)
            code = failed_with(&error);
    }
    return code == DONE && damaged ? damaged_tell(session->view) : code;
}

static int export_run(struct session *session)
{
    const char *format = option_value(session->arguments, "format");
    bool csv = format && strcmp(format, "csv") == 0;
    struct netboot_status status;

    if (format && !csv && strcmp(format, "jsonl") != 0)
        return misused("--format: give jsonl or csv, not `%s`", format);
    int code = session_view(session);
    if (code != DONE)
        return code;
    if (csv && netboot_view_status(session->view, &status, NULL) == 0 &&
        status.records[NETBOOT_RECORD_SITE] + status.records[NETBOOT_RECORD_TARGET] +
                status.records[NETBOOT_RECORD_LOADER] >
            0)
        note("CSV has only hosts: for sites, loaders and targets, use --format jsonl");
    return export_records(session, csv);
}

/* clang-format off */
const struct command export_commands[] = {
    {.group = "export", .run = export_run, .thorough = true, .options = export_options,
     .summary = "write all records to standard output",
     .details = "After netbootctl export >FILE, netbootctl import --replace FILE brings back the same records."},
    {0},
};
/* clang-format on */
