/* SPDX-License-Identifier: MPL-2.0 */
#include "migrate/trial.h"

#include "common/options.h"
#include "error.h"
#include "table.h"

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
    struct netboot_store_options options = {.readers = 2};

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

static int record_put(struct netboot_change *change, const cJSON *object, struct memory *memory,
                      struct netboot_error *error)
{
    cJSON *copy = cJSON_Duplicate(object, true);
    struct record record = {.table = TABLE_HOST};
    struct key key;

    if (!copy)
        return failure_no_memory(error);
    record.table = (enum table)table_find(json_text(copy, "type"));
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "type");
    if (record.table == TABLE_SITE && !json_text(copy, "tftp4"))
        cJSON_AddStringToObject(copy, "tftp4", UNKNOWN_SERVER);
    int status = record_from_json(copy, &record, memory, error);
    if (status == 0)
        status = key_of(record.table, &record.site, memory, &key);
    if (status == 0)
        status = table_put(change, record.table == TABLE_HOST ? NULL : &key, &record, error);
    cJSON_Delete(copy);
    memory_reset(memory);
    return status;
}

int trial_put(struct trial *trial, const cJSON *first, struct netboot_error *error)
{
    struct netboot_change *change;
    struct memory memory = {NULL};
    int status = netboot_change_open(trial->store, DEADLINE_MS, &change, error);

    if (status < 0)
        return status;
    for (const cJSON *record = first; record && status == 0; record = record->next)
        status = record_put(change, record, &memory, error);
    memory_free(&memory);
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

/* The made-up server is not told; a file that is there alone is not given, as the site of a store has no server. */
static void unknown_remove(const struct place *place, enum netboot_stage stage, const struct boot_fields *own,
                           struct netboot_result *result, struct boot_fields *fields, bool *ret_lacks_server)
{
    static const uint32_t servers[] = {NETBOOT_FIELD_SIADDR, NETBOOT_FIELD_SNAME, DHCP4_TFTP_SERVER_NAME};
    struct netboot_decision *decision = &result->decision;

    *ret_lacks_server = stage == NETBOOT_STAGE_PXE || strstr(decision->boot_file, UNKNOWN_SERVER);
    if (!*ret_lacks_server) {
        for (unsigned i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
            *fields_find(fields, servers[i]) = *fields_find((struct boot_fields *)own, servers[i]);
        return;
    }
    *fields = *own;
    decision->outcome = NETBOOT_NO_BOOT_FILE;
    decision->own_file_goes = place->http != NULL && fields_have_boot_file(own);
    netboot_answer_encode(&result->client, decision, &result->answer);
    fields_edit(fields, &result->answer);
}

/* netboot takes nothing away where the site has no server yet; the one here has the made-up one. */
static bool is_without_servers(const struct place *place, const struct netboot_decision *decision)
{
    struct in_addr address;

    return place->family == 0 && !place->http && inet_pton(AF_INET, place->tftp, &address) != 1 &&
           decision_lacks_server(decision);
}

static bool has_unknown_server(const struct netboot_decision *decision)
{
    char text[NETBOOT_ADDRESS_SIZE * 4];
    const uint8_t *address = decision->next_server;

    snprintf(text, sizeof(text), "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
    return decision->outcome == NETBOOT_ANSWERED && decision->has_next_server && strcmp(text, UNKNOWN_SERVER) == 0;
}

int trial_told(struct trial *trial, struct scene *scene, const struct row *row, const struct reply *own,
               struct told *ret)
{
    const struct place *place = &scene->places[row->place];
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
    reply_fields(own, place->family, &room, &before);
    query.reply_has_boot_file = fields_have_boot_file(&before);
    query.replace_boot_file = query.remove_boot_file = true;
    int status = netboot_serve(trial->store, &query, &result);
    if (status < 0)
        return status;
    fields = before;
    if (!(result.decision.own_file_goes && is_without_servers(place, &result.decision)))
        fields_edit(&fields, &result.answer);
    ret->lacks_server = false;
    if (has_unknown_server(&result.decision))
        unknown_remove(place, row->kind.stage, &before, &result, &fields, &ret->lacks_server);
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
