/* SPDX-License-Identifier: MPL-2.0 */
/* The proof of the fold: netboot decides for every client that dhcpd was asked about, and both are compared. */
#include "cases.h"
#include "fold.h"

#include "common/base/failure.h"

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

enum sort_index {
    UNUSABLE,
    LOOP,
    ORDINARY,
    MADE,
    NO_ARCH,
    MANNER,
    SIBLING,
    MORE,
    OVER_HTTP,
    NO_ID,
    NO_SERVER,
    REFUSED,
    REST,
    /* The file is the same: */
    SERVER_ADDED,
    SERVER_GONE,
    SERVER,
    HTTP_CLASS,
    CLASS,
    PARAMETERS,
    SORT_COUNT
};

/* clang-format off */
static const struct sort sorts[SORT_COUNT] = {
    [UNUSABLE] = {FINDING_CHANGED, "such a client cannot load what it was given", NULL},
    [LOOP] = {FINDING_CHANGED,
              "iPXE was given its own loader again, which is an endless loop unless the binary has a script of its own",
              "netbootctl target set default --script URL, if iPXE is to go on from there"},
    [ORDINARY] = {FINDING_PERSON, "Kea has no boot fields in pools, and a reservation cannot take those of its subnet away",
                  "a client class with boot-file-name in Kea's configuration, if such a machine needs it"},
    [MADE] = {FINDING_CHANGED, "Kea has no boot file that is another for each machine, and such a machine loads none", NULL},
    [NO_ARCH] = {FINDING_CHANGED, "netboot serves no file to a client that does not tell its architecture", NULL},
    [MANNER] = {FINDING_CHANGED, "netboot knows iPXE in every form in which it shows itself", NULL},
    [SIBLING] = {FINDING_CHANGED, "netboot serves all architecture codes of a platform alike", NULL},
    [MORE] = {FINDING_CHANGED, "where others boot, a kind of client that was given nothing is served as it is elsewhere", NULL},
    [OVER_HTTP] = {FINDING_PERSON, "iPXE goes to the site's HTTP server for a path", "put the file there as well"},
    [NO_ID] = {FINDING_CHANGED, "netboot does not know the machine, as is said of the host: it gets what all others get", NULL},
    [NO_SERVER] = {FINDING_CHANGED, "the site has no TFTP server yet, as is said of the subnet", NULL},
    [REFUSED] = {FINDING_CHANGED, "no record can hold this, as is said of the file", NULL},
    [REST] = {FINDING_PERSON, "netboot's records cannot tell it apart as the configuration did",
              "decide what such a client is to get: netbootctl host set --target, or target set"},
    [SERVER_ADDED] = {FINDING_CHANGED, "the next server is told beside the file, since scripts of iPXE ask for it", NULL},
    [SERVER_GONE] = {FINDING_CHANGED, "a client that is given no file is told no next server", NULL},
    [SERVER] = {FINDING_PERSON, "the file is the same, but not the next server that scripts of iPXE may ask for",
                "see that no script goes by ${next-server}, or give the target a tftp:// URL with that server"},
    [HTTP_CLASS] = {FINDING_CHANGED, "UEFI ignores an offer for HTTP boot without it", NULL},
    [CLASS] = {FINDING_CHANGED, "no firmware that boots by PXE, nor iPXE, needs it of the server", NULL},
    [PARAMETERS] = {FINDING_CHANGED, "boot file parameters are told with the server's own boot file only", NULL},
};
/* clang-format on */

/* Rows that differ alike: of REST those with the same want and answer, of the others all of a stage. */
struct checked_difference {
    enum sort_index sort;
    const struct row *first; /* an example of it */
    enum meaning field;
    const char *old, *got;
    struct cases cases;
    bool various; /* not all want and get the same */
    bool archs[ARCH_COUNT + 1];
    size_t count;
    const struct row *rows[SUBJECTS_TOLD];
};

struct checking {
    struct fold *fold;
    struct texts keys; /* the number of a difference is its place below, counted from 1 */
    struct checked_difference *differences;
    size_t count;
};

/* What a client is told now, and was told. */
struct checked_answer {
    const struct row *row;
    struct told told;
    bool differs[MEANING_COUNT];
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

/* Why the file is another. The first that fits. */
static enum sort_index sort_of(const struct fold *fold, const struct checked_answer *answer)
{
    const struct row *row = answer->row;
    struct netboot_error error;

    if (row->kind.stage == NETBOOT_STAGE_NONE)
        return fold->scene->places[row->place].makes ? MADE : ORDINARY;
    if (row->want[0] == '!')
        return UNUSABLE;
    if (row->machine != NOBODY && fold->scene->machines[row->machine].left_out)
        return NO_ID;
    if (row->want[0] && netboot_file_check(row->want, &error) != 0)
        return REFUSED;
    if (answer->told.lacks_server)
        return NO_SERVER;
    if (is_loop(row) && answer->told.texts[MEANING_FILE][0] == '\0')
        return LOOP;
    if (row->kind.manner != MANNER_USUAL)
        return MANNER;
    if (row->kind.arch == NETBOOT_ARCH_NONE)
        return NO_ARCH;
    if (is_loop(row))
        return LOOP;
    if (!is_canonical(fold->scene, &row->kind))
        return SIBLING;
    if (row->kind.stage == NETBOOT_STAGE_IPXE && is_same_path(row->want, answer->told.texts[MEANING_FILE]))
        return OVER_HTTP;
    return row->want[0] == '\0' && is_served(fold->scene, row) ? MORE : REST;
}

static const char *old_of(const struct row *row, enum meaning field)
{
    return field == MEANING_FILE ? row->want : row->told[field];
}

/* Of a field that is told beside the file. */
static enum sort_index sort_of_rest(const struct checked_answer *answer, enum meaning field)
{
    if (field == MEANING_PARAMETERS)
        return PARAMETERS;
    if (field == MEANING_VENDOR_CLASS)
        return strcmp(answer->told.texts[field], "HTTPClient") == 0 ? HTTP_CLASS : CLASS;
    if (old_of(answer->row, field)[0] == '\0')
        return SERVER_ADDED;
    return answer->told.texts[field][0] == '\0' && answer->told.texts[MEANING_FILE][0] == '\0' ? SERVER_GONE : SERVER;
}

/* ---- Collecting ------------------------------------------------------------------------------------------------- */

static int difference_find(struct checking *checking, enum sort_index sort, const struct checked_answer *answer,
                           enum meaning field, struct checked_difference **ret)
{
    struct texts *texts = &checking->fold->scene->texts;
    bool each = (sort == REST || sort == SERVER) && checking->count < DIFFERENCES_MAX;
    const char *old = old_of(answer->row, field), *got = answer->told.texts[field];
    const char *key = texts_format(texts, "%d %d %p %p", sort, sort == HTTP_CLASS ? 0 : (int)answer->row->kind.stage,
                                   each ? (const void *)old : NULL, each ? (const void *)got : NULL);
    long *number = key ? texts_number(&checking->keys, key) : NULL;

    if (!number)
        return -ENOMEM;
    if (*number == 0) {
        struct checked_difference *larger =
            realloc(checking->differences, (checking->count + 1) * sizeof(*checking->differences));
        if (!larger)
            return -ENOMEM;
        checking->differences = larger;
        larger[checking->count] = (struct checked_difference){
            .sort = sort, .first = answer->row, .field = field, .old = old, .got = got, .cases = {.texts = texts}};
        *number = (long)++checking->count;
    }
    *ret = &checking->differences[*number - 1];
    return 0;
}

/* The proof asks as nobody whose host has no name. */
static int case_add(struct checking *checking, struct checked_difference *difference,
                    const struct checked_answer *answer, enum meaning field)
{
    const struct scene *scene = checking->fold->scene;
    const struct row *row = answer->row;
    const struct machine *machine = row->machine == NOBODY ? NULL : &scene->machines[row->machine];
    struct client_sample sample;
    struct boot_case added = {.family = scene->places[row->place].family,
                              .host = machine ? machine->name : NULL,
                              .subnet = scene->places[row->place].subnet,
                              .kind = row->kind,
                              .field = field,
                              .old = old_of(row, field),
                              .new = answer->told.texts[field]};

    if (machine && !machine->name)
        return 0;
    row_sample(scene, row, &sample);
    return cases_add(&difference->cases, &added, sample.mac);
}

static int difference_add(struct checking *checking, const struct checked_answer *answer, enum sort_index sort,
                          enum meaning field)
{
    const struct row *row = answer->row;
    struct checked_difference *difference;
    int status = difference_find(checking, sort, answer, field, &difference);

    if (status == 0)
        status = case_add(checking, difference, answer, field);
    if (status < 0)
        return status;
    if (field != difference->field) /* what goes with another file is not told beside it */
        return 0;
    difference->various |= old_of(row, field) != difference->old || answer->told.texts[field] != difference->got;
    difference->archs[row->kind.arch < ARCH_COUNT ? row->kind.arch : ARCH_COUNT] = true;
    if (difference->count < SUBJECTS_TOLD)
        difference->rows[difference->count] = row;
    difference->count++;
    return 0;
}

static int answer_add(struct checking *checking, const struct checked_answer *answer)
{
    int status = 0;

    for (enum meaning field = 0; status == 0 && field < MEANING_COUNT; field++) {
        bool beside = answer->differs[MEANING_FILE] && field == MEANING_SERVER;
        enum sort_index sort =
            field == MEANING_FILE || beside ? sort_of(checking->fold, answer) : sort_of_rest(answer, field);
        if (answer->differs[field])
            status = difference_add(checking, answer, sort, field);
    }
    return status;
}

/* What is not netboot's, and what only Kea can tell, is taken for the same. */
static int answer_make(struct fold *fold, const struct row *row, struct checked_answer *ret)
{
    struct scene *scene = fold->scene;
    unsigned family = scene->places[row->place].family;
    struct reply own = own_reply(scene, row);
    int status = trial_told(fold->trial, scene, row, &own, &ret->told);

    ret->row = row;
    for (enum meaning field = 0; status == 0 && field < MEANING_COUNT; field++)
        ret->differs[field] = field == MEANING_FILE ? !want_equal(row->kind.stage, row->want, ret->told.texts[field])
                                                    : row->told[field] != ret->told.texts[field] &&
                                                          !(ret->told.own[field] && fold->classes[family][field]);
    return status;
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
static void subjects_print(struct scene *scene, const struct checked_difference *difference, FILE *file,
                           const char **ret_only)
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
static void kinds_print(const struct checked_difference *difference, FILE *file)
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

static int difference_print(struct checking *checking, const struct checked_difference *difference, char **ret_text,
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

static int difference_tell(struct checking *checking, struct checked_difference *difference)
{
    static const char *const fields[] = {[MEANING_FILE] = "",
                                         [MEANING_SERVER] = "next server ",
                                         [MEANING_VENDOR_CLASS] = "vendor class ",
                                         [MEANING_PARAMETERS] = "parameters "};
    const struct sort *sort = &sorts[difference->sort];
    char *text = NULL, why[1200];
    const char *only = NULL, *field = fields[difference->field];
    cJSON *cases = cases_to_json(&difference->cases);
    int status = cases ? difference_print(checking, difference, &text, &only) : -ENOMEM;
    const struct statement *at = declared(checking->fold, difference->first);

    snprintf(why, sizeof(why), "%sdhcpd gave %s%s, netboot gives %s%s: %s", difference->various ? "for example, " : "",
             field, load_text(difference->old), field, load_text(difference->got), sort->why);
    if (status == 0)
        findings_add(checking->fold->findings, &(struct finding){.severity = sort->severity,
                                                                 .file = at ? at->file : NULL,
                                                                 .line = at ? at->line : 0,
                                                                 .text = text,
                                                                 .why = why,
                                                                 .fix = sort->fix,
                                                                 .differs = ANSWER_BOOT,
                                                                 .cases = cases,
                                                                 .whom = only});
    cJSON_Delete(cases);
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
        struct checked_answer answer;
        bool nameless = row->machine != NOBODY && !scene->machines[row->machine].name;
        if (row->refused || row->variation >= 0 || (nameless && row->reply)) /* that is a class of Kea's */
            continue;
        status = answer_make(fold, row, &answer);
        if (status == 0)
            status = answer_add(&checking, &answer);
    }
    for (size_t i = 0; status == 0 && i < checking.count; i++)
        status = difference_tell(&checking, &checking.differences[i]);
    for (size_t i = 0; i < checking.count; i++)
        cases_free(&checking.differences[i].cases);
    free(checking.differences);
    texts_free(&checking.keys);
    return status < 0 ? failure(fold->error, status, "the records cannot be tried out") : 0;
}
