/* SPDX-License-Identifier: MPL-2.0 */
/* Subnets and pools: who may have an address of which, and the boot fields that keama has no place for. */
#include "mend.h"

#include "json/record/json.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Permissions ------------------------------------------------------------------------------------------------ */

/* Clients that `allow` or `deny` names, as the test of a class; NULL: Kea knows no such clients. "": all. */
static const char *clients_test(struct mend *mend, const struct statement *permission, char *text, size_t size)
{
    const char *who = statement_word(permission, 1), *more = statement_word(permission, 2);
    struct netboot_bytes name;

    if (strcmp(who, "known-clients") == 0 || strcmp(who, "known") == 0)
        return "member('KNOWN')";
    if (strcmp(who, "unknown-clients") == 0 || strcmp(who, "unknown") == 0)
        return "member('UNKNOWN')";
    if (strcmp(who, "all") == 0)
        return "";
    if (mend->bootp && strcmp(who, "dynamic") == 0 && strcmp(more, "bootp") == 0)
        return "member('BOOTP')";
    if (strcmp(who, "members") != 0 || strcmp(more, "of") != 0)
        return NULL;
    name = word_octets(statement_word(permission, 3), mend->memory);
    if (!name.data)
        mend->no_memory = true;
    snprintf(text, size, "member('%s')", name.data ? (const char *)name.data : "");
    return text;
}

static void find_permission(struct mend *mend, const struct statement *permission)
{
    mend_find(mend, permission,
              &(struct finding){.severity = FINDING_CHANGED,
                                .why = "Kea has no such permission: the pool serves without regard to it",
                                .differs = ANSWER_ADDRESS | ANSWER_SILENCE | ANSWER_SUBNET});
}

static void test_add(char *test, size_t size, const char *join, const char *more)
{
    snprintf(test + strlen(test), size - strlen(test), "%s%s", test[0] ? join : "", more);
}

/* What the nearest scope around says of unknown clients. NULL: nothing. */
static const struct statement *unknown_denied(const struct mend *mend, const struct statement *scope)
{
    for (;; scope = scope->parent) {
        for (const struct statement *at = scope ? scope->child : mend->reduction->top; at; at = at->next) {
            bool off = strcmp(statement_word(at, 1), "off") == 0 || strcmp(statement_word(at, 1), "false") == 0;
            if (statement_is(at, "deny unknown-clients") || statement_is(at, "ignore unknown-clients") ||
                (statement_is(at, "boot-unknown-clients") && off))
                return at;
            if (statement_is(at, "allow unknown-clients") || statement_is(at, "boot-unknown-clients"))
                return NULL;
        }
        if (!scope)
            return NULL;
    }
}

/* test becomes "(test) and more". */
static void test_narrow(char *test, size_t size, const char *more)
{
    size_t length = strlen(test);

    if (length > 0 && length + 2 < size) {
        memmove(test + 1, test, length + 1);
        test[0] = '(';
        memcpy(test + length + 1, ")", 2);
    }
    test_add(test, size, " and ", more);
}

/* Who may have an address of the pool, as a test; "" is everybody. */
static void pool_test(struct mend *mend, const struct statement *statement, char *test, size_t size)
{
    const struct statement *pool = statement;
    char allowed[4096] = "", text[300];
    bool own = false;

    while (pool && !statement_is(pool, "pool") && !statement_is(pool, "pool6"))
        pool = pool->parent;
    test[0] = '\0';
    for (const struct statement *at = pool ? pool->child : NULL; at; at = at->next) {
        bool allow = statement_is(at, "allow"), deny = statement_is(at, "deny") || statement_is(at, "ignore");
        const char *clients = allow || deny ? clients_test(mend, at, text, sizeof(text)) : "";
        if (!allow && !deny)
            continue;
        if (!clients) {
            find_permission(mend, at);
            continue;
        }
        own = true;
        if (allow && clients[0])
            test_add(allowed, sizeof(allowed), " or ", clients);
        if (deny && clients[0]) {
            test_add(test, size, " and ", "not ");
            snprintf(test + strlen(test), size - strlen(test), "%s", clients);
        }
    }
    if (allowed[0] && test[0]) {
        test_add(test, size, " and ", "(");
        snprintf(test + strlen(test), size - strlen(test), "%s)", allowed);
    } else if (allowed[0]) {
        snprintf(test, size, "%s", allowed);
    }
    bool range = statement && !statement->block;
    if (!own && unknown_denied(mend, pool ? pool : range ? statement->parent : statement))
        snprintf(test, size, "member('KNOWN')");
    if (mend->bootp && !mend_is_bootp_range(statement))
        test_narrow(test, size, "not member('BOOTP')");
}

/* The class with that test, by name; a new one if there is none. */
static const char *class_for(struct mend *mend, const char *test, char *name, size_t size)
{
    cJSON *classes = mend_list(mend, mend->dhcp, "client-classes"), *class;
    unsigned count = 0;

    if (strcmp(test, "member('KNOWN')") == 0 || strcmp(test, "not member('UNKNOWN')") == 0)
        return "KNOWN";
    if (strcmp(test, "member('UNKNOWN')") == 0 || strcmp(test, "not member('KNOWN')") == 0)
        return "UNKNOWN";
    if (strncmp(test, "member('", 8) == 0 && strchr(test + 8, '\'') && strcmp(strchr(test + 8, '\''), "')") == 0) {
        snprintf(name, size, "%.*s", (int)strcspn(test + 8, "'"), test + 8);
        return name;
    }
    cJSON_ArrayForEach(class, classes)
    {
        const char *other = json_text(class, "test"), *title = json_text(class, "name");
        bool ours = title && strncmp(title, "pool-", 5) == 0;
        count += ours;
        if (ours && other && strcmp(other, test) == 0) {
            snprintf(name, size, "%s", title);
            return name;
        }
    }
    snprintf(name, size, "pool-%u", count + 1);
    class = cJSON_CreateObject();
    if (!class || !cJSON_AddItemToArray(classes, class)) {
        cJSON_Delete(class);
        mend->no_memory = true;
        return name;
    }
    mend_text(mend, class, "name", name);
    mend_text(mend, class, "test", test);
    return name;
}

/* `statement` is what the pool is made of. */
static void pool_permit(struct mend *mend, cJSON *pool, const struct statement *statement)
{
    char test[8192], name[256];

    cJSON_DeleteItemFromObjectCaseSensitive(pool, "client-class");
    pool_test(mend, statement, test, sizeof(test));
    if (test[0])
        mend_text(mend, pool, "client-class", class_for(mend, test, name, sizeof(name)));
}

static void pool_mend(struct mend *mend, cJSON *pool, const struct statement *around)
{
    const struct statement *statement = mend_statement(mend, pool);

    pool_permit(mend, pool, statement ? statement : around);
}

/* ---- Prefixes --------------------------------------------------------------------------------------------------- */

static bool is_aligned(const uint8_t *prefix, unsigned size)
{
    for (unsigned bit = size; bit < 128; bit++)
        if (prefix[bit / 8] >> (7 - bit % 8) & 1)
            return false;
    return true;
}

/* Adds 2^(128-size): false past the last address. */
static bool next_prefix(uint8_t *prefix, unsigned size)
{
    unsigned carry = 1U << (7 - (size - 1) % 8);

    for (unsigned at = (size - 1) / 8 + 1; at-- > 0 && carry;) {
        carry += prefix[at];
        prefix[at] = (uint8_t)carry;
        carry >>= 8;
    }
    return carry == 0;
}

static void last_of(uint8_t *last, const uint8_t *prefix, unsigned size)
{
    memcpy(last, prefix, 16);
    for (unsigned bit = size; bit < 128; bit++)
        last[bit / 8] |= (uint8_t)(1U << (7 - bit % 8));
}

static void pd_pool_add(struct mend *mend, cJSON *list, const uint8_t *prefix, unsigned size, unsigned delegated,
                        const struct statement *statement)
{
    char text[INET6_ADDRSTRLEN];
    cJSON *pool = cJSON_CreateObject();

    if (!pool || !cJSON_AddItemToArray(list, pool)) {
        cJSON_Delete(pool);
        mend->no_memory = true;
        return;
    }
    mend_text(mend, pool, "prefix", inet_ntop(AF_INET6, prefix, text, sizeof(text)));
    mend_number(mend, pool, "prefix-len", size);
    mend_number(mend, pool, "delegated-len", delegated);
    pool_permit(mend, pool, statement);
}

/* `prefix6 FIRST LAST /LENGTH` as the fewest prefixes that hold exactly these. */
static void prefixes_add(struct mend *mend, cJSON *list, const struct statement *statement)
{
    const char *length = strchr(statement->text, '/');
    uint8_t first[16], last[16], end[16], limit[16];
    unsigned delegated = length ? (unsigned)strtoul(length + 1, NULL, 10) : 0;

    if (inet_pton(AF_INET6, statement_word(statement, 1), first) != 1 ||
        inet_pton(AF_INET6, statement_word(statement, 2), last) != 1 || delegated < 1 || delegated > 128)
        return;
    last_of(limit, last, delegated);
    for (bool more = true; more && memcmp(first, last, 16) <= 0;) {
        unsigned size = delegated;
        for (; size > 1 && is_aligned(first, size - 1); size--) {
            last_of(end, first, size - 1);
            if (memcmp(end, limit, 16) > 0)
                break;
        }
        pd_pool_add(mend, list, first, size, delegated, statement);
        more = next_prefix(first, size);
    }
}

static void pd_pools_mend(struct mend *mend, cJSON *subnet, const struct statement *statement)
{
    cJSON *list;

    cJSON_DeleteItemFromObjectCaseSensitive(subnet, "pd-pools");
    for (const struct statement *at = statement ? statement->child : NULL; at; at = at->next) {
        const struct statement *inner = statement_is(at, "pool6") ? at->child : NULL;
        if (statement_is(at, "prefix6") && (list = mend_list(mend, subnet, "pd-pools")))
            prefixes_add(mend, list, at);
        for (; inner; inner = inner->next)
            if (statement_is(inner, "prefix6") && (list = mend_list(mend, subnet, "pd-pools")))
                prefixes_add(mend, list, inner);
    }
}

/* ---- Subnets ---------------------------------------------------------------------------------------------------- */

/* keama has no place for these in every scope. Kea has them there. */
static void boot_fields_put(struct mend *mend, cJSON *scope, const struct statement *list)
{
    static const struct {
        const char *word, *key;
    } fields[] = {
        {"filename",    "boot-file-name" },
        {"server-name", "server-hostname"},
        {"next-server", "next-server"    },
    };
    uint8_t address[4];

    for (; list; list = list->next)
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
            unsigned index = strcmp(statement_word(list, 1), "=") == 0 ? 2 : 1;
            const char *word = statement_word(list, index);
            bool constant = word[0] == '"' ? list->word_count == index + 1 : inet_pton(AF_INET, word, address) == 1;
            if (!statement_is(list, fields[i].word) || !constant)
                continue;
            struct netboot_bytes value = word_octets(word, mend->memory);
            mend_text(mend, scope, fields[i].key, value.data ? (const char *)value.data : "");
        }
}

/* Those of the groups around, then its own. */
static void boot_fields_mend(struct mend *mend, cJSON *scope, const struct statement *statement)
{
    if (statement->parent && statement_is(statement->parent, "group"))
        boot_fields_mend(mend, scope, statement->parent);
    boot_fields_put(mend, scope, statement->child);
}

static void subnet_mend(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    const struct statement *statement = mend_statement(mend, subnet);
    size_t *count = user;
    cJSON *pool;

    ++*count;
    (void)network;
    if (mend->family == FAMILY_6)
        pd_pools_mend(mend, subnet, statement);
    else if (statement)
        boot_fields_mend(mend, subnet, statement);
    cJSON_ArrayForEach(pool, cJSON_GetObjectItemCaseSensitive(subnet, "pools")) pool_mend(mend, pool, statement);
    int pools = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(subnet, "pools")) +
                cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(subnet, "pd-pools"));
    if (pools > 0)
        findings_moved(mend->findings, "pools", (size_t)pools);
}

/* Kea goes on with the subnet of the network that it took an address of last. */
static void shared_find(struct mend *mend, const cJSON *network)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(network, mend->family == FAMILY_4 ? "subnet4" : "subnet6");
    const cJSON *subnet;
    const struct statement *statement = mend_statement(mend, network);
    unsigned with_pools = 0;
    char whom[80];

    cJSON_ArrayForEach(subnet, list) with_pools += cJSON_GetObjectItemCaseSensitive(subnet, "pools") != NULL;
    cJSON_ArrayForEach(subnet, list)
    {
        snprintf(whom, sizeof(whom), "subnet %s", json_text(subnet, "subnet"));
        if (with_pools > 1)
            findings_add(mend->findings,
                         &(struct finding){.severity = FINDING_CHANGED,
                                           .file = statement ? statement->file : NULL,
                                           .line = statement ? statement->line : 0,
                                           .text = statement ? statement->text : json_text(network, "name"),
                                           .why =
                                               "where a client has no lease yet, Kea and dhcpd may take an address of "
                                               "another subnet of the shared network, with that subnet's options",
                                           .differs = ANSWER_SUBNET,
                                           .family = mend->family == FAMILY_4 ? 4 : 6,
                                           .whom = whom});
    }
}

void mend_networks(struct mend *mend)
{
    size_t count = 0;
    cJSON *network;

    mend_each_subnet(mend, subnet_mend, &count);
    cJSON_ArrayForEach(network, cJSON_GetObjectItemCaseSensitive(mend->dhcp, "shared-networks"))
    {
        const struct statement *statement = mend_statement(mend, network);
        shared_find(mend, network);
        if (statement && mend->family == FAMILY_4)
            boot_fields_mend(mend, network, statement);
    }
    if (mend->family == FAMILY_4)
        boot_fields_put(mend, mend->dhcp, mend->reduction->top);
    findings_moved(mend->findings, mend->family == FAMILY_4 ? "IPv4 subnets" : "IPv6 subnets", count);
}
