/* SPDX-License-Identifier: MPL-2.0 */
/* Lease times: dhcpd bends a default that is beyond the bounds, Kea refuses it. */
#include "mend.h"

#include "json/record/json.h"

#include <stdlib.h>
#include <string.h>

struct bounds {
    double least, valid, most; /* least < 0: what is built in */
    double preferred;          /* DHCPv6; 0: five eighths of the valid time */
};

static double number_or(const cJSON *scope, const char *key, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(scope, key);

    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

/* Kea has a preferred time of its own where none is set; dhcpd takes it from the valid one. */
static void preferred_mend(struct mend *mend, cJSON *scope, double preferred)
{
    double valid = number_or(scope, "valid-lifetime", 0);

    if (valid > 0)
        mend_number(mend, scope, "preferred-lifetime",
                    preferred <= 0      ? (double)((long)valid / 2 + (long)valid / 8)
                    : preferred > valid ? valid
                                        : preferred);
}

/* dhcpd gives DHCPv6 clients its default time whatever they ask for, and knows no bounds of it. */
static struct bounds times6_mend(struct mend *mend, cJSON *scope, struct bounds outer)
{
    struct bounds inner = outer;

    inner.valid = number_or(scope, "valid-lifetime", outer.valid);
    inner.preferred = number_or(scope, "preferred-lifetime", outer.preferred);
    cJSON_DeleteItemFromObjectCaseSensitive(scope, "min-valid-lifetime");
    cJSON_DeleteItemFromObjectCaseSensitive(scope, "max-valid-lifetime");
    if (cJSON_HasObjectItem(scope, "valid-lifetime") || cJSON_HasObjectItem(scope, "preferred-lifetime")) {
        mend_number(mend, scope, "valid-lifetime", inner.valid);
        preferred_mend(mend, scope, inner.preferred);
    }
    return inner;
}

/*
 * The bounds in a scope that is within one with `outer`; written out where the scope sets any. A least time that is
 * configured goes before the most; the one that is built in (300) gives way to it.
 */
static struct bounds bounds_mend(struct mend *mend, cJSON *scope, struct bounds outer)
{
    bool any = cJSON_HasObjectItem(scope, "valid-lifetime") || cJSON_HasObjectItem(scope, "min-valid-lifetime") ||
               cJSON_HasObjectItem(scope, "max-valid-lifetime");
    struct bounds inner = {
        number_or(scope, "min-valid-lifetime", outer.least),
        number_or(scope, "valid-lifetime", outer.valid),
        number_or(scope, "max-valid-lifetime", outer.most),
        outer.preferred,
    };
    double least = inner.least >= 0 ? inner.least : inner.most < 300 ? inner.most : 300;
    double most = inner.most < least ? least : inner.most;

    if (mend->family == FAMILY_6)
        return times6_mend(mend, scope, outer);
    if (!any)
        return outer;
    mend_number(mend, scope, "min-valid-lifetime", least);
    mend_number(mend, scope, "valid-lifetime", inner.valid > most ? most : inner.valid < least ? least : inner.valid);
    mend_number(mend, scope, "max-valid-lifetime", most);
    return inner;
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
                                        .differs = ANSWER_LEASE_TIME,
                                        /* also of the other pools' clients, for whom it is not carried out */
                                        .whom = statement_whom(list, mend->memory)});
        }
    }
}

/* A class's times, which keama drops. */
static void classes_mend(struct mend *mend, struct bounds bounds)
{
    static const struct {
        const char *words, *key;
    } times[] = {
        {"default-lease-time", "valid-lifetime"    },
        {"min-lease-time",     "min-valid-lifetime"},
        {"max-lease-time",     "max-valid-lifetime"},
    };
    cJSON *class;

    cJSON_ArrayForEach(class, cJSON_GetObjectItemCaseSensitive(mend->dhcp, "client-classes"))
    {
        const struct statement *statement = mend_statement(mend, class);
        const struct statement *most = statement ? statement_child(statement, "max-lease-time") : NULL;
        bool whole = statement && statement_child(statement, "default-lease-time");
        for (size_t i = 0; whole && i < sizeof(times) / sizeof(times[0]); i++) {
            const struct statement *time = statement_child(statement, times[i].words);
            if (time)
                mend_number(mend, class, times[i].key, strtod(statement_word(time, 1), NULL));
        }
        if (whole)
            bounds_mend(mend, class, bounds);
        else if (most)
            mend_find(mend, most,
                      &(struct finding){.severity = FINDING_CHANGED,
                                        .why = "a class of Kea's bounds lease times only together with a time of its "
                                               "own: clients get what the subnet gives",
                                        .fix = "write \"valid-lifetime\" into the class",
                                        .differs = ANSWER_LEASE_TIME});
    }
}

void mend_lifetimes(struct mend *mend)
{
    bool least_set = false;
    const char *key = mend->family == FAMILY_4 ? "subnet4" : "subnet6";
    cJSON *network, *subnet;

    for (const struct statement *at = mend->reduction->top; at; at = at->next)
        least_set = least_set || statement_is(at, "min-lease-time");
    if (!least_set) /* keama writes the one that is built in */
        cJSON_DeleteItemFromObjectCaseSensitive(mend->dhcp, "min-valid-lifetime");
    struct bounds bounds = bounds_mend(mend, mend->dhcp, (struct bounds){-1, 43200, 86400, 0});
    classes_mend(mend, bounds);
    cJSON_ArrayForEach(network, cJSON_GetObjectItemCaseSensitive(mend->dhcp, "shared-networks"))
    {
        struct bounds inner = bounds_mend(mend, network, bounds);
        cJSON_ArrayForEach(subnet, cJSON_GetObjectItemCaseSensitive(network, key)) bounds_mend(mend, subnet, inner);
    }
    cJSON_ArrayForEach(subnet, cJSON_GetObjectItemCaseSensitive(mend->dhcp, key)) bounds_mend(mend, subnet, bounds);
    pool_times_find(mend, mend->reduction->top);
}
