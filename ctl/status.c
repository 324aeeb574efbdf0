/* SPDX-License-Identifier: MPL-2.0 */
#include "status.h"

#include "boot_once.h"
#include "command.h"
#include "output.h"

#include <errno.h>

/* "36864 octets (36 KiB)" in place of the bare number. */
static bool size_for_people(cJSON *object, const char *key)
{
    static const char *const units[] = {"octets", "KiB", "MiB", "GiB", "TiB"};
    double octets = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, key)), shown = octets;
    size_t unit = 0;
    char text[64];

    while (shown >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        shown /= 1024;
        unit++;
    }
    snprintf(text, sizeof(text), "%.0f octets (%.1f %s)", octets, shown, units[unit]);
    return cJSON_ReplaceItemInObjectCaseSensitive(object, key, cJSON_CreateString(text));
}

/* Without the state store no host boots what it was armed for. Where there is none, none ever was. */
static bool state_trouble_add(struct session *session, cJSON *object)
{
    struct netboot_error error;
    int status = netboot_once_check(session->store, &error);

    return status == 0 || status == -ENOENT || cJSON_AddStringToObject(object, "state_trouble", error.text);
}

int status_run(struct session *session)
{
    struct netboot_error error;
    cJSON *object = NULL;
    int code = session_view(session);

    if (code != DONE)
        return code;
    if (status_to_json(session->view, session->directory, &object, &error) != 0)
        return failed_with(&error);
    if (once_counts_add(session->view, object, &error) != 0) {
        cJSON_Delete(object);
        return failed_with(&error);
    }
    bool json = session_has(session, "json");
    if (!state_trouble_add(session, object)) {
        cJSON_Delete(object);
        return failed("out of memory");
    }
    if (!json && !(size_for_people(object, "size") && size_for_people(object, "map_size"))) {
        cJSON_Delete(object);
        return failed("out of memory");
    }
    return show_object(object, json);
}
