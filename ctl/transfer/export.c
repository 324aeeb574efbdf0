/* SPDX-License-Identifier: MPL-2.0 */
#include "commands.h"
#include "csv.h"
#include "records/damaged.h"
#include "json/record/record_ref.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
static const struct option_row export_options[] = {
    {.name = "format", .value = "jsonl|csv", .help = "jsonl: everything; csv: the hosts (default: jsonl)",
     .completion = COMPLETE_WORDS, .words = "jsonl csv"},
    {0},
};
/* clang-format on */

static int json_export(enum table table, const void *record, void *user)
{
    int *code = user;
    cJSON *object = record_to_json(table, record);
    char *text = NULL;

    if (object) {
        json_prune(object);
        text = cJSON_PrintUnformatted(object);
    }
    /* A record has a key at least, so that what follows its first brace follows ours. */
    if (!text)
        *code = failed("out of memory");
    else {
        printf("{\"type\":\"%s\",", table_name(table));
        print_json_safe(stdout, text + 1);
        putchar('\n');
        *code = ferror(stdout) ? FAILED : DONE; /* output_end() says why */
    }
    cJSON_free(text);
    cJSON_Delete(object);
    return *code != DONE;
}

static int csv_export(enum table table, const void *record, void *user)
{
    int *code = user;
    struct netboot_error error = {.text = "out of memory"};
    char text[KEY_TEXT_SIZE];
    cJSON *object = record_to_json(table, record);

    if (!object || csv_print(stdout, object, &error) != 0)
        *code = failed("%s: %s", record_text(table, record, text), error.text);
    else if (ferror(stdout))
        *code = FAILED;
    cJSON_Delete(object);
    return *code != DONE;
}

static int export_tables(struct session *session, bool csv)
{
    bool damaged = false;
    int code = DONE;

    if (csv)
        csv_header_print(stdout);
    for (int table = 0; code == DONE && table < TABLE_COUNT; table++) {
        if (csv && table != TABLE_HOST)
            continue;
        int status = table_each(session->view, (enum table)table, csv ? csv_export : json_export, &code);
        damaged = damaged || status == -EBADMSG;
        if (status < 0 && status != -EBADMSG)
            code = failed("the %ss cannot be read: %s", table_name((enum table)table), strerror(-status));
    }
    return code == DONE && damaged ? damaged_tell(session->view) : code;
}

static int export_run(struct session *session)
{
    const char *format = option_value(session->arguments, "format");
    bool csv = format && strcmp(format, "csv") == 0;
    struct netboot_status status;

    if (format && !csv && strcmp(format, "jsonl") != 0)
        return misused("--format is jsonl or csv, not `%s`", format);
    int code = session_view(session);
    if (code != DONE)
        return code;
    if (csv && netboot_view_status(session->view, &status) == 0 && status.sites + status.targets + status.loaders > 0)
        note("CSV has the hosts only: sites, loaders and targets are in --format jsonl");
    return export_tables(session, csv);
}

/* clang-format off */
const struct command export_commands[] = {
    {.group = "export", .run = export_run, .thorough = true, .options = export_options,
     .summary = "write all records to standard output",
     .details = "netbootctl export >FILE; netbootctl import --replace FILE brings the same back."},
    {0},
};
/* clang-format on */
