/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/output.h"

#include "frame/error.h"

#include <errno.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

/* The widths of columns are those of the first rows, so many. */
#define ROWS_HELD 1000
#define WIDTH_MAX 60

static bool is_absent(const cJSON *value)
{
    return !value || cJSON_IsNull(value) || ((cJSON_IsArray(value) || cJSON_IsObject(value)) && !value->child) ||
           (cJSON_IsString(value) && !value->valuestring[0]);
}

static void scalar_print(FILE *file, const cJSON *value)
{
    if (cJSON_IsString(value))
        fputs(value->valuestring, file);
    else if (cJSON_IsNumber(value))
        fprintf(file, "%.0f", value->valuedouble);
    else
        fputs(cJSON_IsTrue(value) ? "yes" : cJSON_IsFalse(value) ? "no" : "-", file);
}

char *value_text(const cJSON *value)
{
    char *ret = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&ret, &size);
    const cJSON *item;

    if (!file)
        return NULL;
    if (is_absent(value))
        fputc('-', file);
    else if (cJSON_IsArray(value) || cJSON_IsObject(value))
        cJSON_ArrayForEach(item, value)
        {
            fprintf(file, "%s%s%s", item == value->child ? "" : ",", item->string ? item->string : "",
                    item->string ? "=" : "");
            scalar_print(file, item);
        }
    else
        scalar_print(file, value);
    return fclose(file) == 0 ? ret : NULL;
}

/* ---- One object ------------------------------------------------------------------------------------------------- */

static int key_width(const cJSON *object)
{
    const cJSON *value;
    int ret = 0;

    cJSON_ArrayForEach(value, object) if ((int)strlen(value->string) > ret) ret = (int)strlen(value->string);
    return ret;
}

static void line_print(const char *key, int width, const cJSON *value)
{
    char *text = value_text(value);

    printf("%-*s  ", width, key);
    print_safe(stdout, text ? text : "?");
    putchar('\n');
    free(text);
}

static void object_print(const cJSON *object)
{
    int width = key_width(object);
    const cJSON *value, *item;

    cJSON_ArrayForEach(value, object)
    {
        if (is_absent(value) || !(cJSON_IsArray(value) || cJSON_IsObject(value))) {
            line_print(value->string, width, value);
            continue;
        }
        cJSON_ArrayForEach(item, value)
        {
            printf("%-*s  ", width, item == value->child ? value->string : "");
            if (cJSON_IsObject(value)) {
                print_safe(stdout, item->string);
                putchar('=');
            }
            bool is_empty = cJSON_IsString(item) && !item->valuestring[0]; /* a label without a value */
            char *text = is_empty ? strdup("") : value_text(item);
            print_safe(stdout, text ? text : "?");
            putchar('\n');
            free(text);
        }
    }
}

static int json_print(const cJSON *value, bool on_one_line)
{
    char *text = on_one_line ? cJSON_PrintUnformatted(value) : cJSON_Print(value);

    if (!text)
        return failed("out of memory");
    print_json_safe(stdout, text);
    free(text);
    return DONE;
}

int show_object(cJSON *object, bool json)
{
    int code = object ? DONE : failed("out of memory");

    if (code == DONE && json) {
        code = json_print(object, false);
        putchar('\n');
    } else if (code == DONE) {
        object_print(object);
    }
    cJSON_Delete(object);
    return code;
}

/* ---- Lists ------------------------------------------------------------------------------------------------------ */

static const cJSON *cell_of(const cJSON *row, const char *keys)
{
    char key[32];
    const cJSON *value = NULL;

    while (*keys && is_absent(value)) {
        size_t size = strcspn(keys, "|");
        snprintf(key, sizeof(key), "%.*s", (int)size, keys);
        value = cJSON_GetObjectItemCaseSensitive(row, key);
        keys += size + (keys[size] == '|');
    }
    return value;
}

/* A text as print_safe() writes it. NULL: out of memory. */
static char *safe_text(const char *text)
{
    char *ret = NULL;
    size_t size = 0;
    FILE *file = text ? open_memstream(&ret, &size) : NULL;

    if (!file)
        return NULL;
    print_safe(file, text);
    return fclose(file) == 0 ? ret : NULL;
}

/* A cell as it is shown. */
static char *cell_text(const cJSON *row, const char *keys)
{
    char *text = value_text(cell_of(row, keys)), *ret = safe_text(text);

    free(text);
    return ret;
}

/* Characters, not octets. */
static int width_of(const char *text)
{
    int ret = 0;

    for (; *text; text++)
        ret += (*text & 0xc0) != 0x80;
    return ret;
}

static void row_print(const struct listing *listing, const cJSON *row)
{
    for (size_t i = 0; listing->columns[i].title; i++) {
        bool last = !listing->columns[i + 1].title;
        char *text = row ? cell_text(row, listing->columns[i].keys) : strdup(listing->columns[i].title);
        fputs(text ? text : "?", stdout);
        int missing = listing->widths[i] - (text ? width_of(text) : 1);
        if (!last)
            printf("%*s", (missing > 0 ? missing : 0) + 2, "");
        free(text);
    }
    putchar('\n');
}

static void widths_set(struct listing *listing)
{
    const cJSON *row;

    for (size_t i = 0; listing->columns[i].title; i++) {
        listing->widths[i] = (int)strlen(listing->columns[i].title);
        cJSON_ArrayForEach(row, listing->rows)
        {
            char *text = cell_text(row, listing->columns[i].keys);
            int width = text ? width_of(text) : 1;
            if (width > listing->widths[i])
                listing->widths[i] = width < WIDTH_MAX ? width : WIDTH_MAX;
            free(text);
        }
    }
}

static void rows_release(struct listing *listing)
{
    const cJSON *row;

    if (!listing->rows)
        return;
    widths_set(listing);
    row_print(listing, NULL);
    cJSON_ArrayForEach(row, listing->rows) row_print(listing, row);
    cJSON_Delete(listing->rows);
    listing->rows = NULL;
}

int listing_begin(struct listing *listing, const char *what, const struct column *columns, bool json)
{
    *listing = (struct listing){.columns = columns, .what = what, .json = json};
    if (!json && !(listing->rows = cJSON_CreateArray()))
        return failed("out of memory");
    return DONE;
}

int listing_row(struct listing *listing, cJSON *row)
{
    int code = row ? DONE : failed("out of memory");

    if (code != DONE)
        return code;
    listing->count++;
    if (listing->rows) {
        cJSON_AddItemToArray(listing->rows, row);
        if (listing->count >= ROWS_HELD)
            rows_release(listing);
        return DONE;
    }
    if (listing->json) {
        fputs(listing->count == 1 ? "[\n" : ",\n", stdout);
        code = json_print(row, true);
    } else {
        row_print(listing, row);
    }
    cJSON_Delete(row);
    return ferror(stdout) ? FAILED : code; /* output_end() says why */
}

int listing_end(struct listing *listing, int code)
{
    if (listing->json && code == DONE)
        fputs(listing->count ? "\n]\n" : "[]\n", stdout);
    if (listing->count == 0 || code != DONE) {
        if (code == DONE && !listing->json)
            note("there are no %s", listing->what);
        cJSON_Delete(listing->rows);
        listing->rows = NULL;
    }
    rows_release(listing);
    return code;
}

int output_after_change(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return DONE;
    int cause = errno;
    __fpurge(stdout); /* said once is enough */
    clearerr(stdout);
    return failed("the change was made, but the result could not be written to standard output: %s",
                  cause ? strerror(cause) : "a write failed");
}

int output_end(int code)
{
    bool failed_before = ferror(stdout);

    errno = 0;
    if (fclose(stdout) == 0 && !failed_before)
        return code;
    failed("cannot write to standard output: %s", errno ? strerror(errno) : "a write failed");
    return code == DONE ? FAILED : code;
}
