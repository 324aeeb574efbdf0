/* SPDX-License-Identifier: MPL-2.0 */
/* All ways of machines of one platform. */
#include "chain.h"

#include "json/show/result.h"

#include <string.h>

struct platform_chain {
    struct chain *chain;
    uint16_t platform;
    bool any_complete; /* firmware gets all that it needs in at least one way */
    bool any_broken;   /* in another way it does not, though the site has a server for it */
    bool any_without_server;
};

/* BIOS firmware knows DHCPv4 and TFTP alone. */
static bool has_way(uint16_t platform, enum way way)
{
    return platform != 0 || way == WAY_PXE4 || way == WAY_IPXE4;
}

/* Moves the steps of a way into the result. */
static bool way_add(struct journey *journey)
{
    char platform[NETBOOT_PLATFORM_TEXT_SIZE];
    cJSON *object = cJSON_CreateObject();

    if (!object || !result_add_text(object, "platform", netboot_platform_text(journey->platform, platform)) ||
        !result_add_text(object, "way", ways[journey->way].name) ||
        !result_add_text(object, "host", journey->decision.host) ||
        !result_add_text(object, "target", journey->decision.target) ||
        !result_add_text(object, "site", journey->decision.site) || !result_add_text(object, "note", journey->note) ||
        !cJSON_AddItemToObject(object, "steps", journey->steps)) {
        cJSON_Delete(object);
        return false;
    }
    journey->steps = NULL;
    return cJSON_AddItemToArray(journey->chain->ways, object);
}

static int way_walk(struct platform_chain *platform, struct journey *journey)
{
    if (!journey_walk(journey) || !way_add(journey))
        return failed("out of memory");
    if (journey->note)
        return DONE;
    platform->any_complete |= !journey->broken;
    platform->any_without_server |= journey->no_server;
    platform->any_broken |= journey->broken && !journey->no_server;
    return DONE;
}

/* ---- iPXE after firmware ---------------------------------------------------------------------------------------- */

/* Whether a loader is iPXE by its name. */
static bool is_ipxe(const char *file)
{
    static const char *const parts[] = {"ipxe", "undionly", "snponly", ".kpxe", ".kkpxe"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcasestr(file, parts[i]))
            return true;
    return false;
}

static int ipxe_walk(struct platform_chain *platform, enum way way, bool by_name)
{
    struct journey journey;
    int code = journey_begin(&journey, platform->chain, way, platform->platform);

    if (!by_name)
        journey.note = "if the loader is iPXE, though its name does not say so";
    if (code == DONE)
        code = way_walk(platform, &journey);
    journey_free(&journey);
    return code;
}

/* *ret_loader: firmware gets a loader; *ret_ipxe: that is iPXE by its name. */
static int firmware_walk(struct platform_chain *platform, enum way way, bool *ret_loader, bool *ret_ipxe)
{
    struct journey journey;
    int code = journey_begin(&journey, platform->chain, way, platform->platform);

    if (code == DONE)
        code = way_walk(platform, &journey);
    bool loader =
        code == DONE && journey.decision.outcome == NETBOOT_ANSWERED &&
        (journey.decision.source == NETBOOT_SOURCE_LOADER || journey.decision.source == NETBOOT_SOURCE_HOST_LOADER);
    *ret_loader |= loader;
    *ret_ipxe |= loader && is_ipxe(journey.decision.boot_file);
    journey_free(&journey);
    return code;
}

static int family_walk(struct platform_chain *platform, enum way pxe, enum way http, enum way ipxe)
{
    const enum way firmware[] = {pxe, http};
    bool loader = false, by_name = false;
    int code = DONE;

    for (unsigned i = 0; code == DONE && i < 2; i++)
        if (has_way(platform->platform, firmware[i]))
            code = firmware_walk(platform, firmware[i], &loader, &by_name);
    return code == DONE && loader ? ipxe_walk(platform, ipxe, by_name) : code;
}

/* A site needs no server for every way, but one for a way in which the machine can boot. */
int chain_platform(struct chain *chain, uint16_t number)
{
    struct platform_chain platform = {.chain = chain, .platform = number};
    int code = DONE;

    if (!chain->family || strcmp(chain->family, "4") == 0)
        code = family_walk(&platform, WAY_PXE4, WAY_HTTP4, WAY_IPXE4);
    if (code == DONE && number != 0 && (!chain->family || strcmp(chain->family, "6") == 0))
        code = family_walk(&platform, WAY_PXE6, WAY_HTTP6, WAY_IPXE6);
    chain->missing |= platform.any_broken || (platform.any_without_server && !platform.any_complete);
    return code;
}
