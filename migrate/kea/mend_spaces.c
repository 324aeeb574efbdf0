/* SPDX-License-Identifier: MPL-2.0 */
/* Options of a space of the configuration's own: in dhcpd the option around them comes with them, in Kea it is named.
 */
#include "mend.h"

#include "json/record/json.h"

#include <string.h>

static double code_of(const cJSON *object)
{
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(object, "code");

    return cJSON_IsNumber(code) ? code->valuedouble : -1;
}

static bool is_in(const cJSON *object, const char *space)
{
    const char *own = json_text(object, "space");

    return own && strcmp(own, space) == 0;
}

static void option_around_add(struct mend *mend, cJSON *list, const cJSON *definition)
{
    const char *space = json_text(definition, "space");
    cJSON *option;
    bool within = false;

    cJSON_ArrayForEach(option, list)
    {
        if (is_in(option, space) && code_of(option) == code_of(definition))
            return;
        within = within || is_in(option, json_text(definition, "encapsulate"));
    }
    if (!within)
        return;
    option = cJSON_CreateObject();
    if (!option || !cJSON_AddItemToArray(list, option)) {
        cJSON_Delete(option);
        mend->no_memory = true;
        return;
    }
    mend_text(mend, option, "space", space);
    if (json_text(definition, "name"))
        mend_text(mend, option, "name", json_text(definition, "name"));
    mend_number(mend, option, "code", code_of(definition));
}

static void scope_mend(struct mend *mend, cJSON *scope, const cJSON *definitions)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(scope, "option-data"), *child;
    const cJSON *definition;

    if (cJSON_IsArray(list))
        cJSON_ArrayForEach(definition, definitions)
        {
            const char *space = json_text(definition, "space");
            if (space && json_text(definition, "encapsulate"))
                option_around_add(mend, list, definition);
        }
    cJSON_ArrayForEach(child, scope) scope_mend(mend, child, definitions);
}

void mend_spaces(struct mend *mend)
{
    const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(mend->dhcp, "option-def");

    if (definitions)
        scope_mend(mend, mend->dhcp, definitions);
}
