/* SPDX-License-Identifier: MPL-2.0 */
#include "command.h"
#include "once.h"
#include "output.h"
#include "text.h"

#include <stdlib.h>

static cJSON *status_to_json(const char *directory, const struct netboot_status *status)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"hosts",    (double)status->hosts   },
        {"sites",    (double)status->sites   },
        {"targets",  (double)status->targets },
        {"loaders",  (double)status->loaders },
        {"size",     (double)status->size    },
        {"map_size", (double)status->map_size},
        {"readers",  (double)status->readers },
    };
    char changed[TIME_TEXT_SIZE];
    cJSON *ret = cJSON_CreateObject();
    bool done = cJSON_AddStringToObject(ret, "store", directory) &&
                cJSON_AddNumberToObject(ret, "format", status->format) &&
                cJSON_AddNumberToObject(ret, "generation", (double)status->generation) &&
                cJSON_AddStringToObject(ret, "changed", time_text(status->changed, changed));

    for (size_t i = 0; done && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        done = cJSON_AddNumberToObject(ret, numbers[i].key, numbers[i].value);
    if (done)
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

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

int status_run(struct session *session)
{
    struct netboot_status status;
    int code = session_view(session);

    if (code != DONE)
        return code;
    if (netboot_view_status(session->view, &status) != 0)
        return failed("the store in %s cannot be read: it is damaged", session->directory);
    bool json = session_has(session, "json");
    cJSON *object = status_to_json(session->directory, &status);
    if (object && !once_counts_show(session, object)) {
        cJSON_Delete(object);
        return failed("the state store in %s cannot be read", session->directory);
    }
    if (object && !json && !(size_for_people(object, "size") && size_for_people(object, "map_size")))
        return failed("out of memory");
    return show_object(object, json);
}
