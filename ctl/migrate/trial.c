/* SPDX-License-Identifier: MPL-2.0 */
#include "migrate/trial.h"

#include "error.h"
#include "table.h"

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

/* Paths of iPXE's URLs begin at the server's root either way. */
bool want_equal(const struct row *row, const char *got)
{
    const char *want = row->want;
    size_t server;

    if (want == got)
        return true;
    if (row->kind.stage != NETBOOT_STAGE_IPXE || strncmp(want, "tftp://", 7) != 0)
        return false;
    server = 7 + strcspn(want + 7, "/");
    return strncmp(want, got, server) == 0 &&
           strcmp(want + server + strspn(want + server, "/"), got + server + strspn(got + server, "/")) == 0;
}
