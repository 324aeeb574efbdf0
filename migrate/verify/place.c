/* SPDX-License-Identifier: MPL-2.0 */
/* Where in the old configuration an address is. */
#include "reading.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool in_range(int domain, const struct statement *range, const uint8_t *address)
{
    size_t size = domain == AF_INET ? 4 : 16;
    unsigned first = strcmp(statement_word(range, 1), "dynamic-bootp") == 0 ? 2 : 1;
    const char *word = statement_word(range, first), *slash = strchr(word, '/');
    uint8_t low[16], high[16];
    char text[64];

    snprintf(text, sizeof(text), "%.*s", (int)strcspn(word, "/"), word);
    if (inet_pton(domain, text, low) != 1)
        return false;
    memcpy(high, low, size);
    for (unsigned bit = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : 128; bit < 8 * size; bit++)
        high[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    if (!slash && statement_word(range, first + 1)[0] && inet_pton(domain, statement_word(range, first + 1), high) != 1)
        return false;
    return memcmp(address, low, size) >= 0 && memcmp(address, high, size) <= 0;
}

/* The pool or subnet whose range holds an address. */
static const struct statement *pool_of(int domain, const struct statement *list, const uint8_t *address)
{
    const struct statement *found = NULL;

    for (; list && !found; list = list->next) {
        bool range = statement_is(list, domain == AF_INET ? "range" : "range6");
        if (range && in_range(domain, list, address))
            return list->parent ? list->parent : list;
        found = pool_of(domain, list->child, address);
    }
    return found;
}

/* The same: one address, or two of one pool. */
bool same_address(const struct client *client, const struct reading readings[SIDES], const struct statement *top)
{
    int domain = client->family == FAMILY_4 ? AF_INET : AF_INET6;
    const uint8_t *old = readings[OLD].packet.assigned_address, *new = readings[NEW].packet.assigned_address;
    const struct statement *pool;

    if (memcmp(old, new, domain == AF_INET ? 4 : 16) == 0)
        return true;
    pool = pool_of(domain, top, old);
    return pool && pool == pool_of(domain, top, new);
}

static const struct statement *subnet_of(const struct statement *statement)
{
    while (statement && !statement_is(statement, "subnet") && !statement_is(statement, "subnet6"))
        statement = statement->parent;
    return statement;
}

/* Whether they are of two subnets. Pools of a shared network tell no subnet: then, of two pools. */
bool is_elsewhere(const struct client *client, const struct reading readings[SIDES], const struct statement *top)
{
    int domain = client->family == FAMILY_4 ? AF_INET : AF_INET6;
    const struct statement *old = pool_of(domain, top, readings[OLD].packet.assigned_address);
    const struct statement *new = pool_of(domain, top, readings[NEW].packet.assigned_address);

    return old && new &&old != new && (!subnet_of(old) || subnet_of(old) != subnet_of(new));
}

/* The `prefix6 FIRST LAST /LENGTH` that a prefix is of. */
static const struct statement *prefixes_of(const struct statement *list, const struct prefix *prefix)
{
    const struct statement *found = NULL;
    uint8_t first[16], last[16];

    for (; list && !found; list = list->next) {
        const char *slash = statement_is(list, "prefix6") ? strchr(list->text, '/') : NULL;
        bool read = slash && inet_pton(AF_INET6, statement_word(list, 1), first) == 1 &&
                    inet_pton(AF_INET6, statement_word(list, 2), last) == 1;
        if (read && memcmp(prefix->octets, first, 16) >= 0 && memcmp(prefix->octets, last, 16) <= 0 &&
            strtoul(slash + 1, NULL, 10) == prefix->length)
            return list;
        found = prefixes_of(list->child, prefix);
    }
    return found;
}

bool same_prefix(const struct reading readings[SIDES], const struct statement *top)
{
    struct prefix old, new;
    bool has_old = delegated_read(&readings[OLD], &old), has_new = delegated_read(&readings[NEW], &new);
    const struct statement *pool;

    if (has_old != has_new)
        return false;
    if (!has_old || (memcmp(old.octets, new.octets, 16) == 0 && old.length == new.length))
        return true;
    pool = prefixes_of(top, &old);
    return pool && pool == prefixes_of(top, &new);
}
