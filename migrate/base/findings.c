/* SPDX-License-Identifier: MPL-2.0 */
#include "findings.h"

#include "json/record/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const severities[SEVERITY_COUNT] = {"moved", "changed", "person"};

const char *severity_name(enum severity severity)
{
    return severities[severity];
}

/* ---- Adding ----------------------------------------------------------------------------------------------------- */

static const char *text_copy(struct findings *findings, const char *text)
{
    struct netboot_bytes copy;

    if (!text)
        return NULL;
    copy = arena_copy(&findings->memory, text, strlen(text) + 1);
    findings->no_memory |= !copy.data;
    return (const char *)copy.data;
}

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

static bool same(const struct finding *one, const struct finding *other)
{
    return one->severity == other->severity && one->line == other->line && same_text(one->file, other->file) &&
           same_text(one->text, other->text) && same_text(one->why, other->why) && same_text(one->fix, other->fix) &&
           same_text(one->whom, other->whom);
}

/* Findings of one place come one after another, so that the last ones are all that need looking at. */
static bool is_there(const struct findings *findings, const struct finding *finding)
{
    enum { LOOKED_AT = 32 };
    size_t first = findings->count > LOOKED_AT ? findings->count - LOOKED_AT : 0;

    for (size_t i = first; i < findings->count; i++)
        if (same(&findings->rows[i], finding))
            return true;
    return false;
}

static struct finding *row_new(struct findings *findings)
{
    if (findings->count == findings->room) {
        size_t room = findings->room ? findings->room * 2 : 64;
        struct finding *rows = reallocarray(findings->rows, room, sizeof(*rows));
        if (!rows)
            return NULL;
        findings->rows = rows;
        findings->room = room;
    }
    return &findings->rows[findings->count];
}

void findings_add(struct findings *findings, const struct finding *finding)
{
    struct finding *row;

    if (is_there(findings, finding))
        return;
    row = row_new(findings);
    if (!row) {
        findings->no_memory = true;
        return;
    }
    *row = *finding;
    row->file = text_copy(findings, finding->file);
    row->text = text_copy(findings, finding->text);
    row->why = text_copy(findings, finding->why);
    row->fix = text_copy(findings, finding->fix);
    row->options = text_copy(findings, finding->options);
    row->whom = text_copy(findings, finding->whom);
    row->cases = finding->cases ? cJSON_Duplicate(finding->cases, true) : NULL;
    findings->no_memory |= finding->cases && !row->cases;
    findings->count++;
    findings->counts[row->severity]++;
}

void findings_moved(struct findings *findings, const char *what, size_t count)
{
    cJSON *number;

    if (!findings->moved)
        findings->moved = cJSON_CreateObject();
    number = cJSON_GetObjectItemCaseSensitive(findings->moved, what);
    if (number)
        cJSON_SetNumberValue(number, number->valuedouble + (double)count);
    else if (!cJSON_AddNumberToObject(findings->moved, what, (double)count))
        findings->no_memory = true;
}

/* ---- Order ------------------------------------------------------------------------------------------------------ */

static int finding_order(const void *one, const void *other)
{
    const struct finding *a = one, *b = other;
    int files;

    if (a->severity != b->severity)
        return a->severity < b->severity ? -1 : 1;
    files = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    if (files != 0)
        return files;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return strcmp(a->text ? a->text : "", b->text ? b->text : "");
}

void findings_sort(struct findings *findings)
{
    if (findings->count > 0)
        qsort(findings->rows, findings->count, sizeof(*findings->rows), finding_order);
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        cJSON_Delete((cJSON *)findings->rows[i].cases);
    free(findings->rows);
    cJSON_Delete(findings->moved);
    arena_free(&findings->memory);
    *findings = (struct findings){0};
}

/* ---- As JSON ---------------------------------------------------------------------------------------------------- */

static bool text_add(cJSON *object, const char *key, const char *text)
{
    return (text ? cJSON_AddStringToObject(object, key, text) : cJSON_AddNullToObject(object, key)) != NULL;
}

static bool cases_put(cJSON *object, const cJSON *cases)
{
    cJSON *copy = cases ? cJSON_Duplicate(cases, true) : cJSON_CreateArray();

    if (copy && cJSON_AddItemToObject(object, "cases", copy))
        return true;
    cJSON_Delete(copy);
    return false;
}

static bool finding_to_json(cJSON *list, const struct finding *finding)
{
    cJSON *object = cJSON_CreateObject();

    if (!object || !cJSON_AddItemToArray(list, object)) {
        cJSON_Delete(object);
        return false;
    }
    return text_add(object, "severity", severity_name(finding->severity)) && text_add(object, "file", finding->file) &&
           cJSON_AddNumberToObject(object, "line", finding->line) && text_add(object, "text", finding->text) &&
           text_add(object, "why", finding->why) && text_add(object, "fix", finding->fix) &&
           cJSON_AddNumberToObject(object, "differs", finding->differs) &&
           text_add(object, "options", finding->options) &&
           cJSON_AddNumberToObject(object, "family", finding->family) && text_add(object, "whom", finding->whom) &&
           cJSON_AddBoolToObject(object, "executed", finding->executed) && cases_put(object, finding->cases);
}

cJSON *findings_to_json(const struct findings *findings)
{
    cJSON *ret = cJSON_CreateObject();
    cJSON *moved = findings->moved ? cJSON_Duplicate(findings->moved, true) : cJSON_CreateObject();
    cJSON *list = NULL;
    bool ok = ret && moved && cJSON_AddItemToObject(ret, "moved", moved);

    if (!ok)
        cJSON_Delete(moved);
    list = ok ? cJSON_AddArrayToObject(ret, "findings") : NULL;
    ok = list != NULL;
    for (size_t i = 0; ok && i < findings->count; i++)
        ok = finding_to_json(list, &findings->rows[i]);
    if (ok)
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

static int severity_find(const char *name, enum severity *ret)
{
    for (enum severity i = FINDING_MOVED; name && i < SEVERITY_COUNT; i++)
        if (strcmp(severities[i], name) == 0) {
            *ret = i;
            return 0;
        }
    return -EINVAL;
}

int findings_from_json(const cJSON *json, struct findings *ret)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "findings"), *item;
    const cJSON *moved = cJSON_GetObjectItemCaseSensitive(json, "moved");
    struct findings findings = {0};
    int status = cJSON_IsArray(list) && cJSON_IsObject(moved) ? 0 : -EINVAL;

    cJSON_ArrayForEach(item, moved) findings_moved(&findings, item->string, (size_t)cJSON_GetNumberValue(item));
    cJSON_ArrayForEach(item, list)
    {
        struct finding finding = {
            .file = json_text(item, "file"),
            .line = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(item, "line")),
            .text = json_text(item, "text"),
            .why = json_text(item, "why"),
            .fix = json_text(item, "fix"),
            .differs = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(item, "differs")),
            .options = json_text(item, "options"),
            .family = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(item, "family")),
            .whom = json_text(item, "whom"),
            .executed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "executed")),
            .cases = cJSON_GetObjectItemCaseSensitive(item, "cases"),
        };
        if (status == 0)
            status = severity_find(json_text(item, "severity"), &finding.severity);
        if (status == 0)
            findings_add(&findings, &finding);
    }
    if (status == 0 && findings.no_memory)
        status = -ENOMEM;
    if (status == 0)
        *ret = findings;
    else
        findings_free(&findings);
    return status;
}
