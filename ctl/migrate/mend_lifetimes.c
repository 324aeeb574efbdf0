/* SPDX-License-Identifier: MPL-2.0 */
/* Lease times: dhcpd bends a default that is beyond the bounds, Kea refuses it. */
#include "mend.h"

#include "json.h"

#include <string.h>

struct bounds {
    double least, valid, most;
};

static double number_or(const cJSON *scope, const char *key, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(scope, key);

    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

/* The bounds in a scope that is within one with `outer`; written out where the scope sets any. */
static struct bounds bounds_mend(struct mend *mend, cJSON *scope, struct bounds outer)
{
    bool any = cJSON_HasObjectItem(scope, "valid-lifetime") || cJSON_HasObjectItem(scope, "min-valid-lifetime") ||
               cJSON_HasObjectItem(scope, "max-valid-lifetime");
    struct bounds bounds = {
        number_or(scope, "min-valid-lifetime", outer.least),
        number_or(scope, "valid-lifetime", outer.valid),
        number_or(scope, "max-valid-lifetime", outer.most),
    };

    if (!any)
        return outer;
    /* The least goes before the most, as in dhcpd. */
    if (bounds.most < bounds.least)
        bounds.most = bounds.least;
    bounds.valid = bounds.valid > bounds.most ? bounds.most : bounds.valid < bounds.least ? bounds.least : bounds.valid;
    mend_number(mend, scope, "min-valid-lifetime", bounds.least);
    mend_number(mend, scope, "valid-lifetime", bounds.valid);
    mend_number(mend, scope, "max-valid-lifetime", bounds.most);
    return bounds;
}

static unsigned pools_of(const struct statement *subnet)
{
    unsigned count = 0;

    for (const struct statement *at = subnet->child; at; at = at->next)
        count += statement_is(at, "pool") || statement_is(at, "pool6") || statement_is(at, "range") ||
                 statement_is(at, "range6");
    return count;
}

/* Kea's pools have no times: keama gives a pool's to the whole subnet. */
static void pool_times_find(struct mend *mend, const struct statement *list)
{
    static const char *const words[] = {"default-lease-time", "max-lease-time", "min-lease-time"};

    for (; list; list = list->next) {
        bool pool = statement_is(list, "pool") || statement_is(list, "pool6");
        pool_times_find(mend, list->child);
        for (size_t i = 0; pool && i < sizeof(words) / sizeof(words[0]); i++) {
            const struct statement *time = statement_child(list, words[i]);
            if (!time || !list->parent || pools_of(list->parent) < 2)
                continue;
            mend_find(mend, time,
                      &(struct finding){.severity = FINDING_PERSON,
                                        .why = "Kea's pools have no lease times of their own: all of the subnet has "
                                               "this one now",
                                        .fix = "take it out of the subnet, and give it to a client class of the pool's "
                                               "clients (\"valid-lifetime\")",
                                        .differs = ANSWER_LEASE_TIME});
        }
    }
}

void mend_lifetimes(struct mend *mend)
{
    /* What dhcpd has built in. */
    struct bounds bounds = bounds_mend(mend, mend->dhcp, (struct bounds){300, 43200, 86400});
    const char *key = mend->family == FAMILY_4 ? "subnet4" : "subnet6";
    cJSON *network, *subnet;

    cJSON_ArrayForEach(network, cJSON_GetObjectItemCaseSensitive(mend->dhcp, "shared-networks"))
    {
        struct bounds inner = bounds_mend(mend, network, bounds);
        cJSON_ArrayForEach(subnet, cJSON_GetObjectItemCaseSensitive(network, key)) bounds_mend(mend, subnet, inner);
    }
    cJSON_ArrayForEach(subnet, cJSON_GetObjectItemCaseSensitive(mend->dhcp, key)) bounds_mend(mend, subnet, bounds);
    pool_times_find(mend, mend->reduction->top);
}
