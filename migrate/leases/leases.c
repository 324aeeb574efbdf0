/* SPDX-License-Identifier: MPL-2.0 */
#include "leases.h"

#include "common/base/failure.h"
#include "migrate/base/migration.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct lease_reading {
    struct leases *leases;
    struct arena *kept;   /* what lasts */
    struct arena passing; /* the statement at hand */
    struct findings *findings;
    bool big_endian; /* IAIDs */
    int status;
};

static struct lease *lease_new(struct lease_reading *reading)
{
    struct leases *leases = reading->leases;

    if (leases->count == leases->room) {
        size_t room = leases->room ? leases->room * 2 : 1024;
        struct lease *rows = reallocarray(leases->rows, room, sizeof(*rows));
        if (!rows) {
            reading->status = -ENOMEM;
            return NULL;
        }
        leases->rows = rows;
        leases->room = room;
    }
    struct lease *lease = &leases->rows[leases->count];
    *lease = (struct lease){.order = leases->count++, .prefix_length = 128};
    return lease;
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

/* "ends 4 2022/12/01 10:00:00", UTC; "ends epoch 1669888800"; "ends never". False: no time. */
static bool time_read(const struct statement *statement, uint64_t *ret)
{
    struct tm tm = {0};
    const char *first = statement ? statement_word(statement, 1) : "";

    *ret = 0;
    if (strcmp(first, "never") == 0) {
        *ret = UINT64_MAX;
        return true;
    }
    if (strcmp(first, "epoch") == 0) {
        *ret = strtoull(statement_word(statement, 2), NULL, 10);
        return true;
    }
    if (!statement || sscanf(statement_word(statement, 2), "%d/%d/%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3 ||
        sscanf(statement_word(statement, 3), "%d:%d:%d", &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 3)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t time = timegm(&tm);
    *ret = time > 0 ? (uint64_t)time : 0;
    return true;
}

static uint32_t number_read(const struct statement *parent, const char *words)
{
    const struct statement *statement = statement_child(parent, words);

    return statement ? (uint32_t)strtoul(statement_word(statement, 1), NULL, 10) : 0;
}

static enum lease_state state_read(const struct statement *parent)
{
    const struct statement *state = statement_child(parent, "binding state");

    if (!state)
        return statement_child(parent, "abandoned") ? LEASE_DECLINED : LEASE_ACTIVE;
    if (strcmp(statement_word(state, 2), "active") == 0)
        return LEASE_ACTIVE;
    return strcmp(statement_word(state, 2), "abandoned") == 0 ? LEASE_DECLINED : LEASE_FREE;
}

static struct netboot_bytes octets_read(struct lease_reading *reading, const struct statement *statement,
                                        unsigned index)
{
    struct netboot_bytes ret = {NULL, 0};

    if (!statement)
        return ret;
    if (statement_word(statement, index)[0] == '"')
        ret = word_octets(statement_word(statement, index), reading->kept);
    else
        word_hex(statement_word(statement, index), reading->kept, &ret);
    return ret;
}

static const char *hostname_read(struct lease_reading *reading, const struct statement *parent)
{
    const struct statement *statement = statement_child(parent, "client-hostname");

    return statement ? (const char *)word_octets(statement_word(statement, 1), reading->kept).data : NULL;
}

static uint32_t lifetime(uint64_t from, uint64_t to)
{
    if (to == UINT64_MAX)
        return LEASE_FOREVER;
    return to > from && to - from < LEASE_FOREVER ? (uint32_t)(to - from) : 0;
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

static void lease4_read(struct lease_reading *reading, const struct statement *statement)
{
    uint8_t address[4];
    uint64_t starts, ends;
    struct lease *lease;

    if (inet_pton(AF_INET, statement_word(statement, 1), address) != 1 || !(lease = lease_new(reading)))
        return;
    memcpy(lease->address, address, 4);
    lease->state = state_read(statement);
    time_read(statement_child(statement, "starts"), &starts);
    time_read(statement_child(statement, "ends"), &ends);
    lease->valid = lifetime(starts, ends);
    lease->ends = ends == UINT64_MAX ? starts + LEASE_FOREVER : ends;
    lease->hardware = octets_read(reading, statement_child(statement, "hardware"), 2);
    lease->client = octets_read(reading, statement_child(statement, "uid"), 1);
    lease->hostname = hostname_read(reading, statement);
}

/* dhcpd writes the IAID as it has it in memory. */
static uint32_t iaid_of(const struct lease_reading *reading, const uint8_t *octets)
{
    uint32_t big = (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];

    return reading->big_endian ? big : __builtin_bswap32(big);
}

static void address6_read(struct lease_reading *reading, const struct statement *statement, struct netboot_bytes key,
                          uint64_t cltt)
{
    bool prefix = statement_is(statement, "iaprefix");
    char text[64];
    uint8_t address[16];
    uint64_t ends;
    struct lease *lease;

    snprintf(text, sizeof(text), "%.60s", statement_word(statement, 1));
    char *slash = strchr(text, '/');
    if (slash)
        *slash++ = '\0';
    if (inet_pton(AF_INET6, text, address) != 1 || !(lease = lease_new(reading)))
        return;
    memcpy(lease->address, address, 16);
    lease->is_prefix = prefix;
    if (prefix && slash)
        lease->prefix_length = (uint8_t)strtoul(slash, NULL, 10);
    lease->state = state_read(statement);
    time_read(statement_child(statement, "ends"), &ends);
    lease->valid = number_read(statement, "max-life");
    lease->preferred = number_read(statement, "preferred-life");
    if (lease->valid == 0)
        lease->valid = lifetime(cltt, ends);
    lease->ends = ends == UINT64_MAX ? cltt + LEASE_FOREVER : ends;
    lease->iaid = iaid_of(reading, key.data);
    lease->client = (struct netboot_bytes){key.data + 4, key.size - 4};
}

static void ia_read(struct lease_reading *reading, const struct statement *statement)
{
    struct netboot_bytes key = word_octets(statement_word(statement, 1), reading->kept);
    uint64_t cltt;

    if (!key.data || key.size < 5)
        return;
    time_read(statement_child(statement, "cltt"), &cltt);
    for (const struct statement *at = statement->child; at; at = at->next) {
        bool is_address = statement_is(at, "iaaddr") || statement_is(at, "iaprefix");
        if (is_address && statement_is(statement, "ia-ta"))
            reading->leases->temporary += state_read(at) == LEASE_ACTIVE;
        else if (is_address)
            address6_read(reading, at, key, cltt);
    }
}

/* A host replaces the one of its name; one that is deleted goes. */
static void host_read(struct lease_reading *reading, struct statement *host)
{
    struct statement **at = &reading->leases->hosts;

    while (*at && strcmp(statement_word(*at, 1), statement_word(host, 1)) != 0)
        at = &(*at)->next;
    host->next = *at ? (*at)->next : NULL;
    if (!statement_child(host, "deleted"))
        *at = host;
    else if (*at)
        *at = (*at)->next;
}

static void find_unread(struct lease_reading *reading, const struct statement *statement)
{
    findings_add(reading->findings,
                 &(struct finding){.severity = FINDING_PERSON,
                                   .file = statement->file,
                                   .line = statement->line,
                                   .text = statement->text,
                                   .why = "it was made over OMAPI while dhcpd ran, and is not read here",
                                   .fix = "write it into dhcpd.conf, and migrate again"});
}

static void record_read(struct lease_reading *reading, const struct statement *statement)
{
    struct leases *leases = reading->leases;

    if (statement_is(statement, "lease"))
        lease4_read(reading, statement);
    else if (statement_is(statement, "ia-na") || statement_is(statement, "ia-pd") || statement_is(statement, "ia-ta"))
        ia_read(reading, statement);
    else if (statement_is(statement, "server-duid"))
        leases->server_duid = octets_read(reading, statement, 1);
    else if (statement_is(statement, "authoring-byte-order"))
        reading->big_endian = strcmp(statement_word(statement, 1), "big-endian") == 0;
    else if (statement_is(statement, "group") || statement_is(statement, "subclass") ||
             statement_is(statement, "class"))
        find_unread(reading, statement);
    if (statement_is(statement, "lease") || statement_is(statement, "ia-na") || statement_is(statement, "ia-pd") ||
        statement_is(statement, "ia-ta") || statement_is(statement, "server-duid"))
        leases->family = statement_is(statement, "lease") ? FAMILY_4 : FAMILY_6;
}

static int address_order(const void *one, const void *other)
{
    const struct lease *a = one, *b = other;
    int order = memcmp(a->address, b->address, sizeof(a->address));

    if (order == 0)
        order = (int)a->is_prefix - (int)b->is_prefix;
    if (order == 0)
        return a->order < b->order ? -1 : 1;
    return order;
}

static bool same_address(const struct lease *one, const struct lease *other)
{
    return memcmp(one->address, other->address, sizeof(one->address)) == 0 && one->is_prefix == other->is_prefix;
}

/* dhcpd only ever appends: the last record of an address is how it is. */
static void last_keep(struct leases *leases)
{
    size_t kept = 0;

    if (leases->count > 0)
        qsort(leases->rows, leases->count, sizeof(*leases->rows), address_order);
    for (size_t i = 0; i < leases->count; i++)
        if (i + 1 == leases->count || !same_address(&leases->rows[i], &leases->rows[i + 1]))
            leases->rows[kept++] = leases->rows[i];
    leases->count = kept;
}

int leases_read(const char *file, struct arena *memory, struct leases *ret, struct findings *findings,
                struct netboot_error *error)
{
    struct lease_reading reading = {.leases = ret, .kept = memory, .findings = findings};
    struct statement_reader reader;
    struct statement *statement;
    int status;

    *ret = (struct leases){.file = file, .family = -1};
    status = statement_reader_open(&reader, file, error);
    if (status != 0)
        return status;
    for (;;) {
        struct statement_reader before = reader;
        arena_reset(&reading.passing);
        status = statement_next(&reader, &reading.passing, &statement, error);
        if (status <= 0)
            break;
        if (statement_is(statement, "host")) { /* once more, to stay */
            reader = before;
            status = statement_next(&reader, memory, &statement, error);
            if (status <= 0)
                break;
            host_read(&reading, statement);
        }
        record_read(&reading, statement);
        if (reading.status != 0) {
            status = failure(error, reading.status, "out of memory");
            break;
        }
    }
    statement_reader_close(&reader);
    arena_free(&reading.passing);
    last_keep(ret);
    return status;
}

void leases_free(struct leases *leases)
{
    free(leases->rows);
    leases->rows = NULL;
}
