/* SPDX-License-Identifier: MPL-2.0 */
/* Hosts as reservations: in the subnet of their address, or global where they have none. */
#include "mend_hosts.h"
#include "mend_scopes.h"

#include "json/record/json.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host_place {
    uint8_t prefix[16];
    unsigned length, id;
    cJSON *subnet;
};

struct hosts {
    struct mend *mend;
    struct host_place *places;
    size_t place_count, place_room;
    cJSON **converted; /* keama's, by number */
    struct hsearch_data seen;
    bool by_client, by_duid, shared_address;
};

enum { ADDRESSES_MAX = 32 };

/* ---- Where an address belongs ----------------------------------------------------------------------------------- */

static int domain_of(const struct mend *mend)
{
    return mend->family == FAMILY_4 ? AF_INET : AF_INET6;
}

static void place_add(struct mend *mend, cJSON *network, cJSON *subnet, void *user)
{
    struct hosts *hosts = user;
    const char *text = json_text(subnet, "subnet"), *slash = text ? strchr(text, '/') : NULL;
    char address[64];
    struct host_place place = {.subnet = subnet};

    (void)network;
    if (!slash)
        return;
    snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
    if (inet_pton(domain_of(mend), address, place.prefix) != 1)
        return;
    place.length = (unsigned)strtoul(slash + 1, NULL, 10);
    place.id = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(subnet, "id"));
    if (hosts->place_count == hosts->place_room) {
        size_t room = hosts->place_room ? hosts->place_room * 2 : 64;
        struct host_place *places = reallocarray(hosts->places, room, sizeof(*places));
        if (!places) {
            mend->no_memory = true;
            return;
        }
        hosts->places = places;
        hosts->place_room = room;
    }
    hosts->places[hosts->place_count++] = place;
}

static const struct host_place *place_find(const struct hosts *hosts, const char *address)
{
    uint8_t octets[16];

    if (inet_pton(domain_of(hosts->mend), address, octets) != 1)
        return NULL;
    for (size_t i = 0; i < hosts->place_count; i++) {
        const struct host_place *place = &hosts->places[i];
        unsigned whole = place->length / 8, rest = place->length % 8;
        if (memcmp(place->prefix, octets, whole) == 0 &&
            (rest == 0 || (place->prefix[whole] ^ octets[whole]) >> (8 - rest) == 0))
            return place;
    }
    return NULL;
}

/* ---- What a host says ------------------------------------------------------------------------------------------- */

/* The addresses of `fixed-address A, B`; names are looked up as dhcpd does when it starts. */
static unsigned addresses_read(struct mend *mend, const struct statement *statement,
                               char ret[ADDRESSES_MAX][INET6_ADDRSTRLEN])
{
    uint8_t octets[16];
    unsigned count = 0;

    for (unsigned i = 1; statement && i < statement->word_count && count < ADDRESSES_MAX; i++) {
        const char *word = statement->words[i];
        struct addrinfo wanted = {.ai_family = domain_of(mend), .ai_socktype = SOCK_DGRAM}, *found = NULL;
        if (strcmp(word, ",") == 0)
            continue;
        if (inet_pton(domain_of(mend), word, octets) == 1) {
            inet_ntop(domain_of(mend), octets, ret[count++], INET6_ADDRSTRLEN);
            continue;
        }
        if (getaddrinfo(word, NULL, &wanted, &found) != 0 || !found) {
            host_find_identity(mend, statement, "the name could not be looked up here: the host gets no fixed address",
                               "write the address in place of the name");
            continue;
        }
        getnameinfo(found->ai_addr, found->ai_addrlen, ret[count++], INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST);
        freeaddrinfo(found);
        mend_find(mend, statement,
                  &(struct finding){.severity = FINDING_CHANGED,
                                    .why = "the name was looked up now; Kea has the address",
                                    .fix = "when the name's address changes, change the reservation"});
    }
    return count;
}

static bool is_named(const struct host *host)
{
    for (const struct statement *scope = host->statement; scope; scope = scope->parent) {
        const struct statement *named = statement_child(scope, "use-host-decl-names");
        if (named)
            return strcmp(statement_word(named, 1), "on") == 0 || strcmp(statement_word(named, 1), "true") == 0;
    }
    return false;
}

static bool is_named_globally(const struct mend *mend)
{
    for (const struct statement *at = mend->reduction->top; at; at = at->next)
        if (statement_is(at, "use-host-decl-names"))
            return strcmp(statement_word(at, 1), "on") == 0 || strcmp(statement_word(at, 1), "true") == 0;
    return false;
}

/* ---- Reservations ----------------------------------------------------------------------------------------------- */

/* Whether this is the first of its kind; NULL or the host that came first in *other. */
static bool is_first(struct hosts *hosts, unsigned subnet, const char *what, const struct host *host,
                     const struct host **other)
{
    char text[600];
    ENTRY entry = {.data = (void *)host}, *found = NULL;

    snprintf(text, sizeof(text), "%u %s", subnet, what);
    struct netboot_bytes key = arena_copy(hosts->mend->memory, text, strlen(text) + 1);
    entry.key = (char *)key.data;
    if (!key.data || !hsearch_r(entry, ENTER, &found, &hosts->seen)) {
        hosts->mend->no_memory = true;
        return true;
    }
    *other = found->data;
    return found->data == host;
}

static void find_twice(struct mend *mend, const struct host *host, const struct host *other)
{
    char why[300];

    snprintf(why, sizeof(why), "the same machine is host %.60s, too (%.120s line %u), which came first and counts",
             statement_word(other->statement, 1), other->statement->file, other->statement->line);
    mend_find(mend, host->statement,
              &(struct finding){.severity = FINDING_PERSON,
                                .why = why,
                                .fix = "decide which of both is right",
                                .differs = ~0U,
                                .options = OPTIONS_ANY});
}

/* What all reservations of a host have but who and where it is. */
static cJSON *reservation_new(struct hosts *hosts, const struct host *host, const struct host_place *place)
{
    static const char *const kept[] = {"option-data", "next-server", "boot-file-name", "server-hostname"};
    const cJSON *converted = hosts->converted[host->marker];
    cJSON *ret = cJSON_CreateObject(), *context;
    const char *name = statement_word(host->statement, 1);
    struct netboot_bytes plain = word_octets(name, hosts->mend->memory);

    for (size_t i = 0; ret && i < sizeof(kept) / sizeof(kept[0]); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(converted, kept[i]);
        if (item && !(cJSON_IsArray(item) && !item->child))
            cJSON_AddItemToObject(ret, kept[i], cJSON_Duplicate(item, true));
    }
    if (plain.data)
        mend_boot_host(hosts->mend, ret, (const char *)plain.data, place ? place->subnet : NULL);
    if (is_named(host) || (is_named_globally(hosts->mend) && plain.data))
        cJSON_AddStringToObject(ret, "hostname", (const char *)plain.data);
    scopes_reserve(hosts->mend, host->statement, ret);
    context = cJSON_AddObjectToObject(ret, "user-context");
    if (!context || !plain.data || !cJSON_AddStringToObject(context, "name", (const char *)plain.data))
        hosts->mend->no_memory = true;
    return ret;
}

/* Kea refuses a reservation of nothing; that the host is known may be all that it is for. */
static void resource_put(struct mend *mend, cJSON *reservation)
{
    cJSON *member;
    size_t count = 0;

    cJSON_ArrayForEach(member, reservation) count += strcmp(member->string, "user-context") != 0;
    if (count > 0)
        return;
    cJSON *list = mend_list(mend, reservation, "client-classes"), *name = cJSON_CreateString("known-host");
    if (!list || !name || !cJSON_AddItemToArray(list, name)) {
        cJSON_Delete(name);
        mend->no_memory = true;
    }
}

/* Takes `reservation`. `place`: NULL is the global list. */
static void reservation_add(struct hosts *hosts, const struct host *host, const struct host_place *place,
                            const char *key, const char *value, cJSON *reservation)
{
    struct mend *mend = hosts->mend;
    const struct host *other;
    cJSON *list = mend_list(mend, place ? place->subnet : mend->dhcp, "reservations");

    if (!is_first(hosts, place ? place->id : 0, value, host, &other)) {
        if (other->statement != host->statement)
            find_twice(mend, host, other);
        cJSON_Delete(reservation);
        return;
    }
    resource_put(mend, reservation);
    mend_text(mend, reservation, key, value);
    if (!list || !cJSON_AddItemToArray(list, reservation)) {
        cJSON_Delete(reservation);
        mend->no_memory = true;
    }
}

static void identities_add(struct hosts *hosts, const struct host *host, const struct identity *identity,
                           const struct host_place *place, cJSON *reservation)
{
    const char *key = hosts->mend->family == FAMILY_4 ? "client-id" : "duid";
    bool both = identity->mac[0] && identity->client;

    hosts->shared_address |= both;
    hosts->by_client |= identity->client != NULL;
    if (both)
        reservation_add(hosts, host, place, key, identity->client, cJSON_Duplicate(reservation, true));
    if (identity->mac[0])
        reservation_add(hosts, host, place, "hw-address", identity->mac, reservation);
    else
        reservation_add(hosts, host, place, key, identity->client, reservation);
}

static void addresses_put(struct hosts *hosts, const struct host *host, const struct host_place *place,
                          char addresses[ADDRESSES_MAX][INET6_ADDRSTRLEN], unsigned count, cJSON *reservation)
{
    struct mend *mend = hosts->mend;
    const struct statement *prefix = host_statement(host, "fixed-prefix6");
    const struct host *other;
    cJSON *list = NULL;

    for (unsigned i = 0; i < count; i++) {
        if (place_find(hosts, addresses[i]) != place)
            continue;
        hosts->shared_address |= !is_first(hosts, place->id, addresses[i], host, &other);
        if (mend->family == FAMILY_4) {
            mend_text(mend, reservation, "ip-address", addresses[i]);
            break;
        }
        list = mend_list(mend, reservation, "ip-addresses");
        cJSON_AddItemToArray(list, cJSON_CreateString(addresses[i]));
    }
    if (prefix && mend->family == FAMILY_6)
        cJSON_AddItemToArray(mend_list(mend, reservation, "prefixes"), cJSON_CreateString(statement_word(prefix, 1)));
}

/* One reservation in each subnet that the host has an address in; one for all if it has none. */
static void host_add(struct hosts *hosts, const struct host *host)
{
    struct mend *mend = hosts->mend;
    bool v4 = mend->family == FAMILY_4;
    char addresses[ADDRESSES_MAX][INET6_ADDRSTRLEN];
    const struct statement *fixed = host_statement(host, v4 ? "fixed-address" : "fixed-address6");
    unsigned count = addresses_read(mend, fixed, addresses), placed = 0;
    struct identity identity;

    host_identity_read(mend, host, &identity);
    if (!identity.mac[0] && !identity.client) {
        if (!host_statement(host, "hardware") && !host_statement(host, "host-identifier"))
            host_find_identity(mend, host->statement, "nothing says who the host is: dhcpd never answered by it",
                               "take it out, or name its hardware address");
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        const struct host_place *place = place_find(hosts, addresses[i]);
        bool done = !place;
        for (unsigned before = 0; before < i && !done; before++)
            done = place_find(hosts, addresses[before]) == place;
        if (done)
            continue;
        cJSON *reservation = reservation_new(hosts, host, place);
        addresses_put(hosts, host, place, addresses, count, reservation);
        identities_add(hosts, host, &identity, place, reservation);
        placed++;
    }
    if (count > 0 && placed == 0)
        mend_find(mend, fixed,
                  &(struct finding){.severity = FINDING_CHANGED,
                                    .why = "the address is in no subnet: dhcpd never gave it, and Kea has the host "
                                           "without it"});
    if (placed == 0) {
        cJSON *reservation = reservation_new(hosts, host, NULL);
        addresses_put(hosts, host, NULL, addresses, 0, reservation);
        identities_add(hosts, host, &identity, NULL, reservation);
    }
}

static void converted_collect(struct hosts *hosts)
{
    cJSON *at;

    cJSON_ArrayForEach(at, cJSON_GetObjectItemCaseSensitive(hosts->mend->dhcp, "reservations"))
    {
        const cJSON *number = cJSON_GetObjectItemCaseSensitive(at, "@");
        size_t mark = number ? (size_t)number->valuedouble : 0;
        if (mark < hosts->mend->reduction->mark_count)
            hosts->converted[mark] = at;
    }
}

static void settings_put(struct hosts *hosts)
{
    struct mend *mend = hosts->mend;
    bool v4 = mend->family == FAMILY_4;
    cJSON *list;

    cJSON_DeleteItemFromObjectCaseSensitive(mend->dhcp, "reservation-mode");
    cJSON_DeleteItemFromObjectCaseSensitive(mend->dhcp, "host-reservation-identifiers");
    list = mend_list(mend, mend->dhcp, "host-reservation-identifiers");
    if (hosts->by_client)
        cJSON_AddItemToArray(list, cJSON_CreateString(v4 ? "client-id" : "duid"));
    cJSON_AddItemToArray(list, cJSON_CreateString("hw-address"));
    mend_bool(mend, mend->dhcp, "reservations-global", true);
    mend_bool(mend, mend->dhcp, "reservations-in-subnet", true);
    if (hosts->shared_address)
        mend_bool(mend, mend->dhcp, "ip-reservations-unique", false);
}

void mend_hosts(struct mend *mend)
{
    const struct reduction *reduction = mend->reduction;
    struct hosts hosts = {.mend = mend};
    cJSON *old;

    hosts.converted = calloc(reduction->mark_count + 1, sizeof(cJSON *));
    if (!hosts.converted || !hcreate_r(reduction->host_count * 8 + 64, &hosts.seen)) {
        free(hosts.converted);
        mend->no_memory = true;
        return;
    }
    converted_collect(&hosts);
    old = cJSON_DetachItemFromObjectCaseSensitive(mend->dhcp, "reservations");
    mend_each_subnet(mend, place_add, &hosts);
    for (size_t i = 0; i < reduction->host_count && !mend->no_memory; i++)
        host_add(&hosts, &reduction->hosts[i]);
    settings_put(&hosts);
    if (reduction->host_count > 0)
        findings_moved(mend->findings, "hosts", reduction->host_count);
    cJSON_Delete(old);
    hdestroy_r(&hosts.seen);
    free(hosts.converted);
    free(hosts.places);
}
