/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Values that machines are sent: whether those who get one can load it, and whether it fits. The decision itself says
 * so, with the longest texts for the placeholders.
 */
#include "lint.h"

#include "common/base/bytes.h"
#include "common/dhcp/codes.h"

struct value_check {
    struct lint *lint;
    uint64_t hosts; /* hosts that have the value */
};

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

#define WAYS_SIZE 128
/* "IPv4 PXE and IPv6 PXE" */
static const char *ways_text(unsigned bits, char text[WAYS_SIZE])
{
    size_t used = 0;

    text[0] = '\0';
    for (enum way way = 0; way < WAYS; way++) {
        if (!(bits >> way & 1))
            continue;
        const char *before = used == 0 ? "" : bits >> way == 1 ? " and " : ", ";
        used += (size_t)snprintf(text + used, WAYS_SIZE - used, "%s%s", before, ways[way].name);
    }
    return text;
}

static void value_found(const struct value_check *check, const struct value *value, enum lint_code code,
                        const char *problem, const char *fix)
{
    char file[NETBOOT_FILE_SIZE];

    snprintf(file, sizeof(file), "%.*s", (int)value->file.size, (const char *)value->file.data);
    lint_found(check->lint, code,
               &(struct lint_finding){.record = value->record,
                                      .key = value->key,
                                      .file = file,
                                      .problem = problem,
                                      .fix = fix,
                                      .count = check->hosts});
}

/* ---- What cannot be loaded -------------------------------------------------------------------------------------- */

static const struct {
    enum netboot_finding finding;
    enum lint_code code;
    const char *problem; /* %s: the ways */
    const char *fix;     /* %s: the command */
} unusable[] = {
    {NETBOOT_FINDING_SCHEME, LINT_WRONG_SCHEME, "is a URL with a scheme that %s clients cannot load",
     "use a path, which each client can load: %s"                                                                                               },
    {NETBOOT_FINDING_FAMILY, LINT_WRONG_FAMILY, "is a URL with an address that %s clients cannot reach",
     "use a path, which each client loads from its site's server: %s"                                                                           },
    {NETBOOT_FINDING_URL,    LINT_UNUSABLE_URL,
     "is a URL that %s clients cannot use: it is malformed, or a tftp URL with a port, a user name or no path", "use a path, or another URL: %s"},
};

#define UNUSABLE (sizeof(unusable) / sizeof(unusable[0]))

static void unusable_found(const struct value_check *check, const struct value *value, const unsigned bits[UNUSABLE])
{
    char text[WAYS_SIZE], problem[256], fix[NETBOOT_RECORD_TEXT_SIZE + 512];

    for (size_t i = 0; i < UNUSABLE; i++) {
        if (bits[i] == 0)
            continue;
        snprintf(problem, sizeof(problem), unusable[i].problem, ways_text(bits[i], text));
        snprintf(fix, sizeof(fix), unusable[i].fix, value->fix);
        value_found(check, value, unusable[i].code, problem, fix);
    }
}

/* ---- What does not fit ------------------------------------------------------------------------------------------ */

/* The first way in which the name is too long, and the first in which it does not fit into the field. */
struct lengths {
    bool too_long, long_for_field;
    enum way way, field_way;
    const struct netboot_site *site;
    unsigned size;
};

static void length_note(struct lengths *lengths, enum way way, enum netboot_finding finding,
                        const struct netboot_site *site, const struct netboot_decision *decision)
{
    if (finding == NETBOOT_FINDING_TOO_LONG && !lengths->too_long) {
        lengths->too_long = true;
        lengths->way = way;
        lengths->site = site;
    }
    if (finding == NETBOOT_FINDING_TAKEN && way == WAY_PXE4 && decision->boot_file_size > FILE_FIELD_MAX) {
        lengths->long_for_field = true;
        lengths->size = decision->boot_file_size;
    }
}

static void lengths_found(const struct value_check *check, const struct value *value, const struct lengths *lengths)
{
    char problem[512], fix[NETBOOT_RECORD_TEXT_SIZE + 512];

    snprintf(fix, sizeof(fix), "use a shorter one: %s", value->fix);
    if (lengths->too_long) {
        snprintf(problem, sizeof(problem),
                 "is too long for %s clients at site %.*s, with placeholders filled in and appended to its server: at "
                 "most %d octets fit",
                 ways[lengths->way].name, (int)lengths->site->name.size, (const char *)lengths->site->name.data,
                 ways[lengths->way].family == NETBOOT_V4 ? 255 : NETBOOT_FILE_SIZE - 1);
        value_found(check, value, LINT_NAME_TOO_LONG, problem, fix);
    } else if (lengths->long_for_field) {
        snprintf(problem, sizeof(problem),
                 "has %u octets with placeholders filled in: more than %d fit only into option 67, but some firmware "
                 "reads only the field `file`",
                 lengths->size, FILE_FIELD_MAX);
        value_found(check, value, LINT_NAME_LONG, problem, fix);
    }
}

/* ---- One value -------------------------------------------------------------------------------------------------- */

static void value_check(const struct value *value, void *user)
{
    const struct value_check *check = user;
    const struct policy *policy = &check->lint->policy;
    struct netboot_client who = {.has_mac = true, .has_uuid = true, .platform = value->platform};
    struct netboot_bytes target = value->target.size > 0 ? value->target : policy->longest_target;
    struct netboot_decision decision;
    struct lengths lengths = {.too_long = false};
    unsigned bits[UNUSABLE] = {0};

    if (value->by_script || value->file.size == 0)
        return;
    if (value->platform == NETBOOT_PLATFORM_NONE)
        who.platform = policy->longest_platform;
    for (enum way way = 0; way < WAYS; way++) {
        const struct netboot_site *site = policy_longest_site(policy, way, value->file);
        bool asked = ways[way].stage == NETBOOT_STAGE_IPXE ? value->ipxe : value->firmware;
        if (!asked || !policy->in_use[way] || !site)
            continue;
        enum netboot_finding finding = way_resolve(way, &who, site, target, value->file, &decision);
        length_note(&lengths, way, finding, site, &decision);
        if (finding == NETBOOT_FINDING_FAMILY && !memmem(value->file.data, value->file.size, "://", 3))
            continue; /* a missing base is a finding of the site */
        for (size_t i = 0; i < UNUSABLE; i++)
            bits[i] |= finding == unusable[i].finding ? 1u << way : 0;
    }
    unusable_found(check, value, bits);
    lengths_found(check, value, &lengths);
}

void lint_loader_value(struct lint *lint, const struct netboot_record *loader)
{
    loader_values(&loader->loader, value_check, &(struct value_check){lint, 0});
}

void lint_target_values(struct lint *lint, const struct netboot_record *target)
{
    target_values(&target->target, value_check, &(struct value_check){lint, 0});
}

/* ---- Values that many hosts share ------------------------------------------------------------------------------- */

static void host_value_note(const struct value *value, void *user)
{
    struct lint *lint = user;
    char key[HOST_VALUE_KEY_SIZE];

    if (!tally_add(&lint->host_values, host_value_key(value, key), value->record))
        value_check(value, &(struct value_check){lint, 0});
}

void lint_host_values(struct lint *lint, const struct netboot_record *host)
{
    host_values(host, host_value_note, lint);
}

static void tallied_check(const struct tally_row *row, void *user)
{
    host_value_of(row->key, row->first, value_check, &(struct value_check){user, row->count});
}

void lint_host_values_tallied(struct lint *lint)
{
    tally_each(&lint->host_values, tallied_check, lint);
}
