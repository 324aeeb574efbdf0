/* SPDX-License-Identifier: MPL-2.0 */
/* Leases in the form that Kea's memfile loads, and the server's DUID. */
#include "leases.h"

#include "common/base/failure.h"
#include "migrate/base/migration.h"
#include "json/record/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER4                                                                                                        \
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n"
#define HEADER6                                                                                                        \
    "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,"         \
    "hostname,hwaddr,state,user_context\n"

struct range {
    uint8_t prefix[16];
    unsigned length, id;
};

struct ranges {
    struct range *rows;
    size_t count;
    int family;
    bool no_memory;
};

/* ---- Subnets ---------------------------------------------------------------------------------------------------- */

static void range_add(struct ranges *ranges, const char *text, unsigned length, unsigned id)
{
    struct range range = {.length = length, .id = id};
    char address[64];
    struct range *rows;

    snprintf(address, sizeof(address), "%.*s", (int)strcspn(text, "/"), text);
    if (inet_pton(ranges->family == FAMILY_4 ? AF_INET : AF_INET6, address, range.prefix) != 1)
        return;
    rows = reallocarray(ranges->rows, ranges->count + 1, sizeof(*rows));
    if (!rows) {
        ranges->no_memory = true;
        return;
    }
    ranges->rows = rows;
    rows[ranges->count++] = range;
}

static void ranges_add(struct ranges *ranges, const cJSON *list)
{
    const cJSON *subnet, *pool;

    cJSON_ArrayForEach(subnet, list)
    {
        const char *text = json_text(subnet, "subnet"), *slash = text ? strchr(text, '/') : NULL;
        unsigned id = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(subnet, "id"));
        if (slash)
            range_add(ranges, text, (unsigned)strtoul(slash + 1, NULL, 10), id);
        /* Delegated prefixes need not be in the subnet. */
        cJSON_ArrayForEach(pool, cJSON_GetObjectItemCaseSensitive(subnet, "pd-pools"))
            range_add(ranges, json_text(pool, "prefix"),
                      (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(pool, "prefix-len")), id);
    }
}

static void ranges_of(const cJSON *dhcp, struct ranges *ranges)
{
    const char *key = ranges->family == FAMILY_4 ? "subnet4" : "subnet6";
    const cJSON *network;

    cJSON_ArrayForEach(network, cJSON_GetObjectItemCaseSensitive(dhcp, "shared-networks"))
        ranges_add(ranges, cJSON_GetObjectItemCaseSensitive(network, key));
    ranges_add(ranges, cJSON_GetObjectItemCaseSensitive(dhcp, key));
}

/* 0: of none. */
static unsigned subnet_of(const struct ranges *ranges, const uint8_t *address)
{
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->rows[i];
        unsigned whole = range->length / 8, rest = range->length % 8;
        if (memcmp(range->prefix, address, whole) == 0 &&
            (rest == 0 || (range->prefix[whole] ^ address[whole]) >> (8 - rest) == 0))
            return range->id;
    }
    return 0;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------ */

static void hex_write(FILE *out, struct netboot_bytes octets)
{
    for (size_t i = 0; i < octets.size; i++)
        fprintf(out, "%s%02x", i ? ":" : "", octets.data[i]);
}

/* Kea's files have commas as &#x2c. */
static void name_write(FILE *out, const char *name)
{
    for (; name && *name; name++)
        if (*name == ',')
            fputs("&#x2c", out);
        else if ((unsigned char)*name > ' ' && *name != 0x7f)
            fputc(*name, out);
}

static void line4_write(FILE *out, const struct lease *lease, unsigned subnet)
{
    static const struct netboot_bytes nobody = {NULL, 0};
    char text[INET6_ADDRSTRLEN];
    bool declined = lease->state == LEASE_DECLINED;

    fprintf(out, "%s,", inet_ntop(AF_INET, lease->address, text, sizeof(text)));
    hex_write(out, declined ? nobody : lease->hardware);
    fputc(',', out);
    hex_write(out, declined ? nobody : lease->client);
    fprintf(out, ",%u,%llu,%u,0,0,", lease->valid, (unsigned long long)lease->ends, subnet);
    name_write(out, declined ? NULL : lease->hostname);
    fprintf(out, ",%d,\n", declined);
}

static void line6_write(FILE *out, const struct lease *lease, unsigned subnet)
{
    static const uint8_t nobody[3] = {0}; /* as Kea writes the DUID of a declined address */
    char text[INET6_ADDRSTRLEN];
    bool declined = lease->state == LEASE_DECLINED;

    fprintf(out, "%s,", inet_ntop(AF_INET6, lease->address, text, sizeof(text)));
    hex_write(out, declined ? (struct netboot_bytes){nobody, sizeof(nobody)} : lease->client);
    fprintf(out, ",%u,%llu,%u,%u,%d,%u,%u,0,0,,,%d,\n", lease->valid, (unsigned long long)lease->ends, subnet,
            lease->preferred, lease->is_prefix ? 2 : 0, lease->iaid, lease->prefix_length, declined);
}

struct lease_counts {
    size_t moved, declined, prefixes, strange;
};

static void lines_write(FILE *out, const struct leases *leases, const struct ranges *ranges,
                        struct lease_counts *counts)
{
    for (size_t i = 0; i < leases->count; i++) {
        const struct lease *lease = &leases->rows[i];
        unsigned subnet = subnet_of(ranges, lease->address);
        if (lease->state == LEASE_FREE)
            continue;
        if (subnet == 0) {
            counts->strange++;
            continue;
        }
        *(lease->state == LEASE_DECLINED ? &counts->declined
          : lease->is_prefix             ? &counts->prefixes
                                         : &counts->moved) += 1;
        if (ranges->family == FAMILY_4)
            line4_write(out, lease, subnet);
        else
            line6_write(out, lease, subnet);
    }
}

static void counts_find(const struct leases *leases, const struct lease_counts *counts, struct findings *findings)
{
    char text[64];

    findings_moved(findings, leases->family == FAMILY_4 ? "IPv4 leases" : "IPv6 leases", counts->moved);
    if (counts->prefixes)
        findings_moved(findings, "leases of prefixes", counts->prefixes);
    if (counts->declined)
        findings_moved(findings, "declined addresses", counts->declined);
    if (counts->strange) {
        snprintf(text, sizeof(text), "%zu leases", counts->strange);
        findings_add(findings,
                     &(struct finding){.severity = FINDING_CHANGED,
                                       .file = leases->file,
                                       .text = text,
                                       .why = "their addresses are in no subnet of the configuration: left out",
                                       .differs = 0});
    }
    if (leases->temporary) {
        snprintf(text, sizeof(text), "%zu temporary addresses", leases->temporary);
        findings_add(findings, &(struct finding){.severity = FINDING_CHANGED,
                                                 .file = leases->file,
                                                 .text = text,
                                                 .why = "Kea has none (IA_TA): left out"});
    }
}

int leases_write(const struct leases *leases, const cJSON *dhcp, const char *path, struct findings *findings,
                 struct netboot_error *error)
{
    struct ranges ranges = {.family = leases->family};
    struct lease_counts counts = {0};
    FILE *out;
    bool ok;

    ranges_of(dhcp, &ranges);
    out = fopen(path, "we");
    ok = out && !ranges.no_memory;
    if (ok) {
        fputs(leases->family == FAMILY_4 ? HEADER4 : HEADER6, out);
        lines_write(out, leases, &ranges, &counts);
        ok = !ferror(out);
    }
    if (out && fclose(out) != 0)
        ok = false;
    free(ranges.rows);
    if (!ok)
        return failure(error, -EIO, "%s cannot be written: %s", path, strerror(errno));
    counts_find(leases, &counts, findings);
    return 0;
}

/* ---- The server's DUID ------------------------------------------------------------------------------------------ */

static uint32_t number(const uint8_t *octets, unsigned size)
{
    uint32_t ret = 0;

    for (unsigned i = 0; i < size; i++)
        ret = ret << 8 | octets[i];
    return ret;
}

static bool identifier_add(cJSON *id, struct netboot_bytes duid, size_t at)
{
    char text[2 * 130 + 1] = "";

    for (size_t i = at; i < duid.size && i - at < 130; i++)
        snprintf(text + 2 * (i - at), 3, "%02x", duid.data[i]);
    return cJSON_AddStringToObject(id, "identifier", text) != NULL;
}

/* RFC 8415 section 11. Kea is told of those with a type in its configuration. */
static cJSON *server_id(struct netboot_bytes duid)
{
    unsigned type = duid.size > 2 ? number(duid.data, 2) : 0;
    cJSON *id = cJSON_CreateObject();
    bool ok = false;

    if (id && type == 1 && duid.size > 8) /* LLT */
        ok = cJSON_AddStringToObject(id, "type", "LLT") &&
             cJSON_AddNumberToObject(id, "htype", number(duid.data + 2, 2)) &&
             cJSON_AddNumberToObject(id, "time", number(duid.data + 4, 4)) && identifier_add(id, duid, 8);
    else if (id && type == 2 && duid.size > 6) /* EN */
        ok = cJSON_AddStringToObject(id, "type", "EN") &&
             cJSON_AddNumberToObject(id, "enterprise-id", number(duid.data + 2, 4)) && identifier_add(id, duid, 6);
    else if (id && type == 3 && duid.size > 4) /* LL */
        ok = cJSON_AddStringToObject(id, "type", "LL") &&
             cJSON_AddNumberToObject(id, "htype", number(duid.data + 2, 2)) && identifier_add(id, duid, 4);
    if (ok)
        return id;
    cJSON_Delete(id);
    return NULL;
}

static int serverid_write(struct netboot_bytes duid, const char *path, struct netboot_error *error)
{
    FILE *out = fopen(path, "we");
    bool ok = out != NULL;

    if (out) {
        hex_write(out, duid);
        fputc('\n', out);
        ok = fclose(out) == 0;
    }
    return ok ? 0 : failure(error, -EIO, "%s cannot be written: %s", path, strerror(errno));
}

int leases_server_duid(const struct leases *leases, cJSON *dhcp, const char *path, struct findings *findings,
                       struct netboot_error *error)
{
    cJSON *id;

    if (!leases->server_duid.data)
        return 0;
    findings_moved(findings, "server DUID", 1);
    id = server_id(leases->server_duid);
    cJSON_DeleteItemFromObjectCaseSensitive(dhcp, "server-id");
    if (id)
        return cJSON_AddItemToObject(dhcp, "server-id", id) ? 0 : failure_no_memory(error);
    findings_add(findings,
                 &(struct finding){.severity = FINDING_PERSON,
                                   .file = leases->file,
                                   .text = "server-duid",
                                   .why = "Kea's configuration has no DUID of this type",
                                   .fix = "copy kea-dhcp6-serverid to /var/lib/kea/ before Kea's first start"});
    return serverid_write(leases->server_duid, path, error);
}
