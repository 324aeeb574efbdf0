/* SPDX-License-Identifier: MPL-2.0 */
#include "fold.h"

#include "common/base/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fold_free(struct fold *fold)
{
    texts_free(&fold->names);
    texts_free(&fold->targets);
    free(fold->target_names);
}

/* ---- What all get ----------------------------------------------------------------------------------------------- */

/* Each file is told of once. */
static void file_refuse(struct fold *fold, const char *what, const char *file, const struct netboot_error *error)
{
    const char *key = texts_format(&fold->scene->texts, "refused %s", file);
    long *told = key ? texts_number(&fold->names, key) : NULL;

    if (!told || (*told)++ > 0)
        return;
    findings_add(fold->findings,
                 &(struct finding){.severity = FINDING_PERSON,
                                   .text = what,
                                   .why = error->text,
                                   .fix = strstr(file, "${") ? "serve a script with \"#!ipxe\" and \"chain \" and that "
                                                               "URL in it, and name that: netbootctl target set NAME "
                                                               "--script URL"
                                                             : "rename the file, and name it in netboot.jsonl",
                                   .differs = ANSWER_BOOT});
}

static void file_check(struct fold *fold, const char *what, const char **file)
{
    struct netboot_error error;

    if (!*file || netboot_file_check(*file, &error) == 0)
        return;
    if (what)
        file_refuse(fold, what, *file, &error);
    *file = NULL;
}

void spec_check(struct fold *fold, const char *what, struct spec *spec)
{
    file_check(fold, what, &spec->script);
    for (unsigned i = 0; i < ARCH_COUNT; i++) {
        file_check(fold, what, &spec->files[i]);
        file_check(fold, what, &spec->loaders[i]);
    }
}

static int loaders_add(struct fold *fold)
{
    for (unsigned i = 0; i < ARCH_COUNT; i++) {
        if (!fold->all.loaders[i])
            continue;
        cJSON *record = record_add(fold, "loader", NULL);
        if (!record || !cJSON_AddStringToObject(record, "platform", netboot_platform_name(i)) ||
            !cJSON_AddStringToObject(record, "file", fold->all.loaders[i]))
            return -ENOMEM;
    }
    return 0;
}

static bool all_is_empty(const struct spec *spec)
{
    bool any = spec->script != NULL;

    for (unsigned i = 0; i < ARCH_COUNT; i++)
        any |= spec->files[i] || spec->loaders[i];
    return !any;
}

static int default_add(struct fold *fold)
{
    cJSON *record;

    if (all_is_empty(&fold->all) && !own_is_too_much(fold))
        return 0;
    record = record_add(fold, "target", name_make(fold, "target", NETBOOT_NAME_DEFAULT));
    if (!record || !cJSON_AddStringToObject(record, "kind", "boot") ||
        (fold->all.script && !cJSON_AddStringToObject(record, "script", fold->all.script)))
        return -ENOMEM;
    return files_add(record, "files", fold->all.files);
}

static int views_default(struct fold *fold, struct view *views)
{
    struct scene *scene = fold->scene;
    size_t rows = 0, count;
    int status = 0;

    while (rows < scene->row_count && scene->rows[rows].machine == NOBODY)
        rows++;
    count = views_read(scene, 0, rows, views, scene->place_count);
    for (size_t i = 0; status >= 0 && i < count; i++)
        status = view_template(scene, &views[i], nobodys_mac);
    return status < 0 ? status : (int)count;
}

/* Whether clients without a host entry are given anything anywhere. */
static bool find_serving(struct scene *scene)
{
    bool any = false;

    for (size_t i = 0; i < scene->row_count && scene->rows[i].machine == NOBODY; i++) {
        const struct row *row = &scene->rows[i];
        if (row->kind.stage == NETBOOT_STAGE_NONE || row->want[0] == '\0' || row->want[0] == '!')
            continue;
        scene->places[row->place].serves = any = true;
    }
    return any;
}

/* Where only hosts boot, the servers are theirs. Where others boot elsewhere, a place that gives them nothing is left
 * without servers, so that it goes on to give them nothing. */
static int learn_from_machines(struct fold *fold)
{
    struct scene *scene = fold->scene;
    size_t room = 0, count = 0;
    struct view *views = NULL;

    for (size_t i = 0; i < scene->machine_count; i++) {
        const struct machine *machine = &scene->machines[i];
        if (machine->row_count == 0)
            continue;
        if (count + 8 > room) {
            struct view *larger = realloc(views, (room = 2 * room + 64) * sizeof(*views));
            if (!larger) {
                free(views);
                return -ENOMEM;
            }
            views = larger;
        }
        count += views_read(scene, machine->row, machine->row_count, views + count, 8);
    }
    int status = places_learn(scene, views, count);
    free(views);
    return status;
}

int fold_default(struct fold *fold)
{
    struct view *views = calloc(fold->scene->place_count + 1, sizeof(*views));
    const cJSON *first = NULL;
    int count = views ? views_default(fold, views) : -ENOMEM;
    int status = count < 0 ? count : places_learn(fold->scene, views, (size_t)count);

    if (status == 0 && !find_serving(fold->scene))
        status = learn_from_machines(fold);
    if (status == 0)
        status = spec_default(fold->scene, views, (size_t)count, &fold->all);
    free(views);
    if (status == 0) {
        spec_check(fold, "machines without a host entry", &fold->all);
        status = fold_sites(fold);
    }
    if (status == 0)
        status = loaders_add(fold);
    if (status == 0)
        status = default_add(fold);
    if (status < 0)
        return failure(fold->error, status, "out of memory");
    first = fold->records->child;
    return trial_put(fold->trial, first, fold->error);
}
