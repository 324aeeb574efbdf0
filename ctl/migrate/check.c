/* SPDX-License-Identifier: MPL-2.0 */
/* The proof of the fold: netboot decides for every client that dhcpd was asked about, and both are compared. */
#include "migrate/fold.h"

#include "error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECTS_TOLD 20 /* of one difference; the rest are counted */

#define DIFFERENCES_MAX 300 /* told one by one */

/* What to make of a difference. */
struct sort {
    enum severity severity;
    const char *why, *fix;
};

enum sort_index { UNUSABLE, LOOP, ORDINARY, NO_ARCH, MANNER, SIBLING, MORE, OVER_HTTP, REST, SORT_COUNT };

/* clang-format off */
static const struct sort sorts[SORT_COUNT] = {
    [UNUSABLE] = {FINDING_CHANGED, "such a client cannot load what it was given", NULL},
    [LOOP] = {FINDING_CHANGED,
              "iPXE was given its own loader again, which is an endless loop unless the binary has a script of its own",
              "netbootctl target set default --script URL, if iPXE is to go on from there"},
    [ORDINARY] = {FINDING_CHANGED, "netboot answers machines that boot from the network only",
                  "a boot-file-name in Kea's configuration, if such a machine needs it"},
    [NO_ARCH] = {FINDING_CHANGED, "netboot serves no file to a client that does not tell its architecture", NULL},
    [MANNER] = {FINDING_CHANGED, "netboot knows iPXE in every form in which it shows itself", NULL},
    [SIBLING] = {FINDING_CHANGED, "netboot serves all architecture codes of a platform alike", NULL},
    [MORE] = {FINDING_CHANGED, "where others boot, a kind of client that was given nothing is served as it is elsewhere", NULL},
    [OVER_HTTP] = {FINDING_PERSON, "iPXE goes to the site's HTTP server for a path", "put the file there as well"},
    [REST] = {FINDING_PERSON, "netboot's records cannot tell it apart as the configuration did",
              "decide what such a client is to get: netbootctl host set --target, or target set"},
};
/* clang-format on */

/* Rows that differ alike: of REST those with the same want and answer, of the others all of a stage. */
struct difference {
    enum sort_index sort;
    const struct row *first; /* an example of it */
    const char *got;
    bool various; /* not all want and get the same */
    bool archs[ARCH_COUNT + 1];
    size_t count;
    const struct row *rows[SUBJECTS_TOLD];
};

struct checking {
    struct fold *fold;
    struct texts keys; /* the number of a difference is its place below, counted from 1 */
    struct difference *differences;
    size_t count;
};

static bool is_canonical(const struct scene *scene, const struct client_kind *kind)
{
    const struct netboot_arch *arch = netboot_arch_find(kind->arch);

    return arch && canonical_arch(scene, arch->platform, kind->stage) == kind->arch;
}

static bool is_loop(const struct row *row)
{
    const char *name = strrchr(row->want, '/');

    name = name ? name + 1 : row->want;
    return row->kind.stage == NETBOOT_STAGE_IPXE && !strstr(name, ".ipxe") &&
           (strncmp(name, "ipxe", 4) == 0 || strncmp(name, "undionly", 8) == 0 || strncmp(name, "snp", 3) == 0);
}

/* Whether it is in a place where clients boot, and no host of which the configuration says that it gets nothing. */
static bool is_served(const struct scene *scene, const struct row *row)
{
    return (row->machine == NOBODY || row->kind.stage == NETBOOT_STAGE_HTTP) && scene->places[row->place].serves;
}

/* "tftp://192.0.2.1/a.0" and "http://192.0.2.1/base/a.0". */
static bool is_same_path(const char *want, const char *got)
{
    const char *path = strncmp(want, "tftp://", 7) == 0 ? strchr(want + 7, '/') : NULL;
    size_t size = path ? strlen(path) : 0;

    return path && strncmp(got, "http", 4) == 0 && strlen(got) > size && strcmp(got + strlen(got) - size, path) == 0;
}

static enum sort_index sort_of(const struct fold *fold, const struct row *row, const char *got)
{
    if (row->kind.stage == NETBOOT_STAGE_NONE)
        return ORDINARY;
    if (row->want[0] == '!')
        return UNUSABLE;
    if (row->kind.manner != MANNER_USUAL)
        return MANNER;
    if (row->kind.arch == NETBOOT_ARCH_NONE)
        return NO_ARCH;
    if (is_loop(row))
        return LOOP;
    if (!is_canonical(fold->scene, &row->kind))
        return SIBLING;
    if (row->kind.stage == NETBOOT_STAGE_IPXE && is_same_path(row->want, got))
        return OVER_HTTP;
    return row->want[0] == '\0' && is_served(fold->scene, row) ? MORE : REST;
}

/* ---- Collecting ------------------------------------------------------------------------------------------------- */

static int difference_find(struct checking *checking, enum sort_index sort, const struct row *row, const char *got,
                           struct difference **ret)
{
    bool rest = sort == REST && checking->count < DIFFERENCES_MAX;
    const char *key = texts_format(&checking->fold->scene->texts, "%d %d %p %p", sort, row->kind.stage,
                                   rest ? (const void *)row->want : NULL, rest ? (const void *)got : NULL);
    long *number = key ? texts_number(&checking->keys, key) : NULL;

    if (!number)
        return -ENOMEM;
    if (*number == 0) {
        struct difference *larger =
            realloc(checking->differences, (checking->count + 1) * sizeof(*checking->differences));
        if (!larger)
            return -ENOMEM;
        checking->differences = larger;
        larger[checking->count] = (struct difference){.sort = sort, .first = row, .got = got};
        *number = (long)++checking->count;
    }
    *ret = &checking->differences[*number - 1];
    return 0;
}

static int difference_add(struct checking *checking, const struct row *row, const char *got)
{
    struct difference *difference;
    int status = difference_find(checking, sort_of(checking->fold, row, got), row, got, &difference);

    if (status < 0)
        return status;
    difference->various |= row->want != difference->first->want || got != difference->got;
    difference->archs[row->kind.arch < ARCH_COUNT ? row->kind.arch : ARCH_COUNT] = true;
    if (difference->count < SUBJECTS_TOLD)
        difference->rows[difference->count] = row;
    difference->count++;
    return 0;
}

/* ---- Telling ---------------------------------------------------------------------------------------------------- */

static const char *subject(struct scene *scene, const struct row *row)
{
    if (row->machine == NOBODY)
        return texts_format(&scene->texts, "subnet %s", scene->places[row->place].subnet);
    const struct machine *machine = &scene->machines[row->machine];
    const uint8_t *mac = machine->mac;
    if (machine->name)
        return texts_format(&scene->texts, "host %s", machine->name);
    return texts_format(&scene->texts, "machine %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                        mac[5]);
}

/* The subjects, each once; the only one of all is set apart. */
static void subjects_print(struct scene *scene, const struct difference *difference, FILE *file, const char **ret_only)
{
    const char *told[SUBJECTS_TOLD];
    size_t count = 0, shown = difference->count < SUBJECTS_TOLD ? difference->count : SUBJECTS_TOLD;

    for (size_t i = 0; i < shown; i++) {
        const char *text = subject(scene, difference->rows[i]);
        size_t j = 0;
        while (j < count && told[j] != text)
            j++;
        if (j == count)
            told[count++] = text;
    }
    for (size_t i = 0; i < count && i < 4; i++)
        fprintf(file, "%s%s", i ? ", " : "", told[i]);
    if (count > 4 || difference->count > shown)
        fprintf(file, " and others");
    *ret_only = count == 1 && difference->count <= shown ? told[0] : NULL;
}

/* "PXE of x64-uefi (9, 16), arm64-uefi (11)", or the one kind that it is. */
static void kinds_print(const struct difference *difference, FILE *file)
{
    char text[CLIENT_TEXT_SIZE];
    unsigned count = 0, shown = 0;

    for (unsigned i = 0; i <= ARCH_COUNT; i++)
        count += difference->archs[i];
    if (count == 1) {
        fputs(client_kind_text(&difference->first->kind, text), file);
        return;
    }
    fprintf(file, "%s of architectures", netboot_stage_name(difference->first->kind.stage));
    for (unsigned i = 0; i < ARCH_COUNT && shown < 6; i++)
        if (difference->archs[i])
            fprintf(file, "%s %u (%s)", shown++ ? "," : "", i, netboot_platform_name(netboot_arch_find(i)->platform));
    if (count > shown)
        fprintf(file, " and others");
}

/* Where the first of its subjects is declared. */
static const struct statement *declared(struct fold *fold, const struct row *row)
{
    const char *text = subject(fold->scene, row);
    unsigned family = fold->scene->places[row->place].family;

    return text ? where_find(fold->where, family, text) : NULL;
}

static const char *load_text(const char *want)
{
    return want[0] == '\0' ? "nothing" : want + (want[0] == '!');
}

static int difference_print(struct checking *checking, const struct difference *difference, char **ret_text,
                            const char **ret_only)
{
    size_t size;
    FILE *file = open_memstream(ret_text, &size);

    if (!file)
        return -ENOMEM;
    subjects_print(checking->fold->scene, difference, file, ret_only);
    fputs(": ", file);
    kinds_print(difference, file);
    return fclose(file) == 0 ? 0 : -ENOMEM;
}

static int difference_tell(struct checking *checking, const struct difference *difference)
{
    const struct sort *sort = &sorts[difference->sort];
    char *text = NULL, why[1200];
    const char *only = NULL;
    int status = difference_print(checking, difference, &text, &only);
    const struct statement *at = declared(checking->fold, difference->first);

    snprintf(why, sizeof(why), "%sdhcpd gave %s, netboot gives %s: %s", difference->various ? "for example, " : "",
             load_text(difference->first->want), load_text(difference->got), sort->why);
    if (status == 0)
        findings_add(checking->fold->findings, &(struct finding){.severity = sort->severity,
                                                                 .file = at ? at->file : NULL,
                                                                 .line = at ? at->line : 0,
                                                                 .text = text,
                                                                 .why = why,
                                                                 .fix = sort->fix,
                                                                 .differs = ANSWER_BOOT,
                                                                 .whom = only});
    free(text);
    return status;
}

int check(struct fold *fold)
{
    struct checking checking = {.fold = fold};
    const struct scene *scene = fold->scene;
    int status = 0;

    for (size_t i = 0; status == 0 && i < scene->row_count; i++) {
        const struct row *row = &scene->rows[i];
        if (row->refused || row->variation >= 0 || (row->machine != NOBODY && scene->machines[row->machine].left_out))
            continue;
        const char *got = trial_want(fold->trial, fold->scene, row);
        if (!got)
            status = -ENOMEM;
        else if (!want_equal(row, got) && !strstr(row->want, "${")) /* that is told by the file */
            status = difference_add(&checking, row, got);
    }
    for (size_t i = 0; status == 0 && i < checking.count; i++)
        status = difference_tell(&checking, &checking.differences[i]);
    free(checking.differences);
    texts_free(&checking.keys);
    return status < 0 ? failure(fold->error, status, "the records cannot be tried out") : 0;
}
