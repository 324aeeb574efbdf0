/* SPDX-License-Identifier: MPL-2.0 */
/* Clients of all platforms and all hosts. */
#include "verify.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Of a machine's kinds, these go on from the offer to the lease. */
#define REQUESTS .requests = true

static const struct kind kinds4[] = {
    {"ordinary",      -1, NULL,                                NULL,   REQUESTS         },
    {"x86-bios",      0,  "PXEClient:Arch:00000:UNDI:002001",  NULL,   .requests = false},
    {"x86-uefi",      6,  "PXEClient:Arch:00006:UNDI:003016",  NULL,   .requests = false},
    {"x64-uefi",      7,  "PXEClient:Arch:00007:UNDI:003016",  NULL,   REQUESTS         },
    {"x64-uefi (9)",  9,  "PXEClient:Arch:00009:UNDI:003016",  NULL,   .requests = false},
    {"arm64-uefi",    11, "PXEClient:Arch:00011:UNDI:003016",  NULL,   .requests = false},
    {"x64-uefi HTTP", 16, "HTTPClient:Arch:00016:UNDI:003001", NULL,   .requests = false},
    {"iPXE x86-bios", 0,  "PXEClient:Arch:00000:UNDI:002001",  "iPXE", .requests = false},
    {"iPXE x64-uefi", 7,  "PXEClient:Arch:00007:UNDI:003016",  "iPXE", .requests = false},
};

static const struct kind kinds6[] = {
    {"ordinary",      -1, NULL,                                NULL,   REQUESTS         },
    {"x64-uefi",      7,  "PXEClient:Arch:00007:UNDI:003016",  NULL,   REQUESTS         },
    {"arm64-uefi",    11, "PXEClient:Arch:00011:UNDI:003016",  NULL,   .requests = false},
    {"x64-uefi HTTP", 16, "HTTPClient:Arch:00016:UNDI:003001", NULL,   .requests = false},
    {"iPXE x64-uefi", 7,  "PXEClient:Arch:00007:UNDI:003016",  "iPXE", .requests = false},
};

/* Where the old configuration has what they ask for. */
static const struct kind bootp = {"BOOTP", -1, NULL, NULL, .bootp = true};
static const struct kind rapid = {"ordinary, rapid commit", -1, NULL, NULL, .rapid = true};

static const struct kind probing = {.name = "probe", .arch = -1};

struct client bench_probe(const struct client *client)
{
    static const struct requested nothing;
    struct client probe = {
        .family = client->family,
        .kind = &probing,
        .subnet = "",
        .mac = {0x02, 0xed, 0, 0, 0, 1},
        .xid = client->xid ^ PROBE_XID,
        .requested = &nothing
    };

    inet_pton(client->family == FAMILY_4 ? AF_INET : AF_INET6,
              client->family == FAMILY_4 ? BENCH_PROBE4 ".1" : BENCH_PROBE6 "1", probe.link);
    return probe;
}

/* ---- Who there is ----------------------------------------------------------------------------------------------- */

struct making {
    struct clients *clients;
    struct arena *memory;
    const struct statement *top;
    int family;
    size_t sample, hosts, host_count;
    uint32_t unknown;
    bool bootp, rapid, prefixes; /* the old configuration has such */
};

static struct client *client_new(struct making *making)
{
    struct clients *clients = making->clients;

    if (clients->count == clients->room) {
        size_t room = clients->room ? clients->room * 2 : 256;
        struct client *rows = reallocarray(clients->rows, room, sizeof(*rows));
        if (!rows) {
            clients->no_memory = true;
            return NULL;
        }
        clients->rows = rows;
        clients->room = room;
    }
    struct client *client = &clients->rows[clients->count];
    *client = (struct client){.family = making->family,
                              .xid = (uint32_t)++clients->count,
                              .requested = &clients->requested,
                              .prefixes = making->prefixes};
    return client;
}

static bool is_subnet(int family, const struct statement *statement)
{
    return statement->block && statement_is(statement, family == FAMILY_4 ? "subnet" : "subnet6");
}

/* The address of a relay in a subnet: the first after the network's own. */
static bool relay_of(int family, const struct statement *subnet, uint8_t ret[16])
{
    char text[64];

    memset(ret, 0, 16);
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(statement_word(subnet, 1), "/"), statement_word(subnet, 1));
    if (inet_pton(family == FAMILY_4 ? AF_INET : AF_INET6, text, ret) != 1)
        return false;
    ret[family == FAMILY_4 ? 3 : 15] |= 1;
    return true;
}

static bool holds(int family, const struct statement *subnet, const char *address)
{
    uint8_t network[16] = {0}, octets[16] = {0}, mask[16] = {0};
    const char *slash = strchr(statement_word(subnet, 1), '/');

    if (!relay_of(family, subnet, network))
        return false;
    if (inet_pton(family == FAMILY_4 ? AF_INET : AF_INET6, address, octets) != 1)
        return false;
    if (family == FAMILY_4)
        inet_pton(AF_INET, statement_word(subnet, 3), mask);
    for (unsigned bit = 0; slash && bit < strtoul(slash + 1, NULL, 10) && bit < 128; bit++)
        mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    for (int i = 0; i < 16; i++)
        if ((network[i] ^ octets[i]) & mask[i])
            return false;
    return true;
}

/* The subnet that holds an address; the first of all for NULL. */
static const struct statement *subnet_find(int family, const struct statement *list, const char *address)
{
    const struct statement *found = NULL;

    for (; list && !found; list = list->next)
        found = is_subnet(family, list) && (!address || holds(family, list, address))
                    ? list
                    : subnet_find(family, list->child, address);
    return found;
}

static void machine_add(struct making *making, const struct statement *subnet, const struct kind *kinds, size_t count)
{
    uint32_t number = ++making->unknown; /* one machine for all kinds: small pools last */

    for (size_t i = 0; i < count; i++) {
        struct client *client = client_new(making);
        if (!client || !relay_of(making->family, subnet, client->link))
            continue;
        client->kind = &kinds[i];
        client->subnet = statement_word(subnet, 1);
        client->scope = subnet;
        /* Octets of two digits each: what is made of the others is announced apart. */
        client->mac[0] = 0xa2;
        client->mac[1] = 0xee;
        for (unsigned octet = 0; octet < 4; octet++)
            client->mac[5 - octet] = (uint8_t)(0x10 + (number >> 6 * octet & 0x3f));
    }
}

static void unknown_add(struct making *making, const struct statement *subnet)
{
    if (making->family == FAMILY_4)
        machine_add(making, subnet, kinds4, COUNT(kinds4));
    else
        machine_add(making, subnet, kinds6, COUNT(kinds6));
    if (making->bootp)
        machine_add(making, subnet, &bootp, 1);
    if (making->rapid)
        machine_add(making, subnet, &rapid, 1);
}

static struct netboot_bytes octets_of(struct making *making, const char *word)
{
    struct netboot_bytes ret = {NULL, 0};

    if (word[0] == '"')
        ret = word_octets(word, making->memory);
    else
        word_hex(word, making->memory, &ret);
    return ret;
}

static void host_client_add(struct making *making, const struct statement *host, const struct kind *kind,
                            const char *address)
{
    const struct statement *hardware = statement_child(host, "hardware ethernet"), *id = NULL;
    const struct statement *subnet = subnet_find(making->family, making->top, address);
    struct netboot_bytes mac = hardware ? octets_of(making, statement_word(hardware, 2)) : (struct netboot_bytes){0};
    struct client *client = subnet ? client_new(making) : NULL;

    if (!client || !relay_of(making->family, subnet, client->link))
        return;
    client->kind = kind;
    client->host = statement_word(host, 1);
    client->subnet = statement_word(subnet, 1);
    client->scope = subnet;
    if (mac.size == 6)
        memcpy(client->mac, mac.data, 6);
    else
        memcpy(client->mac, "\x02\xef\0\0\0\1", 6);
    if (making->family == FAMILY_4 && (id = statement_child(host, "option dhcp-client-identifier")))
        client->id = octets_of(making, statement_word(id, 2));
    if (making->family == FAMILY_6 && (id = statement_child(host, "host-identifier option dhcp6.client-id")))
        client->id = octets_of(making, statement_word(id, 3));
}

static void host_add(struct making *making, const struct statement *host)
{
    const struct kind *kinds = making->family == FAMILY_4 ? kinds4 : kinds6;
    size_t count = making->family == FAMILY_4 ? COUNT(kinds4) : COUNT(kinds6), number = making->hosts++;
    const struct statement *fixed =
        statement_child(host, making->family == FAMILY_4 ? "fixed-address" : "fixed-address6");

    /* A sample is spread over all. */
    if (making->sample && making->sample < making->host_count &&
        number * making->sample / making->host_count == (number + 1) * making->sample / making->host_count)
        return;
    for (size_t i = 0; i < count; i++)
        host_client_add(making, host, &kinds[i], fixed ? statement_word(fixed, 1) : NULL);
    if (making->bootp && fixed)
        host_client_add(making, host, &bootp, statement_word(fixed, 1));
}

static size_t hosts_count(const struct statement *list)
{
    size_t count = 0;

    for (; list; list = list->next)
        count += (statement_is(list, "host") && list->block) + hosts_count(list->child);
    return count;
}

static void all_add(struct making *making, const struct statement *list)
{
    for (; list; list = list->next) {
        if (is_subnet(making->family, list))
            unknown_add(making, list);
        if (statement_is(list, "host") && list->block)
            host_add(making, list);
        all_add(making, list->child);
    }
}

/* Whether a word is in any statement but those of hosts' names. */
static bool has_word(const struct statement *list, const char *word)
{
    for (; list; list = list->next) {
        for (unsigned i = 0; i < list->word_count; i++)
            if (strcasecmp(list->words[i], word) == 0)
                return true;
        if (has_word(list->child, word))
            return true;
    }
    return false;
}

void clients_make(struct clients *clients, int family, const struct statement *top, size_t sample, struct arena *memory)
{
    struct making making = {.clients = clients,
                            .memory = memory,
                            .top = top,
                            .family = family,
                            .sample = sample,
                            .host_count = hosts_count(top)};

    if (family == FAMILY_4) {
        making.bootp = has_word(top, "dynamic-bootp") || has_word(top, "bootp");
    } else {
        making.rapid = has_word(top, "dhcp6.rapid-commit");
        making.prefixes = has_word(top, "prefix6") || has_word(top, "fixed-prefix6");
    }
    requested_read(&clients->requested, family, top, memory);
    all_add(&making, top);
}
