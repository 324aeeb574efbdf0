/* SPDX-License-Identifier: MPL-2.0 */
/* Sites: their prefixes, and their servers. */
#include "lint.h"

#include "common/base/bytes.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* ---- Prefixes --------------------------------------------------------------------------------------------------- */

static bool is_default(const struct netboot_site *site)
{
    return bytes_equal(site->name, NETBOOT_NAME_DEFAULT);
}

void lint_site_prefix(struct lint *lint, const struct netboot_record *record)
{
    const struct netboot_site *site = &record->site;
    char text[NETBOOT_RECORD_TEXT_SIZE], fix[2 * NETBOOT_RECORD_TEXT_SIZE];

    if (site->prefixes.count > 0 || is_default(site))
        return;
    named_text(NETBOOT_RECORD_SITE, site->name, text);
    snprintf(fix, sizeof(fix), "netbootctl site set %s --prefix PREFIX, or netbootctl site delete %s",
             record_name(text), record_name(text));
    lint_found(
        lint, LINT_SITE_WITHOUT_PREFIX,
        &(struct lint_finding){
            .record = text, .key = "prefixes", .problem = "there is none: no client is at this site", .fix = fix});
}

/*
 * Prefixes may lie within others: the longest counts. A prefix has no effect if the next shorter one that holds it is
 * of the same site, or if longer ones have all of its addresses.
 */
struct site_prefix {
    struct netboot_bytes bytes; /* octet of length, then the address */
    const struct netboot_site *site;
    const struct site_prefix *parent; /* the next shorter one that holds it */
    uint64_t covered[2]; /* by longer ones, in units of 2^-128 of it, the low half first; 2^128 units are 0 again */
    bool has_children;
};

static int prefix_compare(const void *a, const void *b)
{
    struct netboot_bytes left = ((const struct site_prefix *)a)->bytes, right = ((const struct site_prefix *)b)->bytes;

    if (left.size != right.size)
        return left.size < right.size ? -1 : 1;
    int order = memcmp(left.data + 1, right.data + 1, left.size - 1);
    return order != 0 ? order : left.data[0] - right.data[0];
}

static bool prefix_holds(struct netboot_bytes outer, struct netboot_bytes inner)
{
    unsigned bits = outer.data[0], octets = bits / 8, rest = bits % 8;

    if (outer.size != inner.size || outer.data[0] > inner.data[0])
        return false;
    return memcmp(outer.data + 1, inner.data + 1, octets) == 0 &&
           (rest == 0 || ((outer.data[1 + octets] ^ inner.data[1 + octets]) >> (8 - rest)) == 0);
}

/* Counts a prefix that is so many bits longer. */
static void covered_add(uint64_t covered[2], unsigned bits)
{
    unsigned at = 128 - bits;
    uint64_t part = UINT64_C(1) << at % 64;

    covered[at / 64] += part;
    covered[1] += at < 64 && covered[0] < part;
}

/* Sorted, each prefix lies within the one before it, or within one that holds that one, or within none. */
static void prefixes_nest(struct site_prefix *prefixes, size_t count)
{
    struct site_prefix *open = NULL;

    for (size_t i = 0; i < count; i++) {
        struct site_prefix *prefix = &prefixes[i];
        while (open && !prefix_holds(open->bytes, prefix->bytes))
            open = (struct site_prefix *)open->parent;
        prefix->parent = open;
        if (open && open->bytes.data[0] < prefix->bytes.data[0]) {
            open->has_children = true;
            covered_add(open->covered, prefix->bytes.data[0] - open->bytes.data[0]);
        }
        open = prefix;
    }
}

static void prefix_found(struct lint *lint, const struct site_prefix *prefix, const char *problem)
{
    char text[NETBOOT_RECORD_TEXT_SIZE], key[NETBOOT_PREFIX_TEXT_SIZE + 16], shown[NETBOOT_PREFIX_TEXT_SIZE],
        fix[2 * NETBOOT_RECORD_TEXT_SIZE];

    named_text(NETBOOT_RECORD_SITE, prefix->site->name, text);
    snprintf(key, sizeof(key), "prefix %s", netboot_prefix_text(prefix->bytes, shown));
    snprintf(fix, sizeof(fix), "if this is a mistake: netbootctl site set %s with a --prefix for each of the others",
             record_name(text));
    lint_found(lint, LINT_PREFIX_WITHOUT_EFFECT,
               &(struct lint_finding){.record = text, .key = key, .problem = problem, .fix = fix});
}

static void prefix_check(struct lint *lint, const struct site_prefix *prefix)
{
    char problem[128], shown[NETBOOT_PREFIX_TEXT_SIZE];

    if (prefix->has_children && (prefix->covered[0] | prefix->covered[1]) == 0) {
        prefix_found(lint, prefix, "has no effect: longer prefixes contain all its addresses");
    } else if (prefix->parent && prefix->parent->site == prefix->site) {
        snprintf(problem, sizeof(problem), "has no effect: the site has %s, which contains it",
                 netboot_prefix_text(prefix->parent->bytes, shown));
        prefix_found(lint, prefix, problem);
    }
}

void lint_prefixes(struct lint *lint)
{
    const struct policy *policy = &lint->policy;
    size_t room = 0, count = 0;

    for (size_t i = 0; i < policy->site_count; i++)
        room += policy->sites[i].prefixes.count;
    struct site_prefix *prefixes = calloc(room + 1, sizeof(*prefixes));
    if (!prefixes) {
        lint_no_memory(lint);
        return;
    }
    for (size_t i = 0; i < policy->site_count; i++)
        for (size_t k = 0; k < policy->sites[i].prefixes.count; k++)
            prefixes[count++] =
                (struct site_prefix){.bytes = policy->sites[i].prefixes.items[k], .site = &policy->sites[i]};
    qsort(prefixes, count, sizeof(*prefixes), prefix_compare);
    prefixes_nest(prefixes, count);
    for (size_t i = 0; i < count; i++)
        prefix_check(lint, &prefixes[i]);
    free(prefixes);
}

/* ---- Servers ---------------------------------------------------------------------------------------------------- */

/* Whether the host of a URL is an address of that family. */
static bool has_address_of(struct netboot_bytes url, int family)
{
    const uint8_t *scheme = url.size > 0 ? memmem(url.data, url.size, "://", 3) : NULL;
    char text[NETBOOT_FILE_SIZE], *host = text, *at;
    uint8_t address[NETBOOT_ADDRESS_SIZE];

    if (!scheme || url.size >= sizeof(text))
        return false;
    struct netboot_bytes rest = bytes_after(url, (size_t)(scheme - url.data) + 3);
    snprintf(text, sizeof(text), "%.*s", (int)rest.size, (const char *)rest.data);
    text[strcspn(text, "/")] = '\0';
    if ((at = strchr(text, '@')))
        host = at + 1;
    if (*host == '[')
        return family == AF_INET6;
    host[strcspn(host, ":")] = '\0';
    return family == AF_INET && inet_pton(AF_INET, host, address) == 1;
}

static void family_check(struct lint *lint, const struct netboot_site *site, const char *key, struct netboot_bytes base,
                         bool wrong)
{
    char text[NETBOOT_RECORD_TEXT_SIZE], problem[NETBOOT_FILE_SIZE + 128], fix[NETBOOT_RECORD_TEXT_SIZE + 128];
    char family = key[strlen(key) - 1];

    if (!wrong)
        return;
    named_text(NETBOOT_RECORD_SITE, site->name, text);
    snprintf(problem, sizeof(problem), "%.*s has an address that HTTP firmware cannot reach over IPv%c", (int)base.size,
             (const char *)base.data, family);
    snprintf(fix, sizeof(fix), "use an IPv%c address, or a name: netbootctl site set %s --%s URL", family,
             record_name(text), key);
    lint_found(lint, LINT_WRONG_FAMILY,
               &(struct lint_finding){.record = text, .key = key, .problem = problem, .fix = fix});
}

void lint_site_family(struct lint *lint, const struct netboot_record *record)
{
    const struct netboot_site *site = &record->site;

    family_check(lint, site, "http4", site->http4, has_address_of(site->http4, AF_INET6));
    family_check(lint, site, "http6", site->http6, has_address_of(site->http6, AF_INET));
}

/* Relative files that machines of a family load. */
struct relative_files {
    uint64_t count;
    char first[NETBOOT_RECORD_TEXT_SIZE + NETBOOT_FILE_SIZE];
};

static void relative_note(const struct value *value, void *user)
{
    struct relative_files *files = user;

    if (value->by_script || memmem(value->file.data, value->file.size, "://", 3))
        return;
    if (files->count++ == 0)
        snprintf(files->first, sizeof(files->first), "%.*s (%s)", (int)value->file.size, (const char *)value->file.data,
                 value->record);
}

/* Whether machines of the family can be at the site. */
static bool has_family(const struct netboot_site *site, enum netboot_family family)
{
    bool found = is_default(site);

    for (size_t i = 0; i < site->prefixes.count; i++)
        found |= site->prefixes.items[i].size == (family == NETBOOT_V4 ? 5 : 17);
    return found;
}

static void base_found(struct lint *lint, const struct netboot_site *site, const char *server, const char *option,
                       const struct relative_files *files)
{
    char text[NETBOOT_RECORD_TEXT_SIZE], problem[NETBOOT_RECORD_TEXT_SIZE + NETBOOT_FILE_SIZE + 256],
        fix[NETBOOT_RECORD_TEXT_SIZE + 128], more[MORE_TEXT_SIZE];

    named_text(NETBOOT_RECORD_SITE, site->name, text);
    snprintf(problem, sizeof(problem), "has no %s for relative paths: machines that boot so do not get %s%s", server,
             files->first, lint_more(files->count, more));
    snprintf(fix, sizeof(fix), "netbootctl site set %s --%s", record_name(text), option);
    lint_found(lint, LINT_NO_BASE, &(struct lint_finding){.record = text, .problem = problem, .fix = fix});
}

/* A site needs a server for each way for which another site has one. A site without any server needs one. */
static void site_bases(struct lint *lint, const struct netboot_site *site, const struct relative_files *files)
{
    bool any = false;

    for (enum way way = 0; way < WAYS_OF_FIRMWARE; way++)
        any |= way_base(way, site).size > 0;
    if (!any && (has_family(site, NETBOOT_V4) || has_family(site, NETBOOT_V6))) {
        base_found(lint, site, "TFTP server and no HTTP base URL",
                   has_family(site, NETBOOT_V4) ? "tftp4 ADDRESS --http4 URL" : "tftp6 ADDRESS --http6 URL", files);
        return;
    }
    for (enum way way = 0; way < WAYS_OF_FIRMWARE; way++)
        if (lint->policy.in_use[way] && way_base(way, site).size == 0 && has_family(site, ways[way].family))
            base_found(lint, site, ways[way].server, ways[way].option, files);
}

void lint_bases(struct lint *lint)
{
    const struct policy *policy = &lint->policy;
    struct relative_files files = {0};

    for (size_t i = 0; i < policy->loader_count; i++)
        loader_values(&policy->loaders[i], relative_note, &files);
    for (size_t i = 0; i < policy->target_count; i++)
        target_values(&policy->targets[i], relative_note, &files);
    for (size_t i = 0; files.count > 0 && i < policy->site_count; i++)
        site_bases(lint, &policy->sites[i], &files);
}
