/* SPDX-License-Identifier: MPL-2.0 */
/* Hosts: there may be millions, so nothing is kept of each. */
#include "lint.h"

#include "common/base/bytes.h"
#include "common/dhcp/codes.h"
#include "frame/pending.h"
#include "json/record/json.h"

#include <string.h>

/* ---- Targets ---------------------------------------------------------------------------------------------------- */

/* A host's own target, and the target that it is armed with. */
static const struct {
    const char *key;
    const char *problem; /* %s: the target */
    const char *fix;     /* %s: the target, the host */
} wishes[] = {
    {"target",    "there is no target %s: target `default` applies",
     "netbootctl target set %s --script FILE, or netbootctl host set %s --target TARGET"                                                                                                },
    {"boot once", "there is no target %s: the host boots its regular target and stays armed",
     "netbootctl target set %s --script FILE, or netbootctl host set %s --no-once"                                                                                                      },
    {"boot once",
     "target %s is of a kind whose boots cannot be seen: the host boots its regular target and stays armed", "netbootctl target set %s --kind boot, or netbootctl host set %s --no-once"},
};

enum { WISH_REGULAR, WISH_ONCE, WISH_KIND };

static void target_found(struct lint *lint, unsigned wish, const char *target, const char *first, uint64_t count)
{
    char problem[256], fix[512 + NETBOOT_RECORD_TEXT_SIZE];

    snprintf(problem, sizeof(problem), wishes[wish].problem, target);
    snprintf(fix, sizeof(fix), wishes[wish].fix, target, record_name(first));
    lint_found(lint, LINT_MISSING_TARGET,
               &(struct lint_finding){
                   .record = first, .key = wishes[wish].key, .problem = problem, .fix = fix, .count = count});
}

/* Many hosts may have the same target: it is reported once. The key is a digit and the target. */
static void target_note(struct lint *lint, unsigned wish, struct netboot_bytes target,
                        const struct netboot_record *host)
{
    char key[1 + NETBOOT_NAME_MAX + 1], text[NETBOOT_RECORD_TEXT_SIZE];

    snprintf(key, sizeof(key), "%u%.*s", wish, (int)target.size, (const char *)target.data);
    netboot_record_text(host, text);
    if (!tally_add(&lint->missing_targets, key, text))
        target_found(lint, wish, key + 1, text, 1);
}

void lint_host_target(struct lint *lint, const struct netboot_record *record)
{
    const struct netboot_host *host = &record->host;
    struct netboot_once once;

    if (host->target.size > 0 && !policy_target(&lint->policy, host->target))
        target_note(lint, WISH_REGULAR, host->target, record);
    if (!lint->any_armed || !pending_find(lint->session->view, host, &once))
        return;
    const struct netboot_bytes name = {(const uint8_t *)once.target, strlen(once.target)};
    const struct netboot_target *target = policy_target(&lint->policy, name);
    if (!target)
        target_note(lint, WISH_ONCE, name, record);
    else if (target->kind != NETBOOT_KIND_BOOT && target->kind != NETBOOT_KIND_LOCAL)
        target_note(lint, WISH_KIND, name, record);
}

static void target_tallied(const struct tally_row *row, void *user)
{
    target_found(user, (unsigned)(row->key[0] - '0'), row->key + 1, row->first, row->count);
}

void lint_missing_targets(struct lint *lint)
{
    tally_each(&lint->missing_targets, target_tallied, lint);
}

/* ---- Identifiers ------------------------------------------------------------------------------------------------ */

/* The identifier inside a DUID (RFC 8415, section 11; RFC 6355), which the machine shows over DHCPv4. */
static bool id_inside(const struct netboot_id *duid, struct netboot_id *ret)
{
    static const struct {
        unsigned type;
        size_t before, size;
        enum netboot_id_type id;
    } kinds[] = {
        {DUID_LLT,  8, NETBOOT_MAC_SIZE,  NETBOOT_ID_MAC },
        {DUID_LL,   4, NETBOOT_MAC_SIZE,  NETBOOT_ID_MAC },
        {DUID_UUID, 2, NETBOOT_UUID_SIZE, NETBOOT_ID_UUID},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (duid->size != kinds[i].before + kinds[i].size || be_get16(duid->value) != kinds[i].type)
            continue;
        if (kinds[i].id == NETBOOT_ID_MAC && be_get16(duid->value + 2) != HARDWARE_ETHERNET)
            continue;
        *ret = (struct netboot_id){.type = kinds[i].id, .size = (uint8_t)kinds[i].size};
        memcpy(ret->value, duid->value + kinds[i].before, kinds[i].size);
        return true;
    }
    return false;
}

/* A record's key is its first identifier, so that it tells hosts apart. */
static bool is_same_host(const struct netboot_host *a, const struct netboot_host *b)
{
    return a->ids.count > 0 && b->ids.count > 0 && a->ids.items[0].size == b->ids.items[0].size &&
           memcmp(a->ids.items[0].data, b->ids.items[0].data, a->ids.items[0].size) == 0;
}

static void shared_found(struct lint *lint, const struct netboot_record *host, const struct netboot_id *id,
                         const struct netboot_record *other)
{
    char record[NETBOOT_RECORD_TEXT_SIZE], other_record[NETBOOT_RECORD_TEXT_SIZE], text[NETBOOT_ID_TEXT_SIZE],
        problem[3 * NETBOOT_RECORD_TEXT_SIZE], fix[3 * NETBOOT_RECORD_TEXT_SIZE + 128];

    netboot_record_text(host, record);
    netboot_record_text(other, other_record);
    netboot_id_text(id, text);
    snprintf(problem, sizeof(problem),
             "%s belongs to %s, too: the host of the machine depends on the identifiers that it sends", text,
             other_record);
    snprintf(fix, sizeof(fix),
             "merge them, with netbootctl host delete %s and netbootctl host set %s with all identifiers, or remove "
             "the wrong identifier with --no-id",
             record_name(record), record_name(other_record));
    lint_found(
        lint, LINT_SHARED_ID,
        &(struct lint_finding){
            .record = record, .key = id->type == NETBOOT_ID_MAC ? "MAC" : "UUID", .problem = problem, .fix = fix});
}

/* The store refuses an identifier of another host, a UUID in either byte order. But a DUID that is made of one is
 * another identifier, and a store that another program wrote may have anything. */
void lint_host_ids(struct lint *lint, const struct netboot_record *record)
{
    const struct netboot_host *host = &record->host;
    struct netboot_record other;
    struct netboot_id id, inside;

    for (size_t i = 0; netboot_host_id(host, i, &id) == 0; i++) {
        bool look = id.type == NETBOOT_ID_UUID;
        if (id.type == NETBOOT_ID_DUID && (look = id_inside(&id, &inside)))
            id = inside;
        if (look && host_get(lint->session->view, &id, &other) == 0 && !is_same_host(host, &other.host))
            shared_found(lint, record, &id, &other);
    }
}

/* ---- UUIDs that identify nothing -------------------------------------------------------------------------------- */

/* AMI's firmware has this UUID if the manufacturer set none. The store itself refuses all zeros and all ones. */
static bool is_unset(const uint8_t *uuid)
{
    static const uint8_t unset[NETBOOT_UUID_SIZE] = {0x03, 0x00, 0x02, 0x00, 0x04, 0x00, 0x05, 0x00,
                                                     0x00, 0x06, 0x00, 0x07, 0x00, 0x08, 0x00, 0x09};
    uint8_t swapped[NETBOOT_UUID_SIZE];

    swap_uuid(swapped, unset);
    return memcmp(uuid, unset, sizeof(unset)) == 0 || memcmp(uuid, swapped, sizeof(swapped)) == 0;
}

void lint_host_uuid(struct lint *lint, const struct netboot_record *record)
{
    const struct netboot_host *host = &record->host;
    char text[NETBOOT_RECORD_TEXT_SIZE], value[NETBOOT_ID_TEXT_SIZE], problem[NETBOOT_ID_TEXT_SIZE + 128],
        fix[3 * NETBOOT_RECORD_TEXT_SIZE];
    struct netboot_id id;

    for (size_t i = 0; netboot_host_id(host, i, &id) == 0; i++) {
        if (id.type != NETBOOT_ID_UUID || !is_unset(id.value))
            continue;
        netboot_record_text(record, text);
        netboot_id_text(&id, value);
        snprintf(problem, sizeof(problem),
                 "many machines have %s: each one without another known identifier gets this host", value);
        snprintf(fix, sizeof(fix), "netbootctl host set %s --no-id %s, with --mac MAC if it has no other",
                 record_name(text), value);
        lint_found(lint, LINT_COMMON_UUID,
                   &(struct lint_finding){.record = text, .key = "UUID", .problem = problem, .fix = fix});
    }
}
