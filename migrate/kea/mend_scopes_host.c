/* SPDX-License-Identifier: MPL-2.0 */
/* Conditions of hosts and of the groups that they are in: a reservation gives the client a class, which a test asks. */
#include "mend_scopes.h"

#include "json/record/json.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 160 };

static bool is_around_hosts(const struct statement *owner)
{
    return owner && (statement_is(owner, "host") || statement_is(owner, "group"));
}

/* Of the scope: one that no other has. */
static void scope_name(const struct mend *mend, const struct statement *owner, char name[NAME_SIZE])
{
    size_t number = 0;

    while (number < mend->branch_count && mend->branches[number].owner != owner)
        number++;
    if (statement_is(owner, "host"))
        snprintf(name, NAME_SIZE, "host-%.100s-%zu", statement_word(owner, 1), number);
    else
        snprintf(name, NAME_SIZE, "group-line-%u-%zu", owner->line, number);
    for (char *at = name; *at; at++)
        if (*at == '\'' || *at == '"')
            *at = '_';
}

static bool has_branches(const struct mend *mend, const struct statement *owner)
{
    for (size_t i = 0; i < mend->branch_count; i++)
        if (mend->branches[i].owner == owner)
            return true;
    return false;
}

void scopes_reserve(struct mend *mend, const struct statement *host, cJSON *reservation)
{
    char name[NAME_SIZE];

    for (const struct statement *at = host; at && mend->branch_count > 0; at = at->parent)
        if (is_around_hosts(at) && has_branches(mend, at)) {
            scope_name(mend, at, name);
            name_add(mend, mend_list(mend, reservation, "client-classes"), name);
        }
}

static bool is_member(const cJSON *reservation, const char *name)
{
    const cJSON *class;

    cJSON_ArrayForEach(class, cJSON_GetObjectItemCaseSensitive(reservation, "client-classes"))
    {
        if (strcmp(class->valuestring, name) == 0)
            return true;
    }
    return false;
}

static bool is_inside(const struct statement *inner, const struct statement *outer)
{
    for (; inner; inner = inner->parent)
        if (inner == outer)
            return true;
    return false;
}

/* Options of the reservation that this scope's conditions may change: given by it, or from around it. */
static void reservation_mend(struct scopes *scopes, const struct statement *owner, cJSON *reservation,
                             const struct branch *branch, cJSON *class)
{
    const cJSON *wanted;

    cJSON_ArrayForEach(wanted, cJSON_GetObjectItemCaseSensitive(branch->class, "option-data"))
    {
        cJSON *option = option_in(reservation, wanted);
        const struct statement *given = option ? mend_statement(scopes->mend, option) : NULL;
        if (!given || !is_inside(owner, given->parent))
            continue;
        if (option_in(class, option))
            cJSON_Delete(
                cJSON_DetachItemViaPointer(cJSON_GetObjectItemCaseSensitive(reservation, "option-data"), option));
        else
            option_move(scopes->mend, reservation, option, class);
    }
}

static void reservations_mend(struct scopes *scopes, cJSON *list, const struct branch *branch, const char *name,
                              cJSON *class)
{
    cJSON *at;

    cJSON_ArrayForEach(at, list)
    {
        if (is_member(at, name))
            reservation_mend(scopes, branch->owner, at, branch, class);
    }
}

struct passing {
    struct scopes *scopes;
    const struct branch *branch;
    const char *name;
    cJSON *class;
};

static void subnet_pass(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    struct passing *passing = user;

    (void)mend;
    (void)network;
    reservations_mend(passing->scopes, cJSON_GetObjectItemCaseSensitive(subnet, "reservations"), passing->branch,
                      passing->name, passing->class);
}

static cJSON *class_find(const cJSON *classes, const char *name)
{
    cJSON *class;

    cJSON_ArrayForEach(class, classes)
    {
        const char *own = json_text(class, "name");
        if (own && strcmp(own, name) == 0)
            return class;
    }
    return NULL;
}

/* The class that reservations give, and the one of what the scope gives without a condition. */
static cJSON *scope_classes(struct scopes *scopes, const char *name)
{
    char options[NAME_SIZE + 16], test[NAME_SIZE + 16];
    cJSON *plain = class_find(scopes->classes, name), *ret;

    snprintf(options, sizeof(options), "%s-options", name);
    snprintf(test, sizeof(test), "member('%s')", name);
    if ((ret = class_find(scopes->classes, options)))
        return ret;
    plain = cJSON_CreateObject();
    if (!plain || !cJSON_InsertItemInArray(scopes->classes, 0, plain)) {
        cJSON_Delete(plain);
        scopes->mend->no_memory = true;
        return NULL;
    }
    mend_text(scopes->mend, plain, "name", name);
    return class_required_new(scopes->mend, scopes->classes, options, test);
}

/* The branch for the hosts of a group: for its subnets there is the one without the test of the host. */
static void hosts_variant(struct scopes *scopes, const struct branch *branch, const char *name)
{
    char title[NAME_SIZE];
    cJSON *copy = cJSON_Duplicate(branch->class, true);

    if (!copy || !cJSON_AddItemToArray(scopes->classes, copy)) {
        cJSON_Delete(copy);
        scopes->mend->no_memory = true;
        return;
    }
    snprintf(title, sizeof(title), "%.100s-hosts", json_text(branch->class, "name"));
    mend_text(scopes->mend, copy, "name", title);
    mend_bool(scopes->mend, copy, "only-if-required", true);
    class_narrow(scopes->mend, copy, name);
}

void scopes_hosts_mend(struct scopes *scopes)
{
    char name[NAME_SIZE];

    for (size_t i = 0; i < scopes->count; i++) {
        struct branch *branch = &scopes->rows[i];
        if (!is_around_hosts(branch->owner))
            continue;
        scope_name(scopes->mend, branch->owner, name);
        struct passing passing = {scopes, branch, name, scope_classes(scopes, name)};
        reservations_mend(scopes, cJSON_GetObjectItemCaseSensitive(scopes->mend->dhcp, "reservations"), branch, name,
                          passing.class);
        mend_each_subnet(scopes->mend, subnet_pass, &passing);
        hosts_variant(scopes, branch, name);
    }
}

static bool any_member(const cJSON *scope, const char *name)
{
    const cJSON *at;

    cJSON_ArrayForEach(at, cJSON_GetObjectItemCaseSensitive(scope, "reservations"))
    {
        if (is_member(at, name))
            return true;
    }
    return false;
}

static void owner_require(struct scopes *scopes, const struct statement *owner)
{
    char name[NAME_SIZE], title[NAME_SIZE + 16];

    scope_name(scopes->mend, owner, name);
    if (!any_member(scopes->subnet, name) && !any_member(scopes->mend->dhcp, name))
        return;
    for (size_t i = scopes->count; i-- > 0;)
        if (scopes->rows[i].owner == owner) {
            snprintf(title, sizeof(title), "%.100s-hosts", json_text(scopes->rows[i].class, "name"));
            name_add(scopes->mend, scopes->required, title);
        }
    snprintf(title, sizeof(title), "%s-options", name);
    if (cJSON_HasObjectItem(class_find(scopes->classes, title), "option-data"))
        name_add(scopes->mend, scopes->required, title);
}

static unsigned depth_of(const struct statement *statement)
{
    unsigned depth = 0;

    for (; statement; statement = statement->parent)
        depth++;
    return depth;
}

/* The innermost first: hosts, then their groups from within. */
void scopes_hosts_require(struct scopes *scopes)
{
    enum { DEPTH_MAX = 200 };

    for (unsigned depth = DEPTH_MAX; depth > 0; depth--)
        for (size_t i = 0; i < scopes->count; i++) {
            const struct statement *owner = scopes->rows[i].owner;
            bool again = i > 0 && scopes->rows[i - 1].owner == owner;
            if (is_around_hosts(owner) && !again && depth_of(owner) == depth)
                owner_require(scopes, owner);
        }
}
