/* SPDX-License-Identifier: MPL-2.0 */
#include "migrate/spec.h"

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
    bool no_memory;
};

typedef const char *relative(struct scene *scene, const struct place *place, const char *want);

/* ---- Values ----------------------------------------------------------------------------------------------------- */

static bool is_wanted(const char *want)
{
    return want && want[0] != '\0' && want[0] != '!';
}

static bool is_http(const char *text)
{
    return text && strncasecmp(text, "http", 4) == 0;
}

static const char *as_it_is(struct scene *scene, const struct place *place, const char *want)
{
    (void)scene, (void)place;
    return want;
}

/* A path on the place's TFTP server; the URL where it is on another. */
static const char *to_tftp(struct scene *scene, const struct place *place, const char *want)
{
    size_t size = strlen(place->tftp);

    if (strncmp(want, "tftp://", 7) == 0 && strncmp(want + 7, place->tftp, size) == 0 && want[7 + size] == '/')
        return texts_keep(&scene->texts, want + 7 + size + 1);
    return want;
}

/* The same for iPXE, which goes to the HTTP base where there is one. */
static const char *to_tftp_alone(struct scene *scene, const struct place *place, const char *want)
{
    return place->http ? want : to_tftp(scene, place, want);
}

static const char *to_http(struct scene *scene, const struct place *place, const char *want)
{
    size_t size = place->http ? strlen(place->http) : 0;

    if (size > 0 && strncmp(want, place->http, size) == 0 && want[size])
        return texts_keep(&scene->texts, want + size);
    return want;
}

/* The value that most views have, NULL if none has any. `ret_all`: whether every view that there is has this one. */
static const char *most(struct draft *draft, unsigned platform, enum netboot_stage stage, relative *function,
                        bool *ret_all)
{
    size_t values = 0, views = 0, best_count = 0;
    const char *best = NULL;

    for (size_t i = 0; i < draft->count; i++) {
        const char *want = view_want(draft->scene, &draft->views[i], platform, stage);
        views += want != NULL;
        if (is_wanted(want))
            draft->column[values++] = function(draft->scene, draft->views[i].place, want);
    }
    for (size_t i = 0; i < values && 2 * best_count < values; i++) {
        size_t count = 0;
        for (size_t j = 0; j < values; j++)
            count += draft->column[j] == draft->column[i];
        if (count > best_count) {
            best = draft->column[i];
            best_count = count;
        }
    }
    *ret_all = values == views && best_count == values;
    return best;
}

/* ---- iPXE ------------------------------------------------------------------------------------------------------- */

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

/* The base of a place whose scripts alone are over HTTP is where its script is. */
static void learn_bases(struct draft *draft, unsigned platform)
{
    for (size_t i = 0; i < draft->count; i++) {
        struct place *place = &draft->scene->places[draft->views[i].place - draft->scene->places];
        const char *want = view_want(draft->scene, &draft->views[i], platform, NETBOOT_STAGE_IPXE);
        const char *slash = is_http(want) ? strrchr(want, '/') : NULL;
        if (!place->http && slash && slash > want + 8)
            place->http = texts_format(&draft->scene->texts, "%.*s", (int)(slash + 1 - want), want);
    }
}

/* In the form in which most places agree. `learn`: places may be given a base for it. */
static const char *ipxe_value(struct draft *draft, unsigned platform, bool learn)
{
    static relative *const forms[] = {as_it_is, to_http, to_tftp_alone};
    const char *value = NULL;
    bool all;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (learn && forms[i] == to_http)
            learn_bases(draft, platform);
        value = most(draft, platform, NETBOOT_STAGE_IPXE, forms[i], &all);
        if (all)
            return value;
    }
    return most(draft, platform, NETBOOT_STAGE_IPXE, learn ? to_http : as_it_is, &all);
}

/* ---- The whole -------------------------------------------------------------------------------------------------- */

static bool is_platform(unsigned code)
{
    const struct netboot_arch *arch = netboot_arch_find(code);

    return arch && arch->platform == code;
}

/* The one script of all platforms whose iPXE gets something of its own; NULL if there is not one such. */
static const char *script_of(struct draft *draft, const enum ipxe *ipxe, bool learn, bool *ret_mixed)
{
    const char *script = NULL;

    *ret_mixed = false;
    for (unsigned platform = 0; platform < ARCH_COUNT; platform++) {
        if (!is_platform(platform) || ipxe[platform] == IPXE_NOTHING || ipxe[platform] == IPXE_LOOP)
            continue;
        const char *value = ipxe[platform] == IPXE_OWN ? ipxe_value(draft, platform, learn) : NULL;
        if (script && value != script)
            *ret_mixed = true;
        if (ipxe[platform] == IPXE_SAME)
            *ret_mixed |= script != NULL;
        else
            script = value;
    }
    for (unsigned platform = 0; platform < ARCH_COUNT; platform++)
        *ret_mixed |= script && is_platform(platform) && ipxe[platform] == IPXE_SAME;
    return *ret_mixed ? NULL : script;
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

/* `first` is looked at before `second`; iPXE looks at `first` only. */
static void platform_fill(struct draft *draft, unsigned platform, enum ipxe ipxe, bool mixed, const char **first,
                          const char **second)
{
    bool all;
    const char *pxe = most(draft, platform, NETBOOT_STAGE_PXE, to_tftp, &all);
    const char *http = most(draft, platform, NETBOOT_STAGE_HTTP, as_it_is, &all);

    if (ipxe == IPXE_SAME)
        *first = pxe;
    else if (mixed && ipxe == IPXE_OWN)
        *first = ipxe_value(draft, platform, false);
    if (ipxe != IPXE_SAME)
        *second = pxe;
    if (!http || http_follows(draft, platform, pxe))
        return;
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
    struct draft draft = {scene, views, count, NULL, false};

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

int spec_machine(struct scene *scene, const struct view *views, size_t count, const struct spec *all,
                 struct spec *ret)
{
    struct draft draft = {scene, views, count, NULL, false};
    int status = draft_make(&draft, false, ret);

    if (status < 0)
        return status;
    ret->silent = wants_nothing(ret) && !wants_nothing(all);
    if (ret->script && ret->script == all->script && !has_files(ret))
        ret->script = NULL; /* only its firmware gets something else: that is for its loaders */
    else
        prefer_files(ret, all);
    for (unsigned i = 0; i < ARCH_COUNT; i++)
        if (ret->loaders[i] == all->loaders[i])
            ret->loaders[i] = NULL; /* it is there already */
    return 0;
}
