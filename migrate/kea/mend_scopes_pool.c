/* SPDX-License-Identifier: MPL-2.0 */
/* Conditions in pools. */
#include "mend_scopes.h"

#include "json/record/json.h"

#include <stdio.h>
#include <string.h>

void scopes_find_branch(struct scopes *scopes, struct branch *branch)
{
    const cJSON *option;

    cJSON_ArrayForEach(option, cJSON_GetObjectItemCaseSensitive(branch->class, "option-data"))
    {
        const struct statement *statement = mend_statement(scopes->mend, option);
        mend_find(scopes->mend, statement,
                  &(struct finding){.severity = FINDING_PERSON,
                                    .why = "it is under a condition that cannot be brought into the order in which "
                                           "Kea looks for options",
                                    .fix = "write classes with \"only-if-required\" for all values of this option, and "
                                           "name them in \"require-client-classes\" of the pool, taking the option out "
                                           "of pool and subnet",
                                    .differs = statement ? statement_differs(statement) : 0});
    }
    cJSON_DeleteItemFromObjectCaseSensitive(branch->class, "option-data");
}

static bool is_pool(const struct statement *owner)
{
    return statement_is(owner, "pool") || statement_is(owner, "pool6");
}

static bool is_set_around(const struct scopes *scopes, const cJSON *network, const cJSON *subnet, const cJSON *option)
{
    const cJSON *name;
    bool set = option_in(subnet, option) || option_in(network, option);

    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(subnet, "require-client-classes"))
    {
        const cJSON *class;
        cJSON_ArrayForEach(class, scopes->classes)
        {
            const char *own = json_text(class, "name");
            set = set || (own && strcmp(own, name->valuestring) == 0 && option_in(class, option));
        }
    }
    return set;
}

/* Kea asks for the pool's classes after the subnet's: its conditions work on what the subnet leaves alone. */
static void pool_branch_mend(struct scopes *scopes, cJSON *network, cJSON *subnet, cJSON *pool, struct branch *branch)
{
    const cJSON *option;
    bool fits = true;

    cJSON_ArrayForEach(option, cJSON_GetObjectItemCaseSensitive(branch->class, "option-data"))
    {
        fits = fits && !is_set_around(scopes, network, subnet, option) && !option_in(pool, option);
    }
    if (!fits) {
        scopes_find_branch(scopes, branch);
        return;
    }
    branch->used = true;
    name_add(scopes->mend, mend_list(scopes->mend, pool, "require-client-classes"), json_text(branch->class, "name"));
}

static const struct statement *pool_statement(const struct mend *mend, const cJSON *pool)
{
    const struct statement *statement = mend_statement(mend, pool);

    while (statement && !is_pool(statement))
        statement = statement->parent;
    return statement;
}

/* A pool's own option goes before a class's in Kea. */
static void find_pool_option(struct scopes *scopes, const cJSON *subnet, const cJSON *pool)
{
    const cJSON *option, *class;
    char whom[80];

    snprintf(whom, sizeof(whom), "subnet %s", json_text(subnet, "subnet"));
    cJSON_ArrayForEach(option, cJSON_GetObjectItemCaseSensitive(pool, "option-data"))
    {
        cJSON_ArrayForEach(class, scopes->classes)
        {
            const cJSON *other = is_ordinary(scopes->mend, class) || cJSON_HasObjectItem(class, "late")
                                     ? option_in(class, option)
                                     : NULL;
            const struct statement *statement = other ? mend_statement(scopes->mend, other) : NULL;
            if (statement)
                mend_find(scopes->mend, statement,
                          &(struct finding){.severity = FINDING_PERSON,
                                            .why = "the class sets an option that a pool sets, too: in dhcpd the "
                                                   "class's went out, in Kea the pool's does",
                                            .fix = "take this option out of the pool, and put it into a class of all "
                                                   "others there, with \"only-if-required\"",
                                            .differs = statement_differs(statement),
                                            .whom = whom,
                                            .executed = true});
        }
    }
}

void scopes_pools_mend(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    struct scopes *scopes = user;
    cJSON *pool;

    cJSON_ArrayForEach(pool, cJSON_GetObjectItemCaseSensitive(subnet, "pools"))
    {
        const struct statement *statement = pool_statement(mend, pool);
        find_pool_option(scopes, subnet, pool);
        for (size_t i = scopes->count; statement && i-- > 0;)
            if (scopes->rows[i].owner == statement)
                pool_branch_mend(scopes, network, subnet, pool, &scopes->rows[i]);
    }
}
