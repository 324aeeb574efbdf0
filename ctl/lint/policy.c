/* SPDX-License-Identifier: MPL-2.0 */
#include "policy.h"

#include "json/record/json.h"

#include "common/base/bytes.h"

#include <stdlib.h>

/* ---- Reading them ----------------------------------------------------------------------------------------------- */

/* Adds a row to an array that doubles. */
static bool row_add(void **rows, size_t *count, const void *row, size_t size)
{
    if ((*count & (*count - 1)) == 0) {
        void *more = realloc(*rows, (*count ? 2 * *count : 1) * size);
        if (!more)
            return false;
        *rows = more;
    }
    memcpy((char *)*rows + (*count)++ * size, row, size);
    return true;
}

static int record_take(const struct netboot_record *record, void *user)
{
    struct policy *policy = user;
    bool done = false;

    if (record->kind == NETBOOT_RECORD_SITE)
        done = row_add((void **)&policy->sites, &policy->site_count, &record->site, sizeof(record->site));
    else if (record->kind == NETBOOT_RECORD_LOADER)
        done = row_add((void **)&policy->loaders, &policy->loader_count, &record->loader, sizeof(record->loader));
    else if (record->kind == NETBOOT_RECORD_TARGET)
        done = row_add((void **)&policy->targets, &policy->target_count, &record->target, sizeof(record->target));
    return !done;
}

static size_t platform_size(uint16_t platform)
{
    const char *name = netboot_platform_name(platform);

    return name ? strlen(name) : 0;
}

/* Notes the values that make the longest names. */
static void longest_set(struct policy *policy)
{
    policy->longest_platform = 7;
    for (size_t i = 0; i < policy->loader_count; i++)
        if (platform_size(policy->loaders[i].platform) > platform_size(policy->longest_platform))
            policy->longest_platform = policy->loaders[i].platform;
    for (size_t i = 0; i < policy->target_count; i++)
        if (policy->targets[i].name.size > policy->longest_target.size)
            policy->longest_target = policy->targets[i].name;
}

int policy_load(struct session *session, struct policy *policy)
{
    static const enum netboot_record_kind kinds[] = {NETBOOT_RECORD_SITE, NETBOOT_RECORD_LOADER, NETBOOT_RECORD_TARGET};
    struct netboot_error error;

    *policy = (struct policy){.site_count = 0};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int status = netboot_view_each(session->view, kinds[i], NULL, record_take, policy, &error);
        if (status != 0)
            return status > 0 ? failed("out of memory") : failed_with(&error);
    }
    for (size_t i = 0; i < policy->site_count; i++)
        for (enum way way = 0; way < WAYS; way++)
            policy->in_use[way] |= way_base(way, &policy->sites[i]).size > 0;
    longest_set(policy);
    return DONE;
}

void policy_free(struct policy *policy)
{
    free(policy->sites);
    free(policy->loaders);
    free(policy->targets);
}

/* ---- Finding them ----------------------------------------------------------------------------------------------- */

static int name_compare(const void *key, const void *element)
{
    const struct netboot_bytes *name = key, *other = &((const struct netboot_target *)element)->name;
    int order = memcmp(name->data, other->data, name->size < other->size ? name->size : other->size);

    return order != 0 ? order : name->size < other->size ? -1 : name->size > other->size;
}

const struct netboot_target *policy_target(const struct policy *policy, struct netboot_bytes name)
{
    if (policy->target_count == 0)
        return NULL;
    return bsearch(&name, policy->targets, policy->target_count, sizeof(policy->targets[0]), name_compare);
}

static size_t count_of(struct netboot_bytes value, const char *wanted)
{
    size_t size = strlen(wanted), count = 0;

    for (; value.size >= size; value = bytes_after(value, 1))
        count += memcmp(value.data, wanted, size) == 0;
    return count;
}

const struct netboot_site *policy_longest_site(const struct policy *policy, enum way way, struct netboot_bytes value)
{
    bool relative = !memmem(value.data, value.size, "://", 3);
    size_t places = count_of(value, "{site}"), longest = 0;
    const struct netboot_site *ret = NULL;

    for (size_t i = 0; i < policy->site_count; i++) {
        const struct netboot_site *site = &policy->sites[i];
        struct netboot_bytes base = way_base(way, site);
        if (relative && base.size == 0)
            continue;
        size_t size = places * site->name.size + (relative ? base.size : 0);
        if (!ret || size > longest) {
            ret = site;
            longest = size;
        }
    }
    return ret;
}
