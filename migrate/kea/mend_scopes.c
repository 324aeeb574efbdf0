/* SPDX-License-Identifier: MPL-2.0 */
#include "mend_scopes.h"

#include "json/record/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 160 };

/* ---- What there is ---------------------------------------------------------------------------------------------- */

static bool is_branch_statement(const struct statement *statement)
{
    return statement && statement->block &&
           (statement_is(statement, "if") || statement_is(statement, "elsif") || statement_is(statement, "else"));
}

void mend_scopes_read(struct mend *mend)
{
    cJSON *classes = cJSON_GetObjectItemCaseSensitive(mend->dhcp, "client-classes"), *class;

    mend->branches = arena_take(mend->memory, ((size_t)cJSON_GetArraySize(classes) + 1) * sizeof(struct branch));
    if (!mend->branches) {
        mend->no_memory = true;
        return;
    }
    /* mend_classes() has the last one first. */
    for (class = classes && classes->child ? classes->child->prev : NULL; class; class = class->prev) {
        const struct statement *owner = mend_statement(mend, class);
        bool branch = is_branch_statement(owner);
        while (is_branch_statement(owner))
            owner = owner->parent;
        if (branch)
            mend->branches[mend->branch_count++] = (struct branch){class, owner, false};
        if (class == classes->child)
            break;
    }
}

static bool is_owner(const struct statement *owner, const char *words)
{
    return owner && statement_is(owner, words);
}

static bool is_class(const struct statement *owner)
{
    return is_owner(owner, "class") || is_owner(owner, "subclass");
}

static bool is_late(const struct statement *owner)
{
    return is_class(owner) || is_owner(owner, "host") || is_owner(owner, "group");
}

/* ---- Classes ---------------------------------------------------------------------------------------------------- */

/* The conditions of hosts, too, come after what a class gives: so that has to be asked for late. */
static bool is_wanted_late(const struct scopes *scopes, const cJSON *option)
{
    for (size_t i = 0; i < scopes->count; i++)
        if (is_late(scopes->rows[i].owner) && option_in(scopes->rows[i].class, option))
            return true;
    return false;
}

static void ordinary_split(struct scopes *scopes, cJSON *class)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(class, "option-data"), *next, *late = NULL;
    char name[NAME_SIZE], test[NAME_SIZE];

    snprintf(name, sizeof(name), "%.100s-options", json_text(class, "name"));
    snprintf(test, sizeof(test), "member('%.100s')", json_text(class, "name"));
    for (cJSON *at = list ? list->child : NULL; at; at = next) {
        next = at->next;
        if (!is_wanted_late(scopes, at))
            continue;
        if (!late)
            late = class_required_new(scopes->mend, scopes->classes, name, test);
        option_move(scopes->mend, class, at, late);
    }
    if (late)
        mend_bool(scopes->mend, late, "late", true);
}

/* The class of Kea's that a statement became. */
static cJSON *class_of(const struct scopes *scopes, const struct statement *statement)
{
    cJSON *class;

    cJSON_ArrayForEach(class, scopes->classes)
    {
        if (mend_statement(scopes->mend, class) == statement)
            return class;
    }
    return NULL;
}

static void classes_mend(struct scopes *scopes)
{
    /* Of no effect in a class that is tested late: they are found. */
    static const char *const times[] = {"valid-lifetime", "min-valid-lifetime", "max-valid-lifetime"};
    int left = cJSON_GetArraySize(scopes->classes);

    for (cJSON *class = scopes->classes->child, *next; left > 0; class = next, left--) {
        next = class->next;
        if (is_ordinary(scopes->mend, class))
            ordinary_split(scopes, class);
    }
    for (size_t i = 0; i < scopes->count; i++) {
        struct branch *branch = &scopes->rows[i];
        cJSON *owner = is_class(branch->owner) ? class_of(scopes, branch->owner) : NULL;
        if (branch->owner) {
            mend_bool(scopes->mend, branch->class, "only-if-required", true);
            for (size_t j = 0; j < sizeof(times) / sizeof(times[0]); j++)
                cJSON_DeleteItemFromObjectCaseSensitive(branch->class, times[j]);
        }
        if (owner && json_text(owner, "test"))
            class_narrow(scopes->mend, branch->class, json_text(owner, "name"));
        else if (is_class(branch->owner))
            scopes_find_branch(scopes, branch);
    }
}

/* ---- One subnet ------------------------------------------------------------------------------------------------- */

static void owner_require(struct scopes *scopes, const struct statement *owner)
{
    for (size_t i = scopes->count; i-- > 0;) {
        struct branch *branch = &scopes->rows[i];
        if (branch->owner != owner || !cJSON_HasObjectItem(branch->class, "option-data"))
            continue;
        if (!owner && !cJSON_HasObjectItem(branch->class, "only-if-required"))
            continue;
        branch->used = true;
        name_add(scopes->mend, scopes->required, json_text(branch->class, "name"));
    }
}

static void classes_require(struct scopes *scopes)
{
    const cJSON *class;

    for (size_t i = scopes->count; i-- > 0;)
        if (is_class(scopes->rows[i].owner) && cJSON_HasObjectItem(scopes->rows[i].class, "option-data")) {
            scopes->rows[i].used = true;
            name_add(scopes->mend, scopes->required, json_text(scopes->rows[i].class, "name"));
        }
    cJSON_ArrayForEach(class, scopes->classes)
    {
        if (cJSON_HasObjectItem(class, "late"))
            name_add(scopes->mend, scopes->required, json_text(class, "name"));
    }
}

/* Whether something that is asked for in this subnet may change the option: a class, or a condition. */
static bool is_contested(const struct scopes *scopes, const cJSON *option, const struct statement *subnet)
{
    const cJSON *class;

    cJSON_ArrayForEach(class, scopes->classes)
    {
        bool may = is_ordinary(scopes->mend, class) || cJSON_HasObjectItem(class, "late");
        if (may && option_in(class, option))
            return true;
    }
    for (size_t i = 0; i < scopes->count; i++) {
        const struct statement *owner = scopes->rows[i].owner, *around = subnet;
        while (around && around != owner)
            around = around->parent;
        if (owner && (around || is_late(owner)) && option_in(scopes->rows[i].class, option))
            return true;
    }
    return false;
}

/* What the subnet gives without a condition, as far as `scope` is where that is written. */
static void options_require(struct scopes *scopes, cJSON *subnet, const struct statement *statement,
                            const struct statement *scope)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(subnet, "option-data"), *next, *class = NULL;
    double id = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(subnet, "id"));
    char name[NAME_SIZE];
    unsigned around = 0;

    for (const struct statement *at = statement; at && at != scope; at = at->parent)
        around++;
    if (around == 0)
        snprintf(name, sizeof(name), "subnet-%.0f-options", id);
    else
        snprintf(name, sizeof(name), "subnet-%.0f-around-%u-options", id, around);
    for (cJSON *at = list ? list->child : NULL; at; at = next) {
        const struct statement *given = mend_statement(scopes->mend, at);
        next = at->next;
        if ((given ? given->parent : statement) != scope || !is_contested(scopes, at, statement))
            continue;
        if (!class)
            class = class_required_new(scopes->mend, scopes->classes, name, "member('ALL')");
        option_move(scopes->mend, subnet, at, class);
    }
    if (class)
        name_add(scopes->mend, scopes->required, name);
}

/* What the network gives and a condition may change, each of its subnets gives by itself. */
static void network_push(struct scopes *scopes, cJSON *network, cJSON *subnet)
{
    const cJSON *option;

    cJSON_ArrayForEach(option, cJSON_GetObjectItemCaseSensitive(network, "option-data"))
    {
        if (!is_contested(scopes, option, mend_statement(scopes->mend, subnet)) || option_in(subnet, option))
            continue;
        cJSON *copy = cJSON_Duplicate(option, true), *list = mend_list(scopes->mend, subnet, "option-data");
        if (!copy || !list || !cJSON_AddItemToArray(list, copy)) {
            cJSON_Delete(copy);
            scopes->mend->no_memory = true;
        }
    }
}

static void subnet_mend(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    struct scopes *scopes = user;
    const struct statement *statement = mend_statement(mend, subnet);

    scopes->subnet = subnet;
    scopes->required = cJSON_CreateArray();
    if (!statement || !scopes->required) {
        cJSON_Delete(scopes->required);
        mend->no_memory |= !scopes->required;
        return;
    }
    if (network)
        network_push(scopes, network, subnet);
    scopes_hosts_require(scopes);
    classes_require(scopes);
    for (const struct statement *scope = statement; scope; scope = scope->parent) {
        owner_require(scopes, scope);
        options_require(scopes, subnet, statement, scope);
    }
    owner_require(scopes, NULL);
    if (!scopes->required->child)
        cJSON_Delete(scopes->required);
    else if (!cJSON_AddItemToObject(subnet, "require-client-classes", scopes->required))
        mend->no_memory = true;
}

/* ---- All -------------------------------------------------------------------------------------------------------- */

/* Its options alone: lease times come from classes that are tested early. */
static void global_delay(struct scopes *scopes, struct branch *branch)
{
    char name[NAME_SIZE];
    cJSON *class = branch->class, *list = cJSON_GetObjectItemCaseSensitive(class, "option-data");

    if (!cJSON_HasObjectItem(class, "valid-lifetime")) {
        mend_bool(scopes->mend, class, "only-if-required", true);
        return;
    }
    snprintf(name, sizeof(name), "%.100s-options", json_text(class, "name"));
    branch->class = class_required_new(scopes->mend, scopes->classes, name, json_text(class, "test"));
    while (branch->class && list && list->child) {
        bool last = !list->child->next;
        option_move(scopes->mend, class, list->child, branch->class);
        if (last)
            break;
    }
}

/* A global condition gives way to all that is not global: where those are asked for late, it is too, and last. */
static void globals_mend(struct scopes *scopes)
{
    const cJSON *option;

    for (size_t i = 0; i < scopes->count; i++) {
        bool late = false;
        if (scopes->rows[i].owner)
            continue;
        scopes->rows[i].used = true;
        cJSON_ArrayForEach(option, cJSON_GetObjectItemCaseSensitive(scopes->rows[i].class, "option-data"))
        {
            const cJSON *class;
            for (size_t j = 0; j < scopes->count; j++)
                late = late || (scopes->rows[j].owner && option_in(scopes->rows[j].class, option));
            cJSON_ArrayForEach(class, scopes->classes) late =
                late || (is_ordinary(scopes->mend, class) && option_in(class, option));
        }
        if (late)
            global_delay(scopes, &scopes->rows[i]);
    }
}

static void network_sweep(struct scopes *scopes)
{
    cJSON *network, *next;

    cJSON_ArrayForEach(network, cJSON_GetObjectItemCaseSensitive(scopes->mend->dhcp, "shared-networks"))
    {
        cJSON *list = cJSON_GetObjectItemCaseSensitive(network, "option-data");
        const cJSON *subnets =
            cJSON_GetObjectItemCaseSensitive(network, scopes->mend->family == FAMILY_4 ? "subnet4" : "subnet6");
        for (cJSON *at = list ? list->child : NULL; at; at = next) {
            const cJSON *subnet;
            bool any = false;
            next = at->next;
            cJSON_ArrayForEach(subnet, subnets) any =
                any || is_contested(scopes, at, mend_statement(scopes->mend, subnet));
            if (any)
                cJSON_Delete(cJSON_DetachItemViaPointer(list, at));
        }
    }
}

/* Those that nothing requires: a group without subnets. */
static void unused_remove(struct scopes *scopes)
{
    cJSON *class;

    for (size_t i = 0; i < scopes->count; i++)
        if (!scopes->rows[i].used)
            cJSON_Delete(cJSON_DetachItemViaPointer(scopes->classes, scopes->rows[i].class));
    cJSON_ArrayForEach(class, scopes->classes) cJSON_DeleteItemFromObjectCaseSensitive(class, "late");
}

void mend_scopes(struct mend *mend)
{
    struct scopes scopes = {.mend = mend,
                            .classes = cJSON_GetObjectItemCaseSensitive(mend->dhcp, "client-classes"),
                            .rows = mend->branches,
                            .count = mend->branch_count};

    if (!scopes.classes)
        return;
    globals_mend(&scopes);
    classes_mend(&scopes);
    scopes_hosts_mend(&scopes);
    mend_each_subnet(mend, subnet_mend, &scopes);
    mend_each_subnet(mend, scopes_pools_mend, &scopes);
    network_sweep(&scopes);
    unused_remove(&scopes);
}
