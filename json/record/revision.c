/* SPDX-License-Identifier: MPL-2.0 */
#include "json/record/revision.h"

#include "common/base/failure.h"

#include <errno.h>

int revision_begin(struct netboot_view *view, const struct netboot_record_key *key, struct revision *ret,
                   struct netboot_error *error)
{
    struct revision revision = {.key = *key};
    struct netboot_record record;
    int status = netboot_view_get(view, key, &record, error);

    if (status != 0 && status != -ENOENT)
        return status;
    if (status == 0 && !(revision.before = record_to_json(&record)))
        return failure_no_memory(error);
    cJSON_DeleteItemFromObjectCaseSensitive(revision.before, "changed"); /* the store sets it */
    revision.after = revision.before ? cJSON_Duplicate(revision.before, true) : cJSON_CreateObject();
    if (!revision.after) {
        revision_free(&revision);
        return failure_no_memory(error);
    }
    *ret = revision;
    return 0;
}

int revision_put(struct netboot_change *change, struct revision *revision, struct memory *memory,
                 struct netboot_error *error)
{
    enum netboot_record_kind kind = revision->key.kind;
    struct netboot_record record = {.kind = kind};
    int status = record_from_json(revision->after, &record, memory, error);

    if (status != 0)
        return status;
    cJSON *whole = record_to_json(&record);
    if (!whole)
        return failure_no_memory(error);
    cJSON_DeleteItemFromObjectCaseSensitive(whole, "changed");
    bool changed = !revision->before || !cJSON_Compare(revision->before, whole, true);
    if (changed)
        status = netboot_change_put(change, revision->before ? &revision->key : NULL, &record, error);
    if (status != 0) {
        cJSON_Delete(whole);
        return status;
    }
    netboot_record_text(&record, revision->text);
    cJSON_Delete(revision->after);
    revision->after = whole;
    revision->changed = changed;
    return 0;
}

void revision_free(struct revision *revision)
{
    cJSON_Delete(revision->before);
    cJSON_Delete(revision->after);
    revision->before = revision->after = NULL;
}
