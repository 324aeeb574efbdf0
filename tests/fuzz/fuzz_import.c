/* SPDX-License-Identifier: MPL-2.0 */
/* The lines of an import, as JSON and as CSV: what is read can be written, and is read back as the same. */
#include "transfer/import_line.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line as the import reads it: 1 for a record. */
static int read_line(struct line_reader *reader, uint64_t number, const char *line, size_t size, struct arena *memory,
                     struct line_record *ret)
{
    struct netboot_error error;
    /* Of its very size, with the one octet that input_next() promises, so that a sanitizer sees what is past it. */
    char *copy = malloc(size + 1);

    memcpy(copy, line, size);
    copy[size] = '\n';
    int status = line_parse(reader, number, copy, size, memory, ret, &error);
    free(copy);
    return status;
}

static void check_same(struct line_reader *reader, const struct line_record *line, const char *text, size_t size)
{
    struct arena memory = {NULL};
    struct line_record again;

    if (read_line(reader, 2, text, size, &memory, &again) != 1 || again.record.kind != line->record.kind ||
        !netboot_record_equal(&line->record, &again.record))
        abort();
    arena_free(&memory);
}

static void check_json(const struct line_record *line)
{
    struct line_reader reader = {.csv = false};
    cJSON *object = record_to_json(&line->record);

    json_prune(object);
    cJSON_AddStringToObject(object, "type", netboot_record_kind_name(line->record.kind));
    char *text = cJSON_PrintUnformatted(object);
    check_same(&reader, line, text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(object);
}

static void check_csv(const struct line_record *line)
{
    static const char header[] = "name,mac,uuid,duid,target,note,labels,loader";
    struct line_reader reader = {.csv = true};
    struct line_record none;
    struct netboot_error error;
    char *text = NULL;
    size_t size = 0;
    cJSON *object = record_to_json(&line->record);
    FILE *file = open_memstream(&text, &size);

    read_line(&reader, 1, header, sizeof(header) - 1, NULL, &none);
    int status = csv_print(file, object, &error);
    fclose(file);
    /* The store takes no line breaks in values, and so CSV need not. */
    if (status == 0 && !memchr(text, '\n', size - 2) && !memchr(text, '\r', size - 2))
        check_same(&reader, line, text, size - 2);
    free(text);
    cJSON_Delete(object);
}

static void read_all(struct line_reader reader, const char *text, size_t size)
{
    struct arena memory = {NULL};
    struct line_record line;

    for (uint64_t number = 1; size > 0; number++) {
        const char *newline = memchr(text, '\n', size);
        size_t length = newline ? (size_t)(newline - text) : size;
        if (read_line(&reader, number, text, length, &memory, &line) == 1) {
            check_json(&line);
            if (line.record.kind == NETBOOT_RECORD_HOST)
                check_csv(&line);
        }
        arena_reset(&memory);
        size -= newline ? length + 1 : length;
        text += newline ? length + 1 : length;
    }
    arena_free(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all((struct line_reader){.csv = false}, (const char *)data, size);
    read_all((struct line_reader){.csv = true}, (const char *)data, size);
    return 0;
}
