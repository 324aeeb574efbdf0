/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the report has announced. A finding about a statement that is carried out for some clients only - in a class,
 * under a condition - says so of those alone: the old configuration is played with a `log` of the finding's number
 * beside that statement, and dhcpd's log tells for whom it was.
 */
#include "verify.h"

#include "migrate/dhcpd/option_codes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "netbootctl-finding-"

static int by_line(const void *one, const void *other)
{
    const struct finding *const *a = one, *const *b = other;

    return (*a)->line < (*b)->line ? -1 : (*a)->line > (*b)->line;
}

int announcements_begin(struct announcements *announcements, const struct findings *findings)
{
    *announcements = (struct announcements){.findings = findings};
    announcements->marked = calloc(findings->count + 1, sizeof(*announcements->marked));
    announcements->executed = calloc(findings->count + 1, sizeof(*announcements->executed));
    announcements->cases = calloc(1, sizeof(*announcements->cases));
    int status = announcements->marked && announcements->executed && announcements->cases ? 0 : -ENOMEM;
    for (size_t i = 0; status == 0 && i < findings->count; i++)
        status = cases_index(announcements->cases, findings->rows[i].cases, (long)i + 1);
    if (status < 0) {
        announcements_end(announcements);
        return status;
    }
    for (size_t i = 0; i < findings->count; i++)
        if (findings->rows[i].executed)
            announcements->marked[announcements->marked_count++] = &findings->rows[i];
    qsort(announcements->marked, announcements->marked_count, sizeof(*announcements->marked), by_line);
    return 0;
}

void announcements_end(struct announcements *announcements)
{
    free(announcements->marked);
    free(announcements->executed);
    if (announcements->cases)
        texts_free(announcements->cases);
    free(announcements->cases);
    *announcements = (struct announcements){.findings = NULL};
}

/* ---- dhcpd's log ------------------------------------------------------------------------------------------------ */

static bool is_of(const struct finding *finding, const struct statement *statement)
{
    return finding->file && finding->text && strcmp(finding->file, statement->file) == 0 &&
           strcmp(finding->text, statement->text) == 0;
}

void announcements_mark(const struct announcements *announcements, const struct statement *statement, FILE *out)
{
    size_t low = 0, high = announcements->marked_count;

    while (low < high) { /* the first of this line */
        size_t middle = low + (high - low) / 2;
        if (announcements->marked[middle]->line < statement->line)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < announcements->marked_count && announcements->marked[low]->line == statement->line; low++)
        if (is_of(announcements->marked[low], statement))
            fprintf(out, "log (info, \"" MARK "%zu\");\n",
                    (size_t)(announcements->marked[low] - announcements->findings->rows));
}

void announcements_forget(struct announcements *announcements, const char *log)
{
    FILE *file = announcements->marked_count ? fopen(log, "re") : NULL;

    memset(announcements->executed, 0, announcements->findings->count * sizeof(*announcements->executed));
    if (file && fseek(file, 0, SEEK_END) == 0)
        announcements->at = ftell(file);
    if (file)
        fclose(file);
}

void announcements_read(struct announcements *announcements, const char *log)
{
    FILE *file = announcements->marked_count ? fopen(log, "re") : NULL;
    char *line = NULL;
    size_t room = 0;

    if (file && fseek(file, announcements->at, SEEK_SET) == 0)
        while (getline(&line, &room, file) > 0) {
            const char *mark = strstr(line, MARK);
            size_t number = mark ? strtoul(mark + strlen(MARK), NULL, 10) : announcements->findings->count;
            if (number < announcements->findings->count)
                announcements->executed[number] = true;
        }
    free(line);
    if (file)
        fclose(file);
}

/* ---- Whom a finding is about ------------------------------------------------------------------------------------ */

/* Whether two prefixes are one, where either may lack its length. */
static bool same_prefix(const char *one, const char *other)
{
    size_t size = strcspn(one, "/");

    return size == strcspn(other, "/") && strncmp(one, other, size) == 0;
}

/* Names of statements may have quotes. */
static bool same_name(const char *name, const char *word)
{
    size_t size = strlen(name);

    return word[0] == '"' ? strlen(word) == size + 2 && strncmp(word + 1, name, size) == 0 : strcmp(name, word) == 0;
}

static bool is_in_network(const struct client *client, const char *name)
{
    for (const struct statement *at = client->scope; at; at = at->parent)
        if (statement_is(at, "shared-network") && same_name(name, statement_word(at, 1)))
            return true;
    return false;
}

/* A client of one subnet of a shared network may get an address of another. */
static bool may_be_in(const struct client *client, const char *prefix)
{
    const struct statement *network = client->scope ? client->scope->parent : NULL;

    if (same_prefix(prefix, client->subnet))
        return true;
    while (network && !statement_is(network, "shared-network"))
        network = network->parent;
    for (const struct statement *at = network ? network->child : NULL; at; at = at->next)
        if (statement_is(at, "subnet") || statement_is(at, "subnet6"))
            if (same_prefix(prefix, statement_word(at, 1)))
                return true;
    return false;
}

static bool is_family(const struct finding *finding, const struct client *client)
{
    return !finding->family || finding->family == (client->family == FAMILY_4 ? 4 : 6);
}

/* Of a class that dhcpd did not tell of, nothing is known: nobody is excused by it. */
static bool is_about(const struct finding *finding, const struct client *client)
{
    const char *whom = finding->whom;

    if (!whom)
        return true;
    if (strcmp(whom, FINDING_BOOTP) == 0)
        return client->kind->bootp;
    if (strncmp(whom, "host ", 5) == 0)
        return client->host && same_name(whom + 5, client->host);
    if (strncmp(whom, "subnet ", 7) == 0)
        return same_prefix(whom + 7, client->subnet);
    if (strncmp(whom, "shared-network ", 15) == 0)
        return is_in_network(client, whom + 15);
    return false;
}

/* Where dhcpd tells that it carried the statement out, that is more than where it is written. */
static bool excuses(const struct announcements *announcements, const struct finding *finding,
                    const struct client *client, unsigned field, unsigned code)
{
    if (!is_family(finding, client) || !(finding->differs & field) ||
        (field == ANSWER_OPTIONS && !option_codes_have(finding->options, code)))
        return false;
    if (!finding->executed)
        return is_about(finding, client);
    if (!announcements->executed[finding - announcements->findings->rows])
        return false;
    return !finding->whom || strncmp(finding->whom, "subnet ", 7) != 0 || may_be_in(client, finding->whom + 7);
}

const struct finding *announcement_find(const struct announcements *announcements, const struct client *client,
                                        unsigned field, unsigned code)
{
    const struct finding *best = NULL;
    int best_score = -1;

    for (size_t i = 0; i < announcements->findings->count; i++) {
        const struct finding *finding = &announcements->findings->rows[i];
        int score = (finding->executed ? 4 : 0) + (finding->whom ? 2 : 0) + (finding->line ? 1 : 0);
        if (score > best_score && excuses(announcements, finding, client, field, code)) {
            best = finding;
            best_score = score;
        }
    }
    return best;
}
