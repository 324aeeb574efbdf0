/* SPDX-License-Identifier: MPL-2.0 */
/* The chain as text. */
#include "chain.h"

#include "json/record/json.h"

#include <stdio.h>
#include <string.h>

static void text_print(const char *before, const char *text, const char *after)
{
    if (!text)
        return;
    fputs(before, stdout);
    print_safe(stdout, text);
    fputs(after, stdout);
}

/* "line 12 kernel" */
static void label_print(const cJSON *step)
{
    const cJSON *line = cJSON_GetObjectItemCaseSensitive(step, "line");
    const cJSON *depth = cJSON_GetObjectItemCaseSensitive(step, "depth");
    char label[64];

    if (cJSON_IsNumber(line))
        snprintf(label, sizeof(label), "line %d %s", line->valueint, json_text(step, "what"));
    else
        snprintf(label, sizeof(label), "%s", json_text(step, "what"));
    printf("  %*s%-20s", 2 * depth->valueint, "", label);
}

/* The state comes first on the line. */
static void state_print(const cJSON *step)
{
    static const struct {
        const char *state, *text;
    } texts[] = {
        {"there",    "there"                           },
        {"optional", "missing, which the script allows"},
        {"unknown",  "not looked for"                  },
        {"missing",  "MISSING"                         },
        {"none",     "NONE"                            },
    };
    const char *state = json_text(step, "state");
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(step, "size");

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(state, texts[i].state) == 0)
            printf("  %s", texts[i].text);
    if (cJSON_IsNumber(size))
        printf(", %.0f octets", size->valuedouble);
}

static void step_print(const cJSON *step)
{
    const char *state = json_text(step, "state"), *url = json_text(step, "url"), *file = json_text(step, "file");
    bool optional = strcmp(state, "optional") == 0, as_is = strcmp(state, "as-is") == 0;

    label_print(step);
    text_print("", url ? url : file ? file : "-", "");
    state_print(step);
    if (!optional)
        text_print(as_is ? "  " : ": ", json_text(step, "problem"), "");
    if (!optional)
        text_print("\n                        -> ", json_text(step, "fix"), "");
    putchar('\n');
}

/* ---- Ways ------------------------------------------------------------------------------------------------------- */

/* Many ways lead to the same script: the file of its line is printed once, unless it is another file in another way. */
static bool is_same(const cJSON *a, const cJSON *b)
{
    static const char *const keys[] = {"what", "line", "depth", "file", "path", "state", "problem", NULL};

    for (const char *const *key = keys; *key; key++)
        if (!cJSON_Compare(cJSON_GetObjectItemCaseSensitive(a, *key), cJSON_GetObjectItemCaseSensitive(b, *key), true))
            return false;
    return true;
}

/* Whether an earlier way has printed it. */
static bool is_told(const cJSON *all, const cJSON *way, const cJSON *step)
{
    if (!cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(step, "line")))
        return false;
    for (const cJSON *above = all->child; above != way; above = above->next) {
        const cJSON *other;
        cJSON_ArrayForEach(other,
                           cJSON_GetObjectItemCaseSensitive(above, "steps")) if (is_same(step, other)) return true;
    }
    return false;
}

static void way_print(const cJSON *all, const cJSON *way)
{
    const cJSON *step;
    unsigned told = 0;

    printf("%s, %s", json_text(way, "platform"), json_text(way, "way"));
    text_print(": target ", json_text(way, "target"), "");
    text_print(", site ", json_text(way, "site"), "");
    text_print("; ", json_text(way, "note"), "");
    putchar('\n');
    cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(way, "steps"))
    {
        if (is_told(all, way, step))
            told++;
        else
            step_print(step);
    }
    if (told > 0)
        printf("    and %u as above\n", told);
}

void chain_print(const cJSON *object)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(object, "ways"), *way;

    cJSON_ArrayForEach(way, all) way_print(all, way);
    if (strcmp(json_text(object, "looked"), "nowhere") == 0)
        puts("Files were not looked for: use --root DIR to look below the data root, --fetch to ask the servers.");
}
