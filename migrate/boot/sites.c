/* SPDX-License-Identifier: MPL-2.0 */
/* Sites: places whose clients load from the same servers. The sort that most places are of is `default`. */
#include "fold.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static bool same_sort(const struct scene_place *a, const struct scene_place *b)
{
    return a->family == b->family && a->tftp == b->tftp && a->http == b->http;
}

static bool has_servers(const struct scene_place *place)
{
    return place->tftp[0] || place->http;
}

/* Pools of one subnet are one place here: the first that has servers. */
static bool is_first(const struct scene *scene, const struct scene_place *place)
{
    const struct scene_place *best = place;

    for (const struct scene_place *other = scene->places; other < scene->places + scene->place_count; other++)
        if (other->family == place->family && other->subnet == place->subnet && other < best &&
            has_servers(other) >= has_servers(best))
            best = other;
    return best == place;
}

static const struct scene_place *most_common(const struct scene *scene, unsigned family)
{
    const struct scene_place *best = NULL, *end = scene->places + scene->place_count;
    size_t best_count = 0;

    for (const struct scene_place *place = scene->places; place < end; place++) {
        size_t count = 0;
        if (place->family != family || !has_servers(place))
            continue;
        for (const struct scene_place *other = place; other < end; other++)
            count += same_sort(place, other);
        if (count > best_count) {
            best = place;
            best_count = count;
        }
    }
    return best;
}

/* "[2001:db8::1]" in a URL, "2001:db8::1" in a record. */
static const char *bare(struct scene *scene, const char *server)
{
    size_t size = strlen(server);

    return server[0] == '[' ? texts_format(&scene->texts, "%.*s", (int)(size - 2), server + 1) : server;
}

static bool is_address(unsigned family, const char *server)
{
    struct netboot_query query;

    return inet_pton(family == 0 ? AF_INET : AF_INET6, server, query.client_address) == 1;
}

static int servers_add(struct fold *fold, cJSON *site, const struct scene_place *place)
{
    const char *server = bare(fold->scene, place->tftp);

    if (is_address(place->family, server) && !cJSON_AddStringToObject(site, place->family ? "tftp6" : "tftp4", server))
        return -ENOMEM;
    if (place->http && !cJSON_AddStringToObject(site, place->family ? "http6" : "http4", place->http))
        return -ENOMEM;
    return 0;
}

/* After the shared network that it is, or the only subnet, else after the server. */
static const char *site_name(struct fold *fold, const struct scene_place *of)
{
    const struct scene *scene = fold->scene;
    bool one_share = strcmp(of->share, of->subnet) != 0, one_subnet = true;

    for (const struct scene_place *place = scene->places; place < scene->places + scene->place_count; place++) {
        if (!place->leads)
            continue;
        if (!same_sort(place, of)) {
            one_share &= strcmp(place->share, of->share) != 0;
            continue;
        }
        one_share &= strcmp(place->share, of->share) == 0;
        one_subnet &= strcmp(place->subnet, of->subnet) == 0;
    }
    if (one_share || one_subnet)
        return name_make(fold, "site", one_share ? of->share : of->subnet);
    return name_make(fold, "site", of->tftp[0] ? of->tftp : of->http ? of->http : "elsewhere");
}

static int site_add(struct fold *fold, struct scene_place *of)
{
    struct scene *scene = fold->scene;
    cJSON *site, *prefixes;

    of->site = site_name(fold, of);
    site = of->site ? record_add(fold, "site", of->site) : NULL;
    prefixes = site ? cJSON_AddArrayToObject(site, "prefixes") : NULL;
    if (!prefixes)
        return -ENOMEM;
    for (struct scene_place *place = scene->places; place < scene->places + scene->place_count; place++) {
        if (!same_sort(place, of) || !place->leads)
            continue;
        place->site = of->site;
        if (!cJSON_AddItemToArray(prefixes, cJSON_CreateString(place->subnet)))
            return -ENOMEM;
    }
    return servers_add(fold, site, of);
}

/* A place without servers is told from others only if clients would be given something there. */
static int missing_server(struct fold *fold, const struct scene_place *place)
{
    const struct scene *scene = fold->scene;
    bool file = false;

    for (size_t i = place->row; i < place->row + place->row_count; i++)
        file |= strncmp(scene->rows[i].want, "tftp:///", 8) == 0;
    if (!file || place->tftp[0])
        return 0;
    const char *name = place->site ? place->site : NETBOOT_NAME_DEFAULT;
    const char *text = texts_format(&fold->scene->texts, "subnet %s", place->subnet);
    const char *fix = texts_format(&fold->scene->texts,
                                   "netbootctl site set %s --tftp4 ADDRESS, with the address of the old DHCP server "
                                   "there if files stay on it",
                                   name);
    if (!text || !fix)
        return -ENOMEM;
    const struct statement *at = where_find(fold->where, place->family, text);
    findings_add(fold->findings,
                 &(struct finding){.severity = FINDING_PERSON,
                                   .file = at ? at->file : NULL,
                                   .line = at ? at->line : 0,
                                   .text = text,
                                   .why = "a boot file is given without next-server: clients load it from the DHCP "
                                          "server itself, whose address the configuration does not tell",
                                   .fix = fix,
                                   .differs = ANSWER_BOOT,
                                   .whom = text});
    return 0;
}

int fold_sites(struct fold *fold)
{
    struct scene *scene = fold->scene;
    const struct scene_place *common[BOOT_FAMILIES];
    cJSON *site = record_add(fold, "site", name_make(fold, "site", NETBOOT_NAME_DEFAULT));
    int status = site ? 0 : -ENOMEM;

    for (size_t i = 0; i < scene->place_count; i++)
        scene->places[i].leads = is_first(scene, &scene->places[i]);
    for (unsigned family = 0; status == 0 && family < BOOT_FAMILIES; family++) {
        common[family] = most_common(scene, family);
        if (common[family])
            status = servers_add(fold, site, common[family]);
    }
    for (size_t i = 0; status == 0 && i < scene->place_count; i++) {
        struct scene_place *place = &scene->places[i];
        const struct scene_place *all = common[place->family];
        if (!place->site && all && !same_sort(place, all) && place->leads)
            status = site_add(fold, place);
    }
    for (size_t i = 0; status == 0 && i < scene->place_count; i++)
        if (scene->places[i].leads)
            status = missing_server(fold, &scene->places[i]);
    return status;
}
