/* SPDX-License-Identifier: MPL-2.0 */
#include "spec.h"

#include "common/base/percent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is worked on: a platform's values, of all views. */
struct draft {
    struct scene *scene;
    const struct view *views;
    size_t count;
    const char **column; /* room for one value of each view */
};

static bool is_platform(unsigned code)
{
    const struct netboot_arch *arch = netboot_arch_find(code);

    return arch && arch->platform == code;
}

typedef const char *relative(struct scene *scene, const struct scene_place *place, const char *want);

/* ---- Values ----------------------------------------------------------------------------------------------------- */

static bool is_wanted(const char *want)
{
    return want && want[0] != '\0' && want[0] != '!';
}

static bool is_http(const char *text)
{
    return text && strncasecmp(text, "http", 4) == 0;
}

static const char *as_it_is(struct scene *scene, const struct scene_place *place, const char *want)
{
    (void)scene, (void)place;
    return want;
}

/* What follows the place's TFTP server in a URL; NULL where it is on another. */
static const char *below_tftp(const struct scene_place *place, const char *want)
{
    size_t size = strlen(place->tftp);

    return strncmp(want, "tftp://", 7) == 0 && strncmp(want + 7, place->tftp, size) == 0 && want[7 + size] == '/'
               ? want + 7 + size + 1
               : NULL;
}

static bool is_loader(const char *file)
{
    static const char *const loaders[] = {"ipxe", "undionly", "snp", "gpxe"};
    const char *name = strrchr(file, '/');

    name = name ? name + 1 : file;
    if (strstr(name, ".ipxe"))
        return false; /* a script */
    for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
        if (strncasecmp(name, loaders[i], strlen(loaders[i])) == 0)
            return true;
    return false;
}

/* A path on the place's TFTP server; the URL where it is on another, or where no path can have such a name. Firmware
 * is told the path of DHCPv4 as it is, iPXE and firmware of DHCPv6 as a part of a URL: what has escapes there is the
 * same file for all of them as a URL alone, and a path if it is only for firmware or there is no server to name. */
static const char *to_tftp(struct scene *scene, const struct scene_place *place, const char *want)
{
    const char *path = below_tftp(place, want);
    char name[NETBOOT_FILE_SIZE];

    if (!path || strlen(path) >= sizeof(name) || strchr(path, '#'))
        return want;
    if (client_family(place->family) == NETBOOT_V6 || !strchr(path, '%'))
        return texts_keep(&scene->texts, path);
    int size = percent_decode(bytes_of_text(path), name);
    if (size < 0)
        return want;
    name[size] = '\0';
    bool path_only = place->tftp[0] == '\0' || is_loader(name);
    return path_only && netboot_file_check(name, NULL) == 0 ? texts_keep(&scene->texts, name) : want;
}

/* For iPXE, which goes to the HTTP base where there is one, and makes a URL of the path. */
static const char *to_tftp_alone(struct scene *scene, const struct scene_place *place, const char *want)
{
    const char *path = place->http ? NULL : below_tftp(place, want);

    return path && !strchr(path, '#') ? texts_keep(&scene->texts, path) : want;
}

static const char *to_http(struct scene *scene, const struct scene_place *place, const char *want)
{
    size_t size = place->http ? strlen(place->http) : 0;

    if (size > 0 && strncmp(want, place->http, size) == 0 && want[size] && !strchr(want, '#'))
        return texts_keep(&scene->texts, want + size);
    return want;
}

/* The value that most of the column's have. */
static const char *most_of(const struct draft *draft, size_t values)
{
    size_t best_count = 0;
    const char *best = NULL;

    for (size_t i = 0; i < values && 2 * best_count < values; i++) {
        size_t count = 0;
        for (size_t j = 0; j < values; j++)
            count += draft->column[j] == draft->column[i];
        if (count > best_count) {
            best = draft->column[i];
            best_count = count;
        }
    }
    return best;
}

/* The value that most views have, NULL if none has any. */
static const char *most(struct draft *draft, unsigned platform, enum netboot_stage stage, relative *function)
{
    size_t values = 0;

    for (size_t i = 0; i < draft->count; i++) {
        const char *want = view_want(draft->scene, &draft->views[i], platform, stage);
        if (is_wanted(want))
            draft->column[values++] = function(draft->scene, draft->views[i].place, want);
    }
    return most_of(draft, values);
}

/* A path would be followed in the other family as well: where that is given nothing the server is named, which
 * firmware of the other family cannot reach. */
static const char *pxe_value(struct draft *draft, unsigned platform)
{
    bool given[BOOT_FAMILIES] = {false}, nothing[BOOT_FAMILIES] = {false};

    for (size_t i = 0; i < draft->count; i++) {
        const struct scene_place *place = draft->views[i].place;
        const char *want = view_want(draft->scene, &draft->views[i], platform, NETBOOT_STAGE_PXE);
        given[place->family] |= is_wanted(want);
        nothing[place->family] |= want && !is_wanted(want) && place->tftp[0];
    }
    bool apart = (given[0] && nothing[1] && !given[1]) || (given[1] && nothing[0] && !given[0]);
    return most(draft, platform, NETBOOT_STAGE_PXE, apart ? as_it_is : to_tftp);
}

/* ---- iPXE ------------------------------------------------------------------------------------------------------- */

/* The same file, where iPXE makes a URL of server and name. */
static bool same_file(const char *pxe, const char *ipxe)
{
    size_t server = strcspn(pxe + (strncmp(pxe, "tftp://", 7) == 0 ? 7 : 0), "/") + 7;

    if (pxe == ipxe)
        return true;
    return strncmp(pxe, "tftp://", 7) == 0 && strncmp(pxe, ipxe, server) == 0 &&
           strcmp(pxe + server + strspn(pxe + server, "/"), ipxe + server + strspn(ipxe + server, "/")) == 0;
}

enum ipxe { IPXE_NOTHING, IPXE_LOOP, IPXE_SAME, IPXE_OWN };

/* What iPXE gets beside the firmware of the same platform. */
static enum ipxe ipxe_of(struct draft *draft, unsigned platform)
{
    enum ipxe result = IPXE_NOTHING;

    for (size_t i = 0; i < draft->count; i++) {
        const char *ipxe = view_want(draft->scene, &draft->views[i], platform, NETBOOT_STAGE_IPXE);
        const char *pxe = view_want(draft->scene, &draft->views[i], platform, NETBOOT_STAGE_PXE);
        if (!is_wanted(ipxe))
            continue;
        if (!is_wanted(pxe) || !same_file(pxe, ipxe))
            return IPXE_OWN;
        result = is_loader(ipxe) ? IPXE_LOOP : IPXE_SAME;
    }
    return result;
}

/* What iPXE gets of its own there; "" for nothing, NULL where it does not count: its own loader again, no such client.
 */
static const char *ipxe_want(struct draft *draft, const struct view *view, unsigned platform)
{
    const char *ipxe = view_want(draft->scene, view, platform, NETBOOT_STAGE_IPXE);
    const char *pxe = view_want(draft->scene, view, platform, NETBOOT_STAGE_PXE);

    if (!ipxe || (is_wanted(ipxe) && is_wanted(pxe) && same_file(pxe, ipxe)))
        return NULL;
    return is_wanted(ipxe) ? ipxe : "";
}

/* The base of a place whose scripts alone are over HTTP is where its script is. */
static void learn_base(struct draft *draft, const struct view *view, const char *want)
{
    struct scene_place *place = &draft->scene->places[view->place - draft->scene->places];
    const char *slash = is_http(want) ? strrchr(want, '/') : NULL;

    if (!place->http && slash && slash > want + 8)
        place->http = texts_format(&draft->scene->texts, "%.*s", (int)(slash + 1 - want), want);
}

/* The one value that all views of these platforms have in that form, NULL if there is not one. */
static const char *ipxe_in_form(struct draft *draft, unsigned first, unsigned end, relative *form, bool learn)
{
    const char *value = NULL;

    for (unsigned platform = first; platform < end; platform++)
        for (size_t i = 0; i < draft->count; i++) {
            const struct view *view = &draft->views[i];
            const char *want = is_platform(platform) ? ipxe_want(draft, view, platform) : NULL;
            if (!want || (want[0] == '\0' && form != as_it_is))
                continue;
            if (want[0] && learn && form == to_http)
                learn_base(draft, view, want);
            want = want[0] ? form(draft->scene, view->place, want) : want;
            if (want[0] == '\0' || (value && value != want))
                return NULL;
            value = want;
        }
    return value;
}

/* `learn`: places may be given a base for it. */
static const char *ipxe_value(struct draft *draft, unsigned first, unsigned end, bool learn)
{
    static relative *const forms[] = {as_it_is, to_http, to_tftp_alone};
    const char *value = NULL;

    for (size_t i = 0; !value && i < sizeof(forms) / sizeof(forms[0]); i++)
        value = ipxe_in_form(draft, first, end, forms[i], learn);
    return value;
}

/* ---- The whole -------------------------------------------------------------------------------------------------- */

/* Whether there are platforms whose iPXE gets what their firmware gets, and some whose iPXE gets something else. */
static bool is_mixed(const enum ipxe *ipxe)
{
    bool same = false, own = false;

    for (unsigned platform = 0; platform < ARCH_COUNT; platform++) {
        same |= ipxe[platform] == IPXE_SAME;
        own |= ipxe[platform] == IPXE_OWN;
    }
    return same && own;
}

/* The one script of all platforms. Else what most get, unless each platform has its own. */
static const char *script_of(struct draft *draft, const enum ipxe *ipxe, bool learn, bool *ret_mixed)
{
    const char *script;

    *ret_mixed = is_mixed(ipxe);
    if (*ret_mixed)
        return NULL;
    script = ipxe_value(draft, 0, ARCH_COUNT, learn);
    if (script)
        return script;
    for (unsigned platform = 0; platform < ARCH_COUNT; platform++) {
        if (ipxe[platform] != IPXE_OWN)
            continue;
        if (!ipxe_value(draft, platform, platform + 1, false))
            return most(draft, platform, NETBOOT_STAGE_IPXE, as_it_is);
        *ret_mixed = true;
    }
    return NULL;
}

/* Whether the file over TFTP is found over HTTP as well, by the place's base. */
static bool http_follows(struct draft *draft, unsigned platform, const char *file)
{
    for (size_t i = 0; i < draft->count; i++) {
        const char *want = view_want(draft->scene, &draft->views[i], platform, NETBOOT_STAGE_HTTP);
        const char *base = draft->views[i].place->http;
        if (!is_wanted(want))
            continue;
        if (!base || !file || strncmp(want, base, strlen(base)) != 0 ||
            strcmp(want + strlen(base), file + (file[0] == '/')) != 0)
            return false;
    }
    return true;
}

/* A path, but where iPXE would look for it over HTTP the URL, if that is the same everywhere. */
static const char *value_for_both(struct draft *draft, unsigned platform)
{
    const char *value = NULL;
    bool base = false, one = true;

    for (size_t i = 0; i < draft->count; i++) {
        const char *want = view_want(draft->scene, &draft->views[i], platform, NETBOOT_STAGE_PXE);
        base |= draft->views[i].place->http != NULL;
        one &= !is_wanted(want) || !value || value == want;
        value = is_wanted(want) ? want : value;
    }
    return base && one ? value : pxe_value(draft, platform);
}

/* `first` is looked at before `second`; iPXE looks at `first` only. */
static void platform_fill(struct draft *draft, unsigned platform, enum ipxe ipxe, bool mixed, const char **first,
                          const char **second)
{
    const char *pxe = pxe_value(draft, platform);
    const char *http = most(draft, platform, NETBOOT_STAGE_HTTP, as_it_is);

    if (ipxe == IPXE_SAME)
        *first = value_for_both(draft, platform);
    else if (mixed && ipxe == IPXE_OWN)
        *first = ipxe_value(draft, platform, platform + 1, false);
    if (ipxe != IPXE_SAME)
        *second = pxe;
    if (!http)
        return;
    if (http_follows(draft, platform, pxe)) {
        if (ipxe == IPXE_SAME && *first != pxe)
            *second = pxe; /* HTTP cannot follow the URL */
        return;
    }
    if (!pxe)
        *second = http; /* PXE cannot follow it */
    else if (ipxe == IPXE_SAME)
        *second = http;
    else if (!*first)
        *first = http;
}

static int draft_make(struct draft *draft, bool learn, struct spec *ret)
{
    enum ipxe ipxe[ARCH_COUNT] = {IPXE_NOTHING};
    bool mixed;

    memset(ret, 0, sizeof(*ret));
    draft->column = calloc(draft->count + 1, sizeof(*draft->column));
    if (!draft->column)
        return -ENOMEM;
    for (unsigned platform = 0; platform < ARCH_COUNT; platform++)
        if (is_platform(platform)) {
            ipxe[platform] = ipxe_of(draft, platform);
            ret->lacks_script |= ipxe[platform] == IPXE_LOOP;
        }
    ret->script = script_of(draft, ipxe, learn, &mixed);
    for (unsigned platform = 0; platform < ARCH_COUNT; platform++)
        if (is_platform(platform))
            platform_fill(draft, platform, ipxe[platform], mixed, &ret->files[platform], &ret->loaders[platform]);
    ret->lacks_script &= !ret->script;
    free(draft->column);
    return 0;
}

int spec_default(struct scene *scene, const struct view *views, size_t count, struct spec *ret)
{
    struct draft draft = {scene, views, count, NULL};

    return draft_make(&draft, true, ret);
}

static bool wants_nothing(const struct spec *spec)
{
    bool any = spec->script != NULL;

    for (unsigned i = 0; i < ARCH_COUNT; i++)
        any |= spec->files[i] || spec->loaders[i];
    return !any;
}

static bool has_files(const struct spec *spec)
{
    for (unsigned i = 0; i < ARCH_COUNT; i++)
        if (spec->files[i])
            return true;
    return false;
}

/* A file of the machine's own takes the place before its loaders, unless that is taken. */
static void prefer_files(struct spec *spec, const struct spec *all)
{
    for (unsigned i = 0; i < ARCH_COUNT; i++) {
        if (!spec->loaders[i] || spec->files[i])
            continue;
        if (spec->script && spec->loaders[i] != all->loaders[i]) {
            spec->files[i] = spec->loaders[i];
            spec->loaders[i] = NULL;
        }
    }
}

static void loaders_to_files(struct spec *spec)
{
    for (unsigned i = 0; i < ARCH_COUNT; i++) {
        spec->files[i] = spec->loaders[i];
        spec->loaders[i] = NULL;
    }
}

int spec_machine(struct scene *scene, const struct view *views, size_t count, const struct spec *all, struct spec *ret)
{
    struct draft draft = {scene, views, count, NULL};
    int status = draft_make(&draft, false, ret);

    if (status < 0)
        return status;
    ret->silent = wants_nothing(ret) && !wants_nothing(all);
    if (ret->script && ret->script == all->script && !has_files(ret))
        ret->script = NULL; /* only its firmware gets something else: that is for its loaders */
    else
        prefer_files(ret, all);
    if (!ret->script && !has_files(ret) && has_files(all))
        loaders_to_files(ret); /* the files of all would go before its loaders */
    for (unsigned i = 0; i < ARCH_COUNT; i++)
        if (ret->loaders[i] == all->loaders[i])
            ret->loaders[i] = NULL; /* it is there already */
    return 0;
}
