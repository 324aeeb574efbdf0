/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/status.h"

#include "common/base/failure.h"
#include "json/text/when.h"

#include <errno.h>

static cJSON *to_json(const char *directory, const struct netboot_status *status)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"hosts",    (double)status->records[NETBOOT_RECORD_HOST]  },
        {"sites",    (double)status->records[NETBOOT_RECORD_SITE]  },
        {"targets",  (double)status->records[NETBOOT_RECORD_TARGET]},
        {"loaders",  (double)status->records[NETBOOT_RECORD_LOADER]},
        {"size",     (double)status->size                          },
        {"map_size", (double)status->map_size                      },
        {"readers",  (double)status->readers                       },
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

int status_to_json(struct netboot_view *view, const char *directory, cJSON **ret, struct netboot_error *error)
{
    struct netboot_status status;
    int code = netboot_view_status(view, &status, error);

    if (code != 0)
        return code;
    cJSON *object = to_json(directory, &status);
    if (!object)
        return failure_no_memory(error);
    *ret = object;
    return 0;
}
