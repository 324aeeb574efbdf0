/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What else answers depend on: options, hardware addresses and the like that expressions look at. Clients that say what
 * an expression compares with are tried where it is in effect; where dhcpd then gives something that netboot does not,
 * a person has to decide, since netboot looks at no such thing.
 */
#include "fold.h"

#include "common/base/failure.h"
#include "common/dhcp/codes.h"
#include "vary.h"
#include "json/record/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 8 /* that a global expression is tried in */

static const struct client_kind kinds[] = {
    {0,  NETBOOT_STAGE_PXE,  MANNER_USUAL},
    {7,  NETBOOT_STAGE_PXE,  MANNER_USUAL},
    {11, NETBOOT_STAGE_PXE,  MANNER_USUAL},
    {16, NETBOOT_STAGE_HTTP, MANNER_USUAL},
    {7,  NETBOOT_STAGE_IPXE, MANNER_USUAL},
};

/* ---- Where an expression is in effect --------------------------------------------------------------------------- */

/* What follows `kind` in a scope: "group of host web1" of "host " is "web1". */
static const char *scope_of(const char *scope, const char *kind)
{
    if (strncmp(scope, "group of ", 9) == 0)
        scope += 9;
    return strncmp(scope, kind, strlen(kind)) == 0 ? scope + strlen(kind) : NULL;
}

static bool in_scope(const struct scene_place *place, const char *scope)
{
    const char *subnet = scope_of(scope, "subnet "), *share = scope_of(scope, "shared-network ");

    if (!share)
        share = scope_of(scope, "pool of ");
    if (subnet)
        return strcmp(place->subnet, subnet) == 0;
    return share && strcmp(place->share, share) == 0;
}

static int add_rows(struct scene *scene, uint32_t place, int32_t machine, int16_t variation)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!arch_speaks(kinds[i].arch, scene->places[place].family))
            continue;
        for (int with = 0; with < 2; with++) {
            struct row *row = scene_add(scene, place, machine, kinds[i]);
            if (!row)
                return -ENOMEM;
            row->variation = with ? variation : -1;
        }
    }
    return 0;
}

static int add_for_host(struct scene *scene, const char *name, int16_t variation)
{
    unsigned family = scene->variations[variation].family;

    for (size_t i = 0; i < scene->machine_count; i++) {
        const struct machine *machine = &scene->machines[i];
        if (machine->family == family && machine->name && strcmp(machine->name, name) == 0 && machine->row_count > 0)
            return add_rows(scene, scene->rows[machine->row].place, (int32_t)i, variation);
    }
    return 0;
}

static int add_for(struct scene *scene, int16_t variation)
{
    const struct variation *tried = &scene->variations[variation];
    const char *scope = json_text(tried->expression, "scope"), *host = scope_of(scope, "host ");
    bool everywhere = strcmp(scope, "global") == 0 || strstr(scope, "class ");
    unsigned count = 0;
    int status = 0;

    if (host)
        return add_for_host(scene, host, variation);
    for (uint32_t i = 0; status == 0 && i < scene->place_count && count < PLACES_MAX; i++)
        if (scene->places[i].family == tried->family && (everywhere || in_scope(&scene->places[i], scope))) {
            status = add_rows(scene, i, NOBODY, variation);
            count++;
        }
    return status;
}

/* ---- What makes a difference ------------------------------------------------------------------------------------ */

static void tell(struct fold *fold, const struct variation *variation, const struct row *row, const char *usual)
{
    char why[1200], text[800];
    const char *scope = json_text(variation->expression, "scope");

    snprintf(text, sizeof(text), "%s: %s", scope, variation->text);
    snprintf(why, sizeof(why), "such a client is given %s, others %s: netboot does not look at this",
             row->want[0] ? row->want + (row->want[0] == '!') : "nothing",
             usual[0] ? usual + (usual[0] == '!') : "nothing");
    const struct statement *at = where_in(fold->where, variation->family, scope, variation->value);
    findings_add(fold->findings, &(struct finding){.severity = FINDING_PERSON,
                                                   .file = at ? at->file : NULL,
                                                   .line = at ? at->line : 0,
                                                   .text = text,
                                                   .why = why,
                                                   .fix = vary_closest(variation),
                                                   .differs = ANSWER_BOOT});
}

/* Clients that are neither PXE's nor HTTP's and are given nothing are no boot clients to netboot either. */
static bool is_other_vendor(const struct variation *variation)
{
    return variation->family == 0 && !variation->hardware && variation->option.code == DHCP4_VENDOR_CLASS;
}

/* Rows come in pairs: one as usual, one with the variation. Each variation is told once. */
static int compare(struct fold *fold, size_t first)
{
    const struct scene *scene = fold->scene;
    int16_t told = -1;

    for (size_t i = first; i + 1 < scene->row_count; i += 2) {
        const struct row *usual = &scene->rows[i], *row = usual + 1;
        if (row->variation == told || row->refused || (row->want[0] == '!' && usual->want[0] == '!'))
            continue;
        if (row->want[0] == '\0' && is_other_vendor(&scene->variations[row->variation]))
            continue;
        const char *got = trial_want(fold->trial, fold->scene, row);
        if (!got)
            return -ENOMEM;
        if (row->want == usual->want || want_equal(row->kind.stage, row->want, got))
            continue;
        tell(fold, &scene->variations[row->variation], row, usual->want);
        told = row->variation;
    }
    return 0;
}

/* What could not be tried. */
static int untried(struct fold *fold)
{
    const struct scene *scene = fold->scene;
    char text[800];

    for (unsigned family = 0; family < BOOT_FAMILIES; family++) {
        const cJSON *line;
        cJSON_ArrayForEach(line, scene->inventory[family])
        {
            const char *what = vary_untried(line);
            if (!what)
                continue;
            snprintf(text, sizeof(text), "%s: %s", json_text(line, "scope"), json_text(line, "kind"));
            const struct statement *at = where_in(fold->where, family, json_text(line, "scope"), NULL);
            findings_add(fold->findings, &(struct finding){.severity = FINDING_PERSON,
                                                           .file = at ? at->file : NULL,
                                                           .line = at ? at->line : 0,
                                                           .text = text,
                                                           .why = what,
                                                           .fix = "see what it gives to whom, and give these machines "
                                                                  "a target: netbootctl host set MAC --target NAME",
                                                           .differs = ANSWER_BOOT});
        }
    }
    return 0;
}

int depend(struct fold *fold)
{
    struct scene *scene = fold->scene;
    size_t first = scene->row_count;
    int status = vary(scene);

    for (size_t i = 0; status == 0 && i < scene->variation_count; i++)
        status = add_for(scene, (int16_t)i);
    if (status < 0)
        return failure(fold->error, status, "out of memory");
    status = scene_ask(scene, first);
    if (status == 0)
        status = compare(fold, first);
    return status == 0 ? untried(fold) : status;
}
