/* SPDX-License-Identifier: MPL-2.0 */
/* One way of booting: what the machine is sent, and what that leads to. */
#include "chain.h"

#include "bootfile/bootfile.h"
#include "bootfile/remedy.h"
#include "json/show/explain_query.h"

/* ---- Asking ----------------------------------------------------------------------------------------------------- */

/* Firmware that boots by HTTP has an architecture type of its own on most platforms. */
static unsigned arch_of(enum way way, uint16_t platform)
{
    for (unsigned code = 0; ways[way].stage == NETBOOT_STAGE_HTTP && netboot_arch_find(code); code++) {
        const struct netboot_arch *arch = netboot_arch_find(code);
        if (arch->platform == platform && arch->http)
            return code;
    }
    return platform;
}

/* The arguments of explain for this way. NULL: out of memory. */
static cJSON *arguments_make(const struct chain *chain, enum way way, uint16_t platform)
{
    const char *address = ways[way].family == NETBOOT_V4 ? chain->address4 : chain->address6;
    bool http = ways[way].stage == NETBOOT_STAGE_HTTP, ipxe = ways[way].stage == NETBOOT_STAGE_IPXE;
    cJSON *ret = cJSON_Duplicate(chain->who, true);

    if (ret && cJSON_AddNumberToObject(ret, "family", ways[way].family) &&
        cJSON_AddNumberToObject(ret, "arch", arch_of(way, platform)) &&
        (!http || cJSON_AddStringToObject(ret, "vendor-class", "HTTPClient")) &&
        (!ipxe || cJSON_AddStringToObject(ret, "user-class", "iPXE")) &&
        (!address[0] || cJSON_AddStringToObject(ret, "address", address)))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

static int way_ask(struct journey *journey, const cJSON *arguments)
{
    struct session *session = journey->chain->session;
    struct netboot_error error;
    struct netboot_query query;
    struct asked asked;

    if (asked_read(arguments, &asked, &error) != 0 || asked_host(session->view, &asked, &error) != 0)
        return failed_by_option(session, &error);
    asked_query(&asked, &query);
    netboot_client_parse(&query, &journey->client);
    if (netboot_view_policy(session->view, &journey->client, &journey->policy, &error) != 0)
        return failed_with(&error);
    netboot_decide(&query, &journey->client, &journey->policy, &journey->decision);
    journey->client.duid = journey->client.requested = (struct netboot_bytes){NULL, 0};
    return DONE;
}

int journey_begin(struct journey *journey, struct chain *chain, enum way way, uint16_t platform)
{
    *journey = (struct journey){.chain = chain, .way = way, .platform = platform};
    cJSON *arguments = arguments_make(chain, way, platform);
    journey->steps = cJSON_CreateArray();
    journey->seen = cJSON_CreateObject();
    int code = arguments && journey->steps && journey->seen ? way_ask(journey, arguments) : failed("out of memory");
    cJSON_Delete(arguments);
    return code;
}

void journey_free(struct journey *journey)
{
    cJSON_Delete(journey->steps);
    cJSON_Delete(journey->seen);
}

/* ---- Steps ------------------------------------------------------------------------------------------------------ */

static bool nothing_step(struct journey *journey)
{
    struct step step = {.what = "boot file", .state = STEP_NONE, .size = -1};
    struct remedy remedy;

    remedy_find(&journey->client, &journey->decision, &remedy);
    journey->no_server = remedy.finding == NETBOOT_FINDING_NO_TFTP || remedy.finding == NETBOOT_FINDING_NO_HTTP ||
                         remedy.finding == NETBOOT_FINDING_NO_BASE;
    snprintf(step.problem, sizeof(step.problem), "%s", remedy.reason);
    snprintf(step.fix, sizeof(step.fix), "%s", remedy.fix);
    return step_add(journey, &step);
}

/* The target itself leaves the reply as it is: the last reason says so. */
static bool as_is_step(struct journey *journey)
{
    struct step step = {.what = "boot file", .state = STEP_AS_IS, .size = -1};
    char reason[NETBOOT_REASON_SIZE];

    if (!journey->policy.target)
        return nothing_step(journey);
    snprintf(step.problem, sizeof(step.problem), "%s",
             netboot_reason_text(&journey->client, &journey->decision, journey->decision.reason_count - 1, reason));
    return step_add(journey, &step);
}

/* The host names a target that the store does not have. */
static bool missing_target_step(struct journey *journey)
{
    char target[NETBOOT_NAME_MAX + 1];
    struct step step = {.what = "target", .file = target, .state = STEP_MISSING, .size = -1};

    if (!journey->policy.target_is_missing)
        return true;
    struct netboot_bytes name = journey->policy.host->target;
    snprintf(target, sizeof(target), "%.*s", (int)name.size, (const char *)name.data);
    snprintf(step.problem, sizeof(step.problem), "the host names it, but it does not exist: `default` applies");
    snprintf(step.fix, sizeof(step.fix),
             "netbootctl target set %s --script FILE, or netbootctl host set %s --target TARGET", target,
             journey->decision.host);
    return step_add(journey, &step);
}

/* GRUB, which a shim loads from beside it. */
static bool shim_step(struct journey *journey, const struct step *shim)
{
    struct step step = {.what = "after shim"};
    char url[LOCATION_SIZE];
    const char *name = bootfile_after_shim(shim->location.url, url, sizeof(url));

    if (!name)
        return true;
    step.file = name;
    if (location_resolve(&shim->location, journey_site(journey), name, &step.location) != 0)
        return true;
    step_check(journey, &step, false);
    return step_add(journey, &step);
}

/* What the target's record says that the kernel's script loads, if the script itself is not read. */
static bool record_step(struct journey *journey, const char *what, struct netboot_bytes value)
{
    struct netboot_decision decision;
    char file[NETBOOT_FILE_SIZE];
    struct step step = {.what = what, .file = file, .size = -1};

    snprintf(file, sizeof(file), "%.*s", (int)value.size, (const char *)value.data);
    if (way_resolve(journey->way, &journey->client, journey_site(journey), journey->policy.target->name, value,
                    &decision) == NETBOOT_FINDING_TAKEN)
        location_of_answer(journey->way, journey_site(journey), &decision, &step.location);
    return step_add(journey, &step);
}

static bool record_steps(struct journey *journey)
{
    const struct netboot_target *target = journey->policy.target;
    bool done = true;

    if (target->kind != NETBOOT_KIND_BOOT || target->script.size > 0 || target->kernel.size == 0)
        return true;
    done = record_step(journey, "kernel", target->kernel);
    for (size_t i = 0; done && i < target->initrds.count; i++)
        done = record_step(journey, "initrd", target->initrds.items[i]);
    return done;
}

static bool answer_step(struct journey *journey)
{
    static const char *const whats[] = {
        [NETBOOT_SOURCE_NONE] = "boot file",   [NETBOOT_SOURCE_TARGET_SCRIPT] = "script",
        [NETBOOT_SOURCE_TARGET_FILE] = "file", [NETBOOT_SOURCE_HOST_LOADER] = "loader",
        [NETBOOT_SOURCE_LOADER] = "loader",
    };
    const struct netboot_decision *decision = &journey->decision;
    struct step step = {.what = whats[decision->source], .file = decision->boot_file};

    location_of_answer(journey->way, journey_site(journey), decision, &step.location);
    step_check(journey, &step, false);
    if (!step_add(journey, &step))
        return false;
    if (decision->source != NETBOOT_SOURCE_TARGET_SCRIPT)
        return shim_step(journey, &step);
    return step.state == STEP_UNCHECKED ? record_steps(journey) : script_steps(journey, &step, 0);
}

bool journey_walk(struct journey *journey)
{
    if (!missing_target_step(journey))
        return false;
    if (journey->decision.outcome == NETBOOT_ANSWERED)
        return answer_step(journey);
    return journey->decision.outcome == NETBOOT_NO_BOOT_FILE ? nothing_step(journey) : as_is_step(journey);
}
