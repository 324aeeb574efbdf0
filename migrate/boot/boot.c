/* SPDX-License-Identifier: MPL-2.0 */
#include "boot.h"

#include "common/base/failure.h"
#include "fold.h"
#include "json/record/json.h"

#include <errno.h>
#include <string.h>

static int fold_all(struct fold *fold)
{
    int status = scene_ask_places(fold->scene);

    if (status == 0)
        status = scene_ask_machines(fold->scene);
    if (status == 0)
        own_read(fold);
    if (status == 0)
        status = trial_open(fold->trial, fold->error);
    if (status == 0)
        status = fold_default(fold);
    if (status == 0)
        status = fold_machines(fold);
    if (status == 0)
        status = check(fold);
    return status == 0 ? depend(fold) : status;
}

static void count_records(const cJSON *records, struct findings *findings)
{
    static const char *const kinds[][2] = {
        {"site",   "sites"                 },
        {"loader", "loaders"               },
        {"target", "targets"               },
        {"host",   "hosts known to netboot"}
    };

    for (unsigned i = 0; i < 4; i++) {
        size_t count = 0;
        const cJSON *record;
        cJSON_ArrayForEach(record, records) count += strcmp(json_text(record, "type"), kinds[i][0]) == 0;
        findings_moved(findings, kinds[i][1], count);
    }
}

int migrate_boot(const struct boot_input *input, struct boot_result *ret, struct findings *findings,
                 struct netboot_error *error)
{
    struct scene scene = {.input = input, .error = error};
    struct trial trial = {.store = NULL};
    struct where where = {.count = 0};
    struct fold fold = {.scene = &scene, .trial = &trial, .where = &where, .findings = findings, .error = error};
    int status;

    fold.records = cJSON_CreateArray();
    status = fold.records ? scene_read(&scene) : failure_no_memory(error);
    if (status == 0 && where_read(&where, input) < 0)
        status = failure_no_memory(error);
    if (status == 0)
        status = fold_all(&fold);
    if (status == 0 && findings->no_memory)
        status = failure_no_memory(error);
    struct boot_result result = {.records = fold.records, .clients = scene.row_count};
    for (unsigned i = 0; i < BOOT_FAMILIES && status == 0; i++)
        if (scene.inventory[i] && !(result.own[i] = own_to_json(&fold, i)))
            status = failure_no_memory(error);
    if (status == 0) {
        count_records(fold.records, findings);
        for (unsigned i = 0; i < BOOT_FAMILIES; i++) {
            result.inventory[i] = scene.inventory[i];
            scene.inventory[i] = NULL;
        }
        *ret = result;
    } else {
        for (unsigned i = 0; i < BOOT_FAMILIES; i++)
            cJSON_Delete(result.own[i]);
        cJSON_Delete(fold.records);
    }
    trial_close(&trial);
    where_free(&where);
    fold_free(&fold);
    scene_free(&scene);
    return status;
}

void boot_result_free(struct boot_result *result)
{
    cJSON_Delete(result->records);
    for (int i = 0; i < BOOT_FAMILIES; i++)
        cJSON_Delete(result->inventory[i]);
    for (int i = 0; i < BOOT_FAMILIES; i++)
        cJSON_Delete(result->own[i]);
    *result = (struct boot_result){.clients = 0};
}
