/* SPDX-License-Identifier: MPL-2.0 */
#include "trial.h"

#include "common/base/failure.h"
#include "json/record/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_MS 10000
#define UNKNOWN_SERVER "255.255.255.254" /* of a site without one, so that the file can be seen */

int trial_open(struct trial *trial, struct netboot_error *error)
{
    const char *parent = getenv("TMPDIR");
    struct netboot_store_options options = {.size = sizeof(options), .readers = 2};

    memset(trial, 0, sizeof(*trial));
    snprintf(trial->directory, sizeof(trial->directory), "%s/netboot-migrate-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(trial->directory)) {
        int code = -errno;
        trial->directory[0] = '\0';
        return failure(error, code, "no temporary directory: %s", strerror(-code));
    }
    int status = netboot_store_create(trial->directory, error);
    return status < 0 ? status : netboot_store_open(trial->directory, &options, &trial->store, error);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

void trial_close(struct trial *trial)
{
    netboot_store_close(trial->store);
    if (trial->directory[0])
        nftw(trial->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    memset(trial, 0, sizeof(*trial));
}

static int record_put(struct netboot_change *change, const cJSON *object, struct arena *memory,
                      struct netboot_error *error)
{
    cJSON *copy = cJSON_Duplicate(object, true);
    struct netboot_record record = {.kind = NETBOOT_RECORD_HOST};
    struct netboot_record_key key;

    if (!copy)
        return failure_no_memory(error);
    record.kind = (enum netboot_record_kind)netboot_record_kind_find(json_text(copy, "type"));
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "type");
    if (record.kind == NETBOOT_RECORD_SITE && !json_text(copy, "tftp4"))
        cJSON_AddStringToObject(copy, "tftp4", UNKNOWN_SERVER);
    int status = record_from_json(copy, &record, memory, error);
    if (status == 0)
        status = netboot_record_key_of(&record, &key);
    if (status == 0)
        status = netboot_change_put(change, record.kind == NETBOOT_RECORD_HOST ? NULL : &key, &record, error);
    cJSON_Delete(copy);
    arena_reset(memory);
    return status;
}

int trial_put(struct trial *trial, const cJSON *first, struct netboot_error *error)
{
    struct netboot_change *change;
    struct arena memory = {NULL};
    int status = netboot_change_open(trial->store, DEADLINE_MS, &change, error);

    if (status < 0)
        return status;
    for (const cJSON *record = first; record && status == 0; record = record->next)
        status = record_put(change, record, &memory, error);
    arena_free(&memory);
    if (status == 0)
        return netboot_change_commit(change, error);
    netboot_change_abort(change);
    return status;
}

const char *trial_want(struct trial *trial, struct scene *scene, const struct row *row)
{
    struct client_sample sample;
    struct netboot_query query;
    struct netboot_result result;
    uint8_t options[CLIENT_OPTIONS_SIZE];

    row_sample(scene, row, &sample);
    size_t size = client_options(&sample, options);
    client_query(&sample, options, size, row->address, &query);
    if (netboot_serve(trial->store, &query, &result) < 0)
        return NULL;
    const char *want = want_of_decision(&scene->texts, &result.decision, sample.family, row->kind.stage);
    if (!want || strncmp(want, "tftp://" UNKNOWN_SERVER "/", strlen("tftp://" UNKNOWN_SERVER "/")) != 0)
        return want;
    want = texts_format(&scene->texts, "tftp:///%s", want + strlen("tftp://" UNKNOWN_SERVER "/"));
    return want == row->want ? want : texts_keep(&scene->texts, "");
}

/* ---- All that a client is told ---------------------------------------------------------------------------------- */

/* As netboot_serve() has it, but in a site as it is: without the made-up server. */
static int decide(struct trial *trial, const struct netboot_query *query, struct netboot_result *ret, bool *ret_unknown)
{
    struct netboot_policy policy;
    struct netboot_site site;
    struct netboot_view *view;
    uint8_t unknown[4];
    int status = netboot_view_open(trial->store, &view, NULL);

    if (status < 0)
        return status;
    netboot_client_parse(query, &ret->client);
    status = netboot_view_policy(view, &ret->client, &policy, NULL);
    inet_pton(AF_INET, UNKNOWN_SERVER, unknown);
    *ret_unknown =
        status == 0 && policy.site && policy.site->tftp4.size == 4 && memcmp(policy.site->tftp4.data, unknown, 4) == 0;
    if (*ret_unknown) {
        site = *policy.site;
        site.tftp4.size = 0;
        policy.site = &site;
    }
    if (status == 0) {
        netboot_decide(query, &ret->client, &policy, &ret->decision);
        netboot_answer_encode(&ret->client, &ret->decision, &ret->answer);
    }
    netboot_view_close(view);
    return status;
}

int trial_told(struct trial *trial, struct scene *scene, const struct row *row, const struct reply *own,
               struct told *ret)
{
    struct client_sample sample;
    struct netboot_query query;
    struct netboot_result result;
    struct reply_room room;
    struct boot_fields before, fields;
    uint8_t options[CLIENT_OPTIONS_SIZE];
    char text[FIELD_TEXT_SIZE], old[FIELD_TEXT_SIZE];

    row_sample(scene, row, &sample);
    size_t size = client_options(&sample, options);
    client_query(&sample, options, size, row->address, &query);
    reply_fields(own, scene->places[row->place].family, &room, &before);
    query.reply_has_boot_file = fields_have_boot_file(&before);
    query.existing_boot_file = NETBOOT_EXISTING_REMOVE;
    int status = decide(trial, &query, &result, &ret->lacks_server);
    if (status < 0)
        return status;
    ret->lacks_server &= result.decision.outcome == NETBOOT_NO_BOOT_FILE;
    fields = before;
    fields_edit(&fields, &result.answer);
    for (enum meaning meaning = 0; meaning < MEANING_COUNT; meaning++) {
        ret->own[meaning] = strcmp(fields_meaning(&fields, meaning, text), fields_meaning(&before, meaning, old)) == 0;
        ret->texts[meaning] = meaning == MEANING_FILE
                                  ? want_of_fields(&scene->texts, &fields, row->kind.stage)
                                  : texts_keep(&scene->texts, fields_meaning(&fields, meaning, text));
        if (!ret->texts[meaning])
            return -ENOMEM;
    }
    return 0;
}
