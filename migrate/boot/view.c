/* SPDX-License-Identifier: MPL-2.0 */
/* Rows as views, and what the views tell of the servers of a place. */
#include "spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Views ------------------------------------------------------------------------------------------------------ */

size_t views_read(const struct scene *scene, size_t first, size_t count, struct view *ret, size_t max)
{
    size_t views = 0, at = 0;

    for (const struct row *row = scene->rows + first; row < scene->rows + first + count; row++) {
        const struct scene_place *place = &scene->places[row->place];
        if (row->variation >= 0 || row->kind.manner != MANNER_USUAL || row->kind.stage == NETBOOT_STAGE_NONE)
            continue;
        if (at >= views || ret[at].place != place)
            for (at = 0; at < views && ret[at].place != place;)
                at++;
        if (at == max)
            continue;
        if (at == views)
            ret[views++] = (struct view){.place = place};
        unsigned arch = row->kind.arch < ARCH_COUNT ? row->kind.arch : ARCH_COUNT;
        ret[at].wants[arch][row->kind.stage] = row->want;
    }
    return views;
}

unsigned canonical_arch(const struct scene *scene, unsigned platform, enum netboot_stage stage)
{
    unsigned best = platform, best_rank = 0;

    for (unsigned code = 0; code < ARCH_COUNT; code++) {
        const struct netboot_arch *arch = netboot_arch_find(code);
        if (!arch || arch->platform != platform)
            continue;
        unsigned rank = 1 + 4 * (arch->http == (stage == NETBOOT_STAGE_HTTP)) + 2 * scene->told[code];
        if (rank > best_rank) {
            best = code;
            best_rank = rank;
        }
    }
    return best;
}

const char *view_want(const struct scene *scene, const struct view *view, unsigned platform, enum netboot_stage stage)
{
    unsigned arch = canonical_arch(scene, platform, stage);

    if (!arch_speaks(arch, view->place->family))
        return NULL;
    const char *want = view->wants[arch][stage];
    return want ? want : view->wants[scene->other][stage];
}

int view_template(struct scene *scene, struct view *view, const uint8_t mac[NETBOOT_MAC_SIZE])
{
    char colons[NETBOOT_ID_TEXT_SIZE], hyphens[NETBOOT_ID_TEXT_SIZE], text[1200];
    int found = 0;

    mac_texts(mac, colons, hyphens);
    for (unsigned i = 0; i < (ARCH_COUNT + 1) * STAGE_COUNT; i++) {
        const char **want = &view->wants[i / STAGE_COUNT][i % STAGE_COUNT];
        if (!*want || strlen(*want) >= sizeof(text) - 100)
            continue;
        strcpy(text, *want);
        if (text_replace(text, sizeof(text), colons, "{mac}") +
                text_replace(text, sizeof(text), hyphens, "{mac-hyphen}") ==
            0)
            continue;
        *want = texts_keep(&scene->texts, text);
        if (!*want)
            return -ENOMEM;
        found = 1;
    }
    return found;
}

/* ---- Servers ---------------------------------------------------------------------------------------------------- */

#define CANDIDATES 8

struct view_tally {
    const char *texts[CANDIDATES];
    unsigned counts[CANDIDATES];
};

static void tally_add(struct view_tally *tally, const char *text)
{
    for (unsigned i = 0; text && i < CANDIDATES; i++)
        if (!tally->texts[i] || tally->texts[i] == text) {
            tally->texts[i] = text;
            tally->counts[i]++;
            return;
        }
}

static const char *tally_best(const struct view_tally *tally)
{
    unsigned best = 0;

    for (unsigned i = 1; i < CANDIDATES; i++)
        if (tally->counts[i] > tally->counts[best])
            best = i;
    return tally->texts[best];
}

/* The server in "tftp://SERVER/FILE", and FILE. NULL: no such URL, or one without a server. */
static const char *tftp_server(struct texts *texts, const char *want, const char **ret_file)
{
    char server[300];
    size_t size;

    if (!want || strncmp(want, "tftp://", 7) != 0)
        return NULL;
    size = strcspn(want + 7, "/");
    if (want[7 + size] != '/' || size == 0 || size >= sizeof(server))
        return NULL;
    memcpy(server, want + 7, size);
    server[size] = '\0';
    *ret_file = want + 7 + size + 1;
    return texts_keep(texts, server);
}

/* What goes before `file` in `url`. */
static const char *http_base(struct texts *texts, const char *url, const char *file)
{
    char base[1100];
    size_t size, rest;

    if (!url || strncmp(url, "http", 4) != 0)
        return NULL;
    file += file[0] == '/';
    size = strlen(url);
    rest = strlen(file);
    if (rest == 0 || rest + 9 > size || strcmp(url + size - rest, file) != 0 || url[size - rest - 1] != '/' ||
        size - rest >= sizeof(base))
        return NULL;
    memcpy(base, url, size - rest);
    base[size - rest] = '\0';
    return texts_keep(texts, base);
}

static void view_tally(struct scene *scene, const struct view *view, struct view_tally *tftp, struct view_tally *http)
{
    for (unsigned platform = 0; platform < ARCH_COUNT; platform++) {
        const struct netboot_arch *arch = netboot_arch_find(platform);
        const char *file = NULL, *server;
        if (!arch || arch->platform != platform)
            continue;
        server = tftp_server(&scene->texts, view_want(scene, view, platform, NETBOOT_STAGE_PXE), &file);
        tally_add(tftp, server);
        if (server)
            tally_add(http, http_base(&scene->texts, view_want(scene, view, platform, NETBOOT_STAGE_HTTP), file));
        tally_add(tftp, tftp_server(&scene->texts, view_want(scene, view, platform, NETBOOT_STAGE_IPXE), &file));
    }
}

static void place_decide(struct scene_place *place, const struct view_tally *tftp, const struct view_tally *http)
{
    if (place->tftp[0] == '\0' && tally_best(tftp))
        place->tftp = tally_best(tftp);
    if (!place->http)
        place->http = tally_best(http);
}

int places_learn(struct scene *scene, const struct view *views, size_t count)
{
    struct view_tally *tallies = calloc(2 * scene->place_count + 1, sizeof(*tallies));

    if (!tallies)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        size_t place = (size_t)(views[i].place - scene->places);
        view_tally(scene, &views[i], &tallies[2 * place], &tallies[2 * place + 1]);
    }
    for (size_t i = 0; i < scene->place_count; i++)
        place_decide(&scene->places[i], &tallies[2 * i], &tallies[2 * i + 1]);
    free(tallies);
    return 0;
}
