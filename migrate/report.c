/* SPDX-License-Identifier: MPL-2.0 */
/* REPORT.md: short, and in the order of what an operator wants to know. */
#include "report.h"

#include <string.h>

enum { SHOWN_MAX = 20 }; /* places of one kind, before it says "and N more" */

static bool same_kind(const struct finding *one, const struct finding *other)
{
    const char *why = one->why ? one->why : "", *fix = one->fix ? one->fix : "";

    return one->severity == other->severity && strcmp(why, other->why ? other->why : "") == 0 &&
           strcmp(fix, other->fix ? other->fix : "") == 0;
}

/* Markdown would take a meaning out of these. */
static void code_print(FILE *out, const char *text)
{
    fputc('`', out);
    for (const char *at = text; *at; at++)
        fputc(*at == '`' ? '\'' : *at == '\n' ? ' ' : *at, out);
    fputc('`', out);
}

static void place_print(FILE *out, const struct finding *finding)
{
    fputs("  - ", out);
    if (finding->file && finding->line)
        fprintf(out, "%s:%u: ", finding->file, finding->line);
    else if (finding->file)
        fprintf(out, "%s: ", finding->file);
    if (finding->text)
        code_print(out, finding->text);
    if (finding->whom)
        fprintf(out, " (%s)", finding->whom);
    fputc('\n', out);
}

/* One kind: why and what to do once, then every place. */
static void kind_print(FILE *out, const struct findings *findings, size_t first)
{
    const struct finding *kind = &findings->rows[first];
    size_t count = 0;

    fprintf(out, "- %s%s", kind->why ? kind->why : kind->text ? kind->text : "", kind->fix ? "" : ".\n");
    if (kind->fix)
        fprintf(out, ".\n  **To do:** %s.\n", kind->fix);
    for (size_t i = first; i < findings->count; i++) {
        if (!same_kind(&findings->rows[i], kind))
            continue;
        if (count++ < SHOWN_MAX)
            place_print(out, &findings->rows[i]);
    }
    if (count > SHOWN_MAX)
        fprintf(out, "  - and %zu more: report.json has all\n", count - SHOWN_MAX);
}

static void section_print(FILE *out, const struct findings *findings, enum severity severity, const char *none)
{
    size_t printed = 0;

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->rows[i];
        bool known = false;
        for (size_t before = 0; before < i && !known; before++)
            known = same_kind(&findings->rows[before], finding);
        if (finding->severity != severity || known)
            continue;
        kind_print(out, findings, i);
        printed++;
    }
    if (!printed)
        fprintf(out, "%s\n", none);
}

static void checks_print(FILE *out, const struct migration *migration)
{
    static const char *const names[] = {"kea-dhcp4", "kea-dhcp6"};
    static const char *const results[] = {"was not run: it is not installed here. Run it before the move.",
                                          "takes the configuration.",
                                          "does not take the configuration: see what needs a person."};

    for (int family = 0; family < FAMILY_COUNT; family++)
        if (migration->config[family])
            fprintf(out, "- `%s -t` %s\n", names[family], results[migration->check[family]]);
}

static void next_print(FILE *out, const struct migration *migration)
{
    fprintf(out, "\n## Next\n\n");
    checks_print(out, migration);
    if (!migration->lease_count)
        fputs("- No leases were brought over, and no hosts made over OMAPI: give `--leases /var/lib/dhcp/dhcpd.leases` "
              "on the day of the move, or clients may change their addresses.\n",
              out);
    if (migration->has_boot)
        fputs("- `netbootctl import netboot.jsonl` brings the network boot part into the store.\n", out);
    fputs("- `netboot-migrate --verify` with the same options and this directory plays the same clients at both "
          "servers.\n",
          out);
}

void migrate_report(FILE *out, const struct migration *migration)
{
    const struct findings *findings = &migration->findings;
    const cJSON *count;

    fputs("# Migration from ISC dhcpd to Kea\n\n", out);
    for (int family = 0; family < FAMILY_COUNT; family++)
        if (migration->config[family])
            fprintf(out, "- DHCPv%c from %s\n", family == FAMILY_4 ? '4' : '6', migration->config[family]);
    fprintf(out, "\n## What moved\n\n");
    cJSON_ArrayForEach(count, findings->moved) fprintf(out, "- %s: %.0f\n", count->string, count->valuedouble);
    fprintf(out, "\n## What changed on purpose\n\n");
    section_print(out, findings, FINDING_CHANGED, "Nothing.");
    fprintf(out, "\n## What needs a person\n\n");
    section_print(out, findings, FINDING_PERSON, "Nothing.");
    next_print(out, migration);
    if (findings->counts[FINDING_MOVED] == 0)
        return;
    fprintf(out, "\n## Details\n\n");
    section_print(out, findings, FINDING_MOVED, "");
}
