/* SPDX-License-Identifier: MPL-2.0 */
/* Targets that boot nothing, for all or for some. */
#include "lint.h"

#include "common/base/bytes.h"
#include <string.h>

/* Whether iPXE gets a script from it on every platform. */
static bool has_script(const struct netboot_target *target)
{
    return target->kind == NETBOOT_KIND_LOCAL || target->script.size > 0 || target->kernel.size > 0;
}

void lint_target_empty(struct lint *lint, const struct netboot_record *record)
{
    const struct netboot_target *target = &record->target;
    char text[NETBOOT_RECORD_TEXT_SIZE], fix[NETBOOT_RECORD_TEXT_SIZE + 160];

    if (target->kind != NETBOOT_KIND_BOOT || has_script(target) || target->files.count > 0)
        return;
    netboot_record_text(record, text);
    snprintf(fix, sizeof(fix), "netbootctl target set %s --script FILE, or --kernel FILE, or --file PLATFORM=FILE",
             record_name(text));
    lint_found(lint, LINT_EMPTY_TARGET,
               &(struct lint_finding){
                   .record = text, .problem = "has no script, no kernel and no files: it boots nothing", .fix = fix});
}

static void platform_found(struct lint *lint, uint16_t platform)
{
    char problem[256], fix[256], name[NETBOOT_PLATFORM_TEXT_SIZE];

    netboot_platform_text(platform, name);
    snprintf(problem, sizeof(problem),
             "has no script, no kernel and no file for %s: such machines have a loader, but get nothing after it",
             name);
    snprintf(fix, sizeof(fix), "netbootctl target set default --script FILE, or --file %s=FILE", name);
    lint_found(lint, LINT_TARGET_PLATFORM,
               &(struct lint_finding){.record = "target default", .key = name, .problem = problem, .fix = fix});
}

/* `default` is for every machine: at least for those of platforms that have a loader. For other targets, the journal
 * knows the platforms of their machines. */
void lint_default_target(struct lint *lint)
{
    const struct netboot_target *target = policy_target(&lint->policy, bytes_of_text(NETBOOT_NAME_DEFAULT));

    if (!target || target->kind != NETBOOT_KIND_BOOT || has_script(target) || target->files.count == 0)
        return;
    for (size_t i = 0; i < lint->policy.loader_count; i++) {
        uint16_t platform = lint->policy.loaders[i].platform;
        if (netboot_platform_file(&target->files, platform).size == 0)
            platform_found(lint, platform);
    }
}

/* ---- What all machines fall back to ------------------------------------------------------------------------------ */

static void default_found(struct lint *lint, const char *record, const char *problem, const char *fix)
{
    lint_found(lint, LINT_NO_DEFAULT, &(struct lint_finding){.record = record, .problem = problem, .fix = fix});
}

static bool has_default_site(const struct policy *policy)
{
    for (size_t i = 0; i < policy->site_count; i++)
        if (bytes_equal(policy->sites[i].name, NETBOOT_NAME_DEFAULT))
            return true;
    return false;
}

static bool has_target_files(const struct policy *policy)
{
    for (size_t i = 0; i < policy->target_count; i++)
        if (policy->targets[i].files.count > 0)
            return true;
    return false;
}

/* Each may be missing on purpose, so it is a warning. */
void lint_defaults(struct lint *lint)
{
    const struct policy *policy = &lint->policy;

    if (!has_default_site(policy))
        default_found(lint, "site default", "does not exist: clients that no site's prefix contains get no boot file",
                      "netbootctl site set default --tftp4 ADDRESS");
    if (!policy_target(policy, bytes_of_text(NETBOOT_NAME_DEFAULT)))
        default_found(lint, "target default", "does not exist: machines without another target get no answer",
                      "netbootctl target set default --script FILE, or --local");
    if (policy->loader_count == 0 && !has_target_files(policy))
        default_found(lint, "loaders", "there are none, and no target has a file: firmware gets no boot file",
                      "netbootctl loader set PLATFORM FILE");
}
