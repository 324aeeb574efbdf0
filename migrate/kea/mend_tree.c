/* SPDX-License-Identifier: MPL-2.0 */
/* The tree that is mended: members of its objects, its subnets, where an object comes from. */
#include "mend.h"

const struct statement *mend_statement(const struct mend *mend, const cJSON *object)
{
    const cJSON *mark = cJSON_GetObjectItemCaseSensitive(object, "@");
    size_t number = cJSON_IsNumber(mark) ? (size_t)mark->valuedouble : 0;

    return number > 0 && number < mend->reduction->mark_count ? mend->reduction->marked[number] : NULL;
}

void mend_find(struct mend *mend, const struct statement *statement, const struct finding *finding)
{
    struct finding copy = *finding;

    copy.family = mend->family == FAMILY_4 ? 4 : 6;
    if (statement)
        finding_locate(mend->reduction, statement, &copy);
    findings_add(mend->findings, &copy);
}

static void put(struct mend *mend, cJSON *object, const char *key, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    if (value && cJSON_AddItemToObject(object, key, value))
        return;
    cJSON_Delete(value);
    mend->no_memory = true;
}

void mend_text(struct mend *mend, cJSON *object, const char *key, const char *text)
{
    put(mend, object, key, cJSON_CreateString(text));
}

void mend_number(struct mend *mend, cJSON *object, const char *key, double number)
{
    put(mend, object, key, cJSON_CreateNumber(number));
}

void mend_bool(struct mend *mend, cJSON *object, const char *key, bool value)
{
    put(mend, object, key, cJSON_CreateBool(value));
}

cJSON *mend_list(struct mend *mend, cJSON *object, const char *key)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key);

    if (list)
        return list;
    list = cJSON_AddArrayToObject(object, key);
    mend->no_memory |= !list;
    return list;
}

static const char *subnets_key(const struct mend *mend)
{
    return mend->family == FAMILY_4 ? "subnet4" : "subnet6";
}

void mend_each_subnet(struct mend *mend, mend_subnet *call, void *user)
{
    cJSON *network, *subnet;

    cJSON_ArrayForEach(network, cJSON_GetObjectItemCaseSensitive(mend->dhcp, "shared-networks"))
    {
        cJSON_ArrayForEach(subnet, cJSON_GetObjectItemCaseSensitive(network, subnets_key(mend)))
            call(mend, network, subnet, user);
    }
    cJSON_ArrayForEach(subnet, cJSON_GetObjectItemCaseSensitive(mend->dhcp, subnets_key(mend)))
        call(mend, NULL, subnet, user);
}
