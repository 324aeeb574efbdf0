/* SPDX-License-Identifier: MPL-2.0 */
#include "chain.h"

#include "json/show/result.h"

const struct netboot_site *journey_site(const struct journey *journey)
{
    static const struct netboot_site none;

    return journey->policy.site ? journey->policy.site : &none;
}

const char *step_state_name(enum step_state state)
{
    static const char *const names[] = {
        [STEP_UNCHECKED] = "unchecked", [STEP_THERE] = "there",     [STEP_OPTIONAL] = "optional",
        [STEP_UNKNOWN] = "unknown",     [STEP_MISSING] = "missing", [STEP_NONE] = "none",
        [STEP_AS_IS] = "as-is",
    };

    return names[state];
}

static bool number_add(cJSON *object, const char *key, int64_t number, bool there)
{
    return there ? cJSON_AddNumberToObject(object, key, (double)number) != NULL
                 : cJSON_AddNullToObject(object, key) != NULL;
}

bool step_add(struct journey *journey, const struct step *step)
{
    cJSON *object = cJSON_CreateObject();

    journey->broken |= step->state == STEP_MISSING || step->state == STEP_NONE;
    if (object && result_add_text(object, "what", step->what) && result_add_text(object, "script", step->script) &&
        number_add(object, "line", step->line, step->line > 0) && number_add(object, "depth", step->depth, true) &&
        result_add_text(object, "file", step->file) && result_add_text(object, "url", step->location.url) &&
        result_add_text(object, "path", step->location.below ? step->location.path : "") &&
        result_add_text(object, "state", step_state_name(step->state)) &&
        number_add(object, "size", step->size, step->state == STEP_THERE && step->size >= 0) &&
        result_add_text(object, "problem", step->problem) && result_add_text(object, "fix", step->fix) &&
        cJSON_AddItemToArray(journey->steps, object))
        return true;
    cJSON_Delete(object);
    return false;
}
