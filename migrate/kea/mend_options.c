/* SPDX-License-Identifier: MPL-2.0 */
/* Options and their definitions, wherever they are. */
#include "mend.h"

#include "json/record/json.h"

#include <stdlib.h>
#include <string.h>

/* Codes that Kea defines itself, and refuses to have defined. */
static const char known4[] = "1-42 44-79 81-82 85-94 97-101 108 112-114 116-119 124-125 136-138 141 146 159 212-213";
static const char known6[] = "1-9 11-34 36-48 51-53 57-62 64-67 74 79-80 82-83 87-88 94-96 103 135 143";

static bool is_known(const char *ranges, unsigned code)
{
    while (*ranges) {
        char *end;
        unsigned long first = strtoul(ranges, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        if (code >= first && code <= last)
            return true;
        ranges = end + strspn(end, " ");
    }
    return false;
}

static unsigned number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? (unsigned)item->valuedouble : 0;
}

static bool is_space(const cJSON *object, const char *space)
{
    const char *text = json_text(object, "space");

    return !text || strcmp(text, space) == 0;
}

/* ---- Definitions ------------------------------------------------------------------------------------------------ */

/* A type that dhcpd has and Kea has not, or in which Kea is more strict. */
static void definition_mend(struct mend *mend, cJSON *definition)
{
    const char *type = json_text(definition, "type");
    bool array = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(definition, "array"));

    /* Octets written as `integer 8` are above 127, too: those of RFC 3442 for one. */
    if (array && type && strcmp(type, "int8") == 0)
        mend_text(mend, definition, "type", "uint8");
}

static void definitions_mend(struct mend *mend)
{
    const char *space = mend->family == FAMILY_4 ? "dhcp4" : "dhcp6";
    const char *known = mend->family == FAMILY_4 ? known4 : known6;
    cJSON *list = cJSON_GetObjectItemCaseSensitive(mend->dhcp, "option-def"), *next;
    size_t count = 0;

    for (cJSON *at = list ? list->child : NULL; at; at = next) {
        next = at->next;
        if (is_space(at, space) && is_known(known, number_of(at, "code"))) {
            cJSON_Delete(cJSON_DetachItemViaPointer(list, at));
            continue;
        }
        cJSON_DeleteItemFromObjectCaseSensitive(at, "//");
        definition_mend(mend, at);
        count++;
    }
    if (count > 0)
        findings_moved(mend->findings, "option definitions", count);
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

/* Times, which are no options in Kea's configuration; for DHCPv6 keama leaves them among DHCPv4's. */
static bool is_timer(struct mend *mend, cJSON *scope, const cJSON *option)
{
    static const struct {
        unsigned code;
        const char *key;
    } timers[] = {
        {51, "valid-lifetime"},
        {58, "renew-timer"   },
        {59, "rebind-timer"  },
    };
    const char *data = json_text(option, "data");

    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
        if (data && number_of(option, "code") == timers[i].code) {
            mend_number(mend, scope, timers[i].key, strtod(data, NULL));
            return true;
        }
    return false;
}

static void find_option(struct mend *mend, const cJSON *option, const char *why, const char *fix, unsigned differs)
{
    const struct statement *statement = mend_statement(mend, option);

    mend_find(mend, statement,
              &(struct finding){.severity = FINDING_PERSON,
                                .text = statement ? NULL : json_text(option, "name"),
                                .why = why,
                                .fix = fix,
                                .differs = differs,
                                .options = differs ? OPTIONS_ANY : NULL});
}

static bool is_set_later(const cJSON *option)
{
    for (const cJSON *later = option->next; later; later = later->next) {
        const char *one = json_text(later, "space"), *other = json_text(option, "space");
        if (number_of(later, "code") == number_of(option, "code") && strcmp(one ? one : "", other ? other : "") == 0)
            return true;
    }
    return false;
}

static void subnet_rapid(struct mend *mend, cJSON *network, cJSON *subnet, void *scope)
{
    if (scope == mend->dhcp || scope == network || scope == subnet)
        mend_bool(mend, subnet, "rapid-commit", true);
}

/* That a lease is given at once is no option in Kea, but a setting of the subnet. */
static void rapid_commit_put(struct mend *mend, cJSON *scope, const cJSON *option)
{
    bool network = cJSON_HasObjectItem(scope, "subnet6"), subnet = cJSON_HasObjectItem(scope, "subnet");
    const struct statement *statement = mend_statement(mend, option);

    if (network || subnet || scope == mend->dhcp) {
        mend_each_subnet(mend, subnet_rapid, scope);
        return;
    }
    mend_find(mend, statement,
              &(struct finding){.severity = FINDING_PERSON,
                                .text = statement ? NULL : json_text(option, "name"),
                                .why = "Kea allows rapid commit to a subnet, not to some of its clients",
                                .fix = "write \"rapid-commit\": true into the subnet if all its clients may have it",
                                .differs = ANSWER_OPTIONS,
                                .options = "14"});
}

/* Whether the option stays. */
static bool option_mend(struct mend *mend, cJSON *scope, cJSON *option)
{
    bool v4 = mend->family == FAMILY_4;

    if (is_set_later(option))
        return false;
    if (!v4 && is_space(option, "dhcp4")) {
        if (!is_timer(mend, scope, option))
            find_option(mend, option, "it is an option of DHCPv4 in a DHCPv6 configuration: no client gets it",
                        "take it out, or write its counterpart of DHCPv6", 0);
        return false;
    }
    if (v4 && is_space(option, "dhcp4") && is_timer(mend, scope, option))
        return false;
    if (!v4 && is_space(option, "dhcp6") && number_of(option, "code") == 14) {
        rapid_commit_put(mend, scope, option);
        return false;
    }
    if (v4 && is_space(option, "dhcp4") && number_of(option, "code") == 55) {
        find_option(mend, option, "it makes dhcpd send options that the client did not ask for",
                    "write \"always-send\": true into the option-data of these options",
                    ANSWER_OPTIONS | ANSWER_ROUTERS | ANSWER_DNS);
        return false;
    }
    if (!json_text(option, "data"))
        return false;
    cJSON_DeleteItemFromObjectCaseSensitive(option, "//");
    /* Kea goes by the code, and the operator's name for it may be Kea's for another. */
    if (number_of(option, "code") && is_space(option, v4 ? "dhcp4" : "dhcp6") &&
        is_known(v4 ? known4 : known6, number_of(option, "code")))
        cJSON_DeleteItemFromObjectCaseSensitive(option, "name");
    return true;
}

static void scope_mend(struct mend *mend, cJSON *scope)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(scope, "option-data"), *child, *next;

    for (cJSON *at = cJSON_IsArray(list) ? list->child : NULL; at; at = next) {
        next = at->next;
        if (!option_mend(mend, scope, at))
            cJSON_Delete(cJSON_DetachItemViaPointer(list, at));
    }
    cJSON_ArrayForEach(child, scope)
    {
        if (!child->string || strncmp(child->string, "//", 2) != 0)
            scope_mend(mend, child);
    }
}

void mend_options(struct mend *mend)
{
    definitions_mend(mend);
    scope_mend(mend, mend->dhcp);
}
