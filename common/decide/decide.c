/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The decision: rules in a fixed order, each of which may settle the outcome. A second table says where each stage
 * looks for its boot file; a file that the client cannot load gives way to the next one.
 */
#include "netboot-store.h"

#include "base/bytes.h"
#include "decide/decide.h"
#include "decide/location.h"
#include "dhcp/codes.h"
#include "dhcp/messages.h"

#include "dhcp/query.h"

struct deciding {
    const struct netboot_query *query;
    const struct netboot_client *client;
    const struct netboot_policy *policy;
    struct netboot_decision *decision;
};

static void add_reason(const struct deciding *deciding, enum netboot_finding finding, enum netboot_source source)
{
    struct netboot_decision *decision = deciding->decision;

    if (decision->reason_count < NETBOOT_REASONS_MAX)
        decision->reasons[decision->reason_count++] =
            (struct netboot_reason){.finding = (uint8_t)finding, .source = (uint8_t)source};
}

/* Settles the outcome and adds its reason. */
static bool settle(const struct deciding *deciding, enum netboot_outcome outcome, enum netboot_finding finding)
{
    add_reason(deciding, finding, NETBOOT_SOURCE_NONE);
    deciding->decision->outcome = outcome;
    return true;
}

/* Adds a reason and goes on to the next rule. */
static bool note(const struct deciding *deciding, enum netboot_finding finding)
{
    add_reason(deciding, finding, NETBOOT_SOURCE_NONE);
    return false;
}

/* ---- The rules */

static bool rule_message(const struct deciding *deciding)
{
    if (message_boots(deciding->query))
        return false;
    return settle(deciding, NETBOOT_NOT_OURS, NETBOOT_FINDING_NO_BOOT_MESSAGE);
}

static bool rule_stage(const struct deciding *deciding)
{
    if (deciding->client->stage == NETBOOT_STAGE_NONE)
        return settle(deciding, NETBOOT_NOT_OURS, NETBOOT_FINDING_NO_BOOT_CLIENT);
    return note(deciding, NETBOOT_FINDING_STAGE);
}

/* A host is shown by its name, else by the identifier that it goes by. */
static bool rule_host(const struct deciding *deciding)
{
    const struct netboot_host *host = deciding->policy->host;
    struct netboot_decision *decision = deciding->decision;
    struct netboot_id id;

    if (!host)
        return note(deciding, NETBOOT_FINDING_NO_HOST);
    decision->host_found = true;
    if (host->name.size > 0)
        bytes_to_text(host->name, decision->host, sizeof(decision->host));
    else if (netboot_host_id(host, host_primary_id(host), &id) == 0)
        netboot_id_text(&id, decision->host);
    return note(deciding, deciding->policy->joined ? NETBOOT_FINDING_JOINED : NETBOOT_FINDING_HOST);
}

/* Whether the host names a target that the store has. */
static bool names_its_target(const struct netboot_policy *policy)
{
    return policy->host && policy->host->target.size > 0 && !policy->target_is_missing;
}

/* Whether the store sets what this very machine boots. A loader counts on every platform: the server's own boot file
 * mostly fits one platform only. */
static bool host_has_wish(const struct deciding *deciding)
{
    const struct netboot_policy *policy = deciding->policy;

    return policy->host &&
           (policy->armed == NETBOOT_ARMED_SERVED || names_its_target(policy) || policy->host->loaders.count > 0);
}

/* What the operator set for this machine goes before the server's own configuration, and that before our defaults. */
static bool rule_existing_boot_file(const struct deciding *deciding)
{
    enum netboot_existing_boot_file existing = deciding->query->existing_boot_file;

    if (!deciding->query->reply_has_boot_file)
        return false;
    if (host_has_wish(deciding) || existing == NETBOOT_EXISTING_REPLACE || existing == NETBOOT_EXISTING_REMOVE)
        return note(deciding, NETBOOT_FINDING_REPLACED);
    return settle(deciding, NETBOOT_KEPT, NETBOOT_FINDING_KEPT);
}

static bool rule_once(const struct deciding *deciding)
{
    static const enum netboot_finding findings[] = {
        [NETBOOT_ARMED_SERVED] = NETBOOT_FINDING_TARGET_ONCE,
        [NETBOOT_ARMED_MISSING] = NETBOOT_FINDING_ONCE_MISSING,
        [NETBOOT_ARMED_KIND] = NETBOOT_FINDING_ONCE_KIND,
        [NETBOOT_ARMED_UNABLE] = NETBOOT_FINDING_ONCE_UNABLE,
        [NETBOOT_ARMED_EXPIRED] = NETBOOT_FINDING_ONCE_EXPIRED,
        [NETBOOT_ARMED_USED] = NETBOOT_FINDING_ONCE_USED,
        [NETBOOT_ARMED_RENEWAL] = NETBOOT_FINDING_ONCE_RENEWAL,
        [NETBOOT_ARMED_UNMARKED] = NETBOOT_FINDING_ONCE_UNMARKED,
    };
    enum netboot_armed armed = deciding->policy->armed;

    if (armed == NETBOOT_ARMED_SERVED)
        bytes_to_text(deciding->policy->target->name, deciding->decision->target, sizeof(deciding->decision->target));
    return armed == NETBOOT_ARMED_NONE ? false : note(deciding, findings[armed]);
}

static bool rule_target(const struct deciding *deciding)
{
    const struct netboot_policy *policy = deciding->policy;

    if (policy->armed == NETBOOT_ARMED_SERVED)
        return false;
    if (policy->target_is_missing)
        note(deciding, NETBOOT_FINDING_TARGET_MISSING);
    if (!policy->target)
        return settle(deciding, NETBOOT_IGNORED, NETBOOT_FINDING_NO_TARGET);
    bytes_to_text(policy->target->name, deciding->decision->target, sizeof(deciding->decision->target));
    return note(deciding, names_its_target(policy) ? NETBOOT_FINDING_TARGET_OF_HOST : NETBOOT_FINDING_TARGET_DEFAULT);
}

static bool rule_kind(const struct deciding *deciding)
{
    switch (deciding->policy->target->kind) {
    case NETBOOT_KIND_BOOT:
        return false;
    case NETBOOT_KIND_LOCAL:
        return note(deciding, NETBOOT_FINDING_LOCAL);
    case NETBOOT_KIND_SILENT:
        return settle(deciding, NETBOOT_SILENT, NETBOOT_FINDING_SILENT);
    case NETBOOT_KIND_IGNORE:
        break;
    }
    return settle(deciding, NETBOOT_IGNORED, NETBOOT_FINDING_IGNORE);
}

static const struct netboot_site *site_of(const struct deciding *deciding)
{
    static const struct netboot_site none;

    return deciding->policy->site ? deciding->policy->site : &none;
}

static bool rule_site(const struct deciding *deciding)
{
    struct netboot_bytes name = site_of(deciding)->name;

    bytes_to_text(name, deciding->decision->site, sizeof(deciding->decision->site));
    if (name.size == 0)
        return note(deciding, NETBOOT_FINDING_NO_SITE);
    return note(deciding,
                bytes_equal(name, NETBOOT_NAME_DEFAULT) ? NETBOOT_FINDING_SITE_DEFAULT : NETBOOT_FINDING_SITE);
}

/* ---- The boot file */

/* What iPXE gets for a target of kind local. A script in the target's record is left from the time when it was of kind
 * boot. */
static const char local_script[] = "local.ipxe";
/* What iPXE gets for a target with a kernel and no script: `netbootctl menu` writes it. */
static const char kernel_script[] = "targets/{target}.ipxe";

struct netboot_bytes decide_target_script(const struct netboot_target *target)
{
    if (target->kind == NETBOOT_KIND_LOCAL)
        return bytes_of_text(local_script);
    if (target->script.size == 0 && target->kernel.size > 0)
        return bytes_of_text(kernel_script);
    return target->script;
}

static struct netboot_bytes candidate(const struct deciding *deciding, enum netboot_source source)
{
    const struct netboot_policy *policy = deciding->policy;
    uint16_t platform = deciding->client->platform;

    switch (source) {
    case NETBOOT_SOURCE_TARGET_SCRIPT:
        return decide_target_script(policy->target);
    case NETBOOT_SOURCE_TARGET_FILE:
        return netboot_platform_file(&policy->target->files, platform);
    case NETBOOT_SOURCE_HOST_LOADER:
        if (policy->host)
            return netboot_platform_file(&policy->host->loaders, platform);
        break;
    case NETBOOT_SOURCE_LOADER:
        return policy->loader;
    case NETBOOT_SOURCE_NONE:
        break;
    }
    return (struct netboot_bytes){NULL, 0};
}

/* Where each stage looks for its boot file. iPXE never gets a loader again. */
static const enum netboot_source order[][4] = {
    [NETBOOT_STAGE_PXE] = {NETBOOT_SOURCE_TARGET_FILE, NETBOOT_SOURCE_HOST_LOADER, NETBOOT_SOURCE_LOADER},
    [NETBOOT_STAGE_HTTP] = {NETBOOT_SOURCE_TARGET_FILE,                          NETBOOT_SOURCE_HOST_LOADER,                           NETBOOT_SOURCE_LOADER},
    [NETBOOT_STAGE_IPXE] = {NETBOOT_SOURCE_TARGET_SCRIPT,     NETBOOT_SOURCE_TARGET_FILE    },
};

/* Takes the candidate if the client can load it. Most hosts have no loader: its absence is not worth a reason. */
static bool take(const struct deciding *deciding, enum netboot_source source)
{
    struct netboot_bytes value = candidate(deciding, source);

    if (value.size == 0) {
        if (source != NETBOOT_SOURCE_HOST_LOADER)
            add_reason(deciding, NETBOOT_FINDING_ABSENT, source);
        return false;
    }
    enum netboot_finding finding = file_resolve(deciding->client, site_of(deciding), value, deciding->decision);
    add_reason(deciding, finding, source);
    if (finding != NETBOOT_FINDING_TAKEN)
        return false;
    deciding->decision->source = source;
    deciding->decision->vendor_class = deciding->client->stage == NETBOOT_STAGE_HTTP;
    deciding->decision->outcome = NETBOOT_ANSWERED;
    return true;
}

/* The site has no server yet, as in a new store. Then the server's own boot file is not removed. */
static bool lacks_servers(const struct deciding *deciding)
{
    const struct netboot_site *site = site_of(deciding);
    bool v4 = deciding->client->family == NETBOOT_V4, lacks = false;

    for (unsigned i = 0; i < deciding->decision->reason_count; i++) {
        unsigned finding = deciding->decision->reasons[i].finding;
        lacks |= finding == NETBOOT_FINDING_NO_TFTP || finding == NETBOOT_FINDING_NO_HTTP ||
                 finding == NETBOOT_FINDING_NO_BASE;
    }
    return lacks && (v4 ? site->tftp4.size + site->http4.size : site->tftp6.size + site->http6.size) == 0;
}

static bool own_file_goes(const struct deciding *deciding)
{
    const struct netboot_query *query = deciding->query;

    return query->reply_has_boot_file && query->existing_boot_file == NETBOOT_EXISTING_REMOVE &&
           !lacks_servers(deciding);
}

static bool rule_boot_file(const struct deciding *deciding)
{
    const enum netboot_source *sources = order[deciding->client->stage];

    if (deciding->client->platform == NETBOOT_PLATFORM_NONE)
        note(deciding, NETBOOT_FINDING_NO_PLATFORM);
    for (unsigned i = 0; i < 4 && sources[i] != NETBOOT_SOURCE_NONE; i++)
        if (take(deciding, sources[i]))
            return true;
    deciding->decision->own_file_goes = own_file_goes(deciding);
    return settle(deciding, NETBOOT_NO_BOOT_FILE,
                  deciding->decision->own_file_goes ? NETBOOT_FINDING_REMOVED : NETBOOT_FINDING_NOTHING);
}

static __attribute__((noinline)) void decide_other_size(const struct netboot_query *query,
                                                        const struct netboot_client *client,
                                                        const struct netboot_policy *policy,
                                                        struct netboot_decision *ret)
{
    struct netboot_query known;

    netboot_decide(query_as_known(query, &known), client, policy, ret);
}

void netboot_decide(const struct netboot_query *query, const struct netboot_client *client,
                    const struct netboot_policy *policy, struct netboot_decision *ret)
{
    static bool (*const rules[])(const struct deciding *) = {
        rule_message, rule_stage, rule_host, rule_existing_boot_file, rule_once,
        rule_target,  rule_kind,  rule_site, rule_boot_file,
    };
    const struct deciding deciding = {query, client, policy, ret};

    if (query->size != sizeof(*query)) {
        decide_other_size(query, client, policy, ret);
        return;
    }
    decision_clear(ret, NETBOOT_NOT_OURS);
    ret->armed = policy->armed;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i](&deciding))
            break;
    ret->boot_file[ret->boot_file_size] = '\0';
}
