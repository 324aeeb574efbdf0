/* SPDX-License-Identifier: MPL-2.0 */
/* The files that a script names, as this machine would ask for them. */
#include "chain.h"

#include "bootfile/bootfile.h"
#include "bootfile/ipxe.h"
#include "bootfile/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8
#define VALUE_SIZE (NETBOOT_ID_TEXT_SIZE + 8)

/* ---- Settings that are known before it runs --------------------------------------------------------------------- */

struct settings {
    const struct journey *journey;
    const struct location *script;
    char value[LOCATION_SIZE];
};

static const char *mac_value(const struct netboot_client *client, const char *between, char *value)
{
    const uint8_t *m = client->mac;

    if (!client->has_mac)
        return NULL;
    snprintf(value, VALUE_SIZE, "%02x%s%02x%s%02x%s%02x%s%02x%s%02x", m[0], between, m[1], between, m[2], between, m[3],
             between, m[4], between, m[5]);
    return value;
}

static const char *uuid_value(const struct netboot_client *client, char *value)
{
    struct netboot_id id = {.type = NETBOOT_ID_UUID, .size = NETBOOT_UUID_SIZE};

    if (!client->has_uuid)
        return NULL;
    memcpy(id.value, client->uuid, sizeof(client->uuid));
    return netboot_id_text(&id, value);
}

static const char *next_server_value(const struct netboot_decision *decision, char *value)
{
    const uint8_t *a = decision->next_server;

    if (!decision->has_next_server)
        return NULL;
    snprintf(value, VALUE_SIZE, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
    return value;
}

/* One half of "efi-x86_64", if all builds of iPXE for that platform have the same. */
static const char *build_value(uint16_t platform, bool second, char *value)
{
    char found[VALUE_SIZE] = "", half[VALUE_SIZE];

    for (const struct ipxe_platform *row = ipxe_platforms; row->name; row++) {
        const char *hyphen = strchr(row->name, '-');
        if (row->platform != platform || !hyphen)
            continue;
        snprintf(half, sizeof(half), "%.*s", second ? (int)strlen(hyphen + 1) : (int)(hyphen - row->name),
                 second ? hyphen + 1 : row->name);
        if (found[0] && strcmp(found, half) != 0)
            return NULL;
        snprintf(found, sizeof(found), "%s", half);
    }
    snprintf(value, VALUE_SIZE, "%s", found);
    return found[0] ? value : NULL;
}

static const char *setting_value(const char *name, void *user)
{
    struct settings *settings = user;
    const struct journey *journey = settings->journey;
    char *value = settings->value;

    if (strncmp(name, "netX/", 5) == 0)
        name += 5;
    if (strcmp(name, "mac") == 0)
        return mac_value(&journey->client, ":", value);
    if (strcmp(name, "mac:hexhyp") == 0)
        return mac_value(&journey->client, "-", value);
    if (strcmp(name, "mac:hexraw") == 0)
        return mac_value(&journey->client, "", value);
    if (strcmp(name, "uuid") == 0)
        return uuid_value(&journey->client, value);
    if (strcmp(name, "next-server") == 0)
        return next_server_value(&journey->decision, value);
    if (strcmp(name, "platform") == 0 || strcmp(name, "buildarch") == 0)
        return build_value(journey->platform, name[0] == 'b', value);
    if (strcmp(name, "netboot-platform") == 0) /* as netbootctl menu sets it */
        return netboot_platform_name(journey->platform);
    return strcmp(name, "filename") == 0 ? journey->decision.boot_file : NULL;
}

/* ---- One file --------------------------------------------------------------------------------------------------- */

/* Where it is, or why that is not known. */
static bool file_locate(const struct journey *journey, const struct step *script, const char *file, struct step *step)
{
    struct settings settings = {.journey = journey, .script = &script->location};
    char expanded[NETBOOT_FILE_SIZE], unknown[SCRIPT_SETTING_SIZE];
    const char *fetched = script_fetched_path(file);
    const struct netboot_site *site = journey_site(journey);
    int status = script_expand(fetched ? fetched : file, setting_value, &settings, expanded, unknown);

    if (status == 0)
        status = fetched ? location_below(&script->location, site, expanded, &step->location)
                         : location_resolve(&script->location, site, expanded, &step->location);
    if (status == 0)
        return true;
    step->state = STEP_UNKNOWN;
    step->size = -1;
    if (status == -ENOENT)
        snprintf(step->problem, sizeof(step->problem), "${%s} is known only when the script runs", unknown);
    else
        snprintf(step->problem, sizeof(step->problem), "is neither a URL nor a path");
    return false;
}

static bool file_step(struct journey *journey, const struct step *script, const struct script_file *file,
                      unsigned depth)
{
    struct step step = {.what = file->command,
                        .script = script->location.url,
                        .line = file->line,
                        .depth = depth + 1,
                        .file = file->file};

    if (file_locate(journey, script, file->file, &step))
        step_check(journey, &step, file->optional);
    if (!step_add(journey, &step))
        return false;
    return step.state != STEP_THERE || !bootfile_is_script(step.location.url) ||
           script_steps(journey, &step, depth + 1);
}

/* ---- All of a script -------------------------------------------------------------------------------------------- */

bool script_steps(struct journey *journey, const struct step *script, unsigned depth)
{
    struct script reader;
    struct script_file file;
    bool done = true;

    if (depth >= DEPTH_MAX || cJSON_GetObjectItemCaseSensitive(journey->seen, script->location.url))
        return true;
    if (!cJSON_AddTrueToObject(journey->seen, script->location.url))
        return false;
    char *text = step_content(journey, script);
    if (!text)
        return true;
    script_begin(&reader, text);
    while (done && script_next(&reader, &file))
        done = file_step(journey, script, &file, depth);
    free(text);
    return done;
}
