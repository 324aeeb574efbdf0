/* SPDX-License-Identifier: MPL-2.0 */
#include "keama.h"

#include "common/base/failure.h"
#include "keama_output.h"
#include "migrate/base/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 60, REFUSED_MAX = 1000 };

struct files {
    char *input, *output;
};

static int text_write(const char *path, const char *text, size_t size, struct netboot_error *error)
{
    FILE *file = fopen(path, "we");
    bool ok = file && fwrite(text, 1, size, file) == size;

    if (file && fclose(file) != 0)
        ok = false;
    return ok ? 0 : failure(error, -EIO, "%s cannot be written: %s", path, strerror(errno));
}

/* The JSON that keama wrote, or NULL where it ended before it came to that. */
static int output_take(const char *path, cJSON **ret, struct netboot_error *error)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    ssize_t size = file ? getdelim(&text, &room, '\0', file) : -1;

    if (file)
        fclose(file);
    *ret = size > 1 ? keama_output_parse(text, error) : NULL;
    free(text);
    return size > 1 && !*ret ? -EINVAL : 0;
}

static const struct statement *statement_at(const struct reduction *reduction, unsigned line)
{
    const struct statement *ret = NULL;

    for (size_t i = 1; i < reduction->mark_count && reduction->lines[i] <= line; i++)
        ret = reduction->marked[i];
    return ret;
}

static int refuse(struct reduction *reduction, const struct statement *statement, const char *said)
{
    const struct statement **more =
        reallocarray(reduction->refused, reduction->refused_count + 1, sizeof(struct statement *));
    char why[512];

    if (!more)
        return -ENOMEM;
    reduction->refused = more;
    reduction->refused[reduction->refused_count++] = statement;
    snprintf(why, sizeof(why), "keama does not understand it: %.300s", said);
    struct finding finding = {
        .severity = is_boot_statement(statement) ? FINDING_CHANGED : FINDING_PERSON,
        .why = is_boot_statement(statement)
                   ? "only network boot clients get it from now on, as netboot decides; other clients do not"
                   : why,
        .fix = is_boot_statement(statement) ? NULL : "write it into Kea's configuration by hand",
        .differs = statement->block && !statement_is(statement, "class") && !statement_is(statement, "subclass")
                       ? ~(unsigned)ANSWER_BOOT
                       : statement_differs(statement),
    };
    finding_locate(reduction, statement, &finding);
    findings_add(reduction->findings, &finding);
    return 0;
}

/* "FILE line N: what". Leaves out the statement that is meant, so that keama can be asked again. */
static int refuse_said(struct reduction *reduction, const char *input, const char *said, struct netboot_error *error)
{
    const char *at = strstr(said, input), *line = at ? strstr(at, " line ") : NULL;
    const struct statement *statement = NULL;
    char *end = NULL;

    if (line)
        statement = statement_at(reduction, (unsigned)strtoul(line + 6, &end, 10));
    if (!statement || *end != ':' || reduction->refused_count >= REFUSED_MAX)
        return failure(error, -EINVAL, "keama fails: %.400s", said);
    end += 2;
    char *what = strndup(end, strcspn(end, "\n"));
    int status = what ? refuse(reduction, statement, what) : -ENOMEM;
    free(what);
    return status == 0 ? reduce(reduction) : status;
}

/* keama crashed or never came to an end, which its evaluation of classes is known for. */
static int refuse_classes(struct reduction *reduction, struct netboot_error *error)
{
    if (reduction->without_classes)
        return failure(error, -EINVAL, "keama crashes, or does not end in %d seconds", SECONDS);
    reduction->without_classes = true;
    for (const struct statement *at = reduction->top; at; at = at->next) {
        struct finding finding = {.severity = FINDING_PERSON,
                                  .why = "keama fails at the classes of this configuration",
                                  .fix = "write the class into \"client-classes\" by hand",
                                  .differs = statement_differs(at)};
        finding_locate(reduction, at, &finding);
        if (statement_is(at, "class") || statement_is(at, "subclass"))
            findings_add(reduction->findings, &finding);
    }
    return reduce(reduction);
}

static int keama_call(const char *keama, const struct files *files, struct reduction *reduction, cJSON **ret,
                      struct netboot_error *error)
{
    const char *words[] = {
        keama, reduction->family == FAMILY_4 ? "-4" : "-6", "-D", "-i", files->input, "-o", files->output, NULL};
    struct program_result result;
    int status = text_write(files->input, reduction->text, reduction->size, error);

    if (status == 0)
        status = program_run(words, SECONDS, &result, error);
    if (status != 0)
        return status;
    status = result.status < 0 ? 0 : output_take(files->output, ret, error);
    if (status == 0 && result.status < 0)
        status = refuse_classes(reduction, error);
    else if (status == 0 && !*ret)
        status = refuse_said(reduction, files->input, result.out, error);
    free(result.out);
    unlink(files->output);
    return status;
}

int keama_run(const char *keama, const char *directory, struct reduction *reduction, cJSON **ret,
              struct netboot_error *error)
{
    struct files files = {NULL, NULL};
    int status = reduce(reduction);

    *ret = NULL;
    error->text[0] = '\0';
    if (asprintf(&files.input, "%s/keama.in", directory) < 0)
        files.input = NULL;
    if (asprintf(&files.output, "%s/keama.out", directory) < 0)
        files.output = NULL;
    if (!files.input || !files.output)
        status = -ENOMEM;
    while (status == 0 && !*ret)
        status = keama_call(keama, &files, reduction, ret, error);
    if (files.input)
        unlink(files.input);
    free(files.input);
    free(files.output);
    if (status == -ENOMEM && !error->text[0])
        failure(error, status, "out of memory");
    return status;
}
