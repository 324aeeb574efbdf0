/* SPDX-License-Identifier: MPL-2.0 */
#include "mend_scopes.h"

#include "json/record/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double code_of(const cJSON *option)
{
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(option, "code");

    return cJSON_IsNumber(code) ? code->valuedouble : -1;
}

bool is_same_option(const cJSON *one, const cJSON *other)
{
    const char *a = json_text(one, "space"), *b = json_text(other, "space");

    return code_of(one) == code_of(other) && strcmp(a ? a : "", b ? b : "") == 0;
}

cJSON *option_in(const cJSON *scope, const cJSON *option)
{
    cJSON *at;

    cJSON_ArrayForEach(at, cJSON_GetObjectItemCaseSensitive(scope, "option-data"))
    {
        if (is_same_option(at, option))
            return at;
    }
    return NULL;
}

bool is_ordinary(const struct mend *mend, const cJSON *class)
{
    const struct statement *statement = mend_statement(mend, class);

    return statement && (statement_is(statement, "class") || statement_is(statement, "subclass"));
}

cJSON *class_required_new(struct mend *mend, cJSON *classes, const char *name, const char *test)
{
    cJSON *class = cJSON_CreateObject();

    if (!class || !cJSON_AddItemToArray(classes, class)) {
        cJSON_Delete(class);
        mend->no_memory = true;
        return NULL;
    }
    mend_text(mend, class, "name", name);
    mend_text(mend, class, "test", test);
    mend_bool(mend, class, "only-if-required", true);
    return class;
}

void option_move(struct mend *mend, cJSON *from, cJSON *option, cJSON *class)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(from, "option-data");
    cJSON *to = class ? mend_list(mend, class, "option-data") : NULL;
    cJSON *taken = cJSON_DetachItemViaPointer(list, option);

    if (!to || !cJSON_AddItemToArray(to, taken)) {
        cJSON_Delete(taken);
        mend->no_memory = true;
    }
    if (!list->child)
        cJSON_DeleteItemFromObjectCaseSensitive(from, "option-data");
}

void class_narrow(struct mend *mend, cJSON *class, const char *name)
{
    char *test = NULL;

    if (asprintf(&test, "member('%s') and (%s)", name, json_text(class, "test")) < 0) {
        mend->no_memory = true;
        return;
    }
    mend_text(mend, class, "test", test);
    free(test);
}

void name_add(struct mend *mend, cJSON *list, const char *name)
{
    cJSON *item = name && list ? cJSON_CreateString(name) : NULL;

    if (!item || !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        mend->no_memory = true;
    }
}
