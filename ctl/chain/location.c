/* SPDX-License-Identifier: MPL-2.0 */
#include "location.h"

#include "common/base/percent.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

/* ---- A site's servers as URLs ----------------------------------------------------------------------------------- */

#define BASES 4

/* "tftp://192.0.2.1/", ...; "" where the site has none. All end with a slash. */
static void bases_of(const struct netboot_site *site, char bases[BASES][NETBOOT_FILE_SIZE + 2])
{
    const struct netboot_bytes http[2] = {site->http4, site->http6};
    char text[INET6_ADDRSTRLEN];

    for (unsigned i = 0; i < BASES; i++)
        bases[i][0] = '\0';
    if (site->tftp4.size == 4 && inet_ntop(AF_INET, site->tftp4.data, text, sizeof(text)))
        snprintf(bases[0], sizeof(bases[0]), "tftp://%s/", text);
    if (site->tftp6.size == 16 && inet_ntop(AF_INET6, site->tftp6.data, text, sizeof(text)))
        snprintf(bases[1], sizeof(bases[1]), "tftp://[%s]/", text);
    for (unsigned i = 0; i < 2; i++)
        if (http[i].size > 0)
            snprintf(bases[2 + i], sizeof(bases[2 + i]), "%.*s%s", (int)http[i].size, (const char *)http[i].data,
                     http[i].data[http[i].size - 1] == '/' ? "" : "/");
}

/* Sets the file that a server looks for: the path with its escapes decoded, or as it is if they are malformed. */
static void path_set(struct location *location, const char *path)
{
    path += strspn(path, "/");
    location->root = (size_t)(path - location->url);
    int size = percent_decode(bytes_of_text(path), location->path);
    if (size < 0 || memchr(location->path, '\0', (size_t)size))
        snprintf(location->path, sizeof(location->path), "%s", path);
    else
        location->path[size] = '\0';
}

static void path_find(const struct netboot_site *site, struct location *location)
{
    char bases[BASES][NETBOOT_FILE_SIZE + 2];

    bases_of(site, bases);
    location->below = false;
    for (unsigned i = 0; i < BASES && !location->below; i++) {
        size_t size = strlen(bases[i]);
        if (size == 0 || strncmp(location->url, bases[i], size) != 0)
            continue;
        path_set(location, location->url + size);
        location->below = true;
    }
}

/* ---- Answers ---------------------------------------------------------------------------------------------------- */

void location_of_answer(enum way way, const struct netboot_site *site, const struct netboot_decision *decision,
                        struct location *ret)
{
    const char *file = decision->boot_file;
    char name[LOCATION_SIZE];

    *ret = (struct location){.below = false};
    if (way == WAY_PXE4) { /* a plain file name, no part of a URL */
        int size = percent_encode(bytes_of_text(file + strspn(file, "/")), PERCENT_NAME, name, sizeof(name));
        snprintf(ret->url, sizeof(ret->url), "tftp://%s/%.*s", decision->tftp_server_name, size < 0 ? 0 : size, name);
    } else {
        snprintf(ret->url, sizeof(ret->url), "%s", file);
    }
    path_find(site, ret);
}

/* ---- What scripts name ------------------------------------------------------------------------------------------ */

/* The length of "scheme:" in front; 0 where there is none. */
static size_t scheme_size(const char *text)
{
    size_t size = 0;

    while (isalnum((unsigned char)text[size]) || (size > 0 && text[size] && strchr("+-.", text[size])))
        size++;
    return size > 0 && isalpha((unsigned char)text[0]) && text[size] == ':' ? size + 1 : 0;
}

/* Where a URL's path begins: at the slash after its authority, or at its end. */
static size_t path_begin(const char *url)
{
    size_t size = scheme_size(url);

    if (strncmp(url + size, "//", 2) == 0)
        size += 2 + strcspn(url + size + 2, "/?#");
    return size;
}

/* Takes "." and ".." out of the path (RFC 3986, section 5.2.4), in place. */
static void dots_remove(char *path)
{
    char *to = path;

    for (const char *from = path; *from == '/';) {
        size_t size = 1 + strcspn(from + 1, "/");
        bool here = size == 2 && from[1] == '.', up = size == 3 && from[1] == '.' && from[2] == '.';
        if (up)
            while (to > path && *--to != '/')
                continue;
        if (!here && !up) {
            memmove(to, from, size);
            to += size;
        } else if (from[size] == '\0') {
            *to++ = '/';
        }
        from += size;
        if (*from == '\0')
            break;
    }
    *to = '\0';
}

int location_resolve(const struct location *base, const struct netboot_site *site, const char *file,
                     struct location *ret)
{
    struct location location = {.below = false};
    size_t scheme = scheme_size(base->url), root = path_begin(base->url), kept = 0;

    if (scheme_size(file) > 0)
        kept = 0;
    else if (strncmp(file, "//", 2) == 0)
        kept = scheme;
    else if (file[0] == '/')
        kept = root;
    else
        for (kept = root + strcspn(base->url + root, "?#"); kept > root && base->url[kept - 1] != '/'; kept--)
            continue;
    int size = snprintf(location.url, sizeof(location.url), "%.*s%s%s", (int)kept, base->url,
                        kept == root && kept > 0 && file[0] != '/' ? "/" : "", file);
    if (file[0] == '\0' || scheme == 0 || size < 0 || (size_t)size >= sizeof(location.url))
        return -EINVAL;
    char *path = location.url + path_begin(location.url);
    if (*path == '/')
        dots_remove(path);
    path_find(site, &location);
    *ret = location;
    return 0;
}

int location_below(const struct location *base, const struct netboot_site *site, const char *path, struct location *ret)
{
    struct location location = *base;

    path += strspn(path, "/");
    if (!base->below || base->root + strlen(path) >= sizeof(location.url))
        return -EINVAL;
    snprintf(location.url + base->root, sizeof(location.url) - base->root, "%s", path);
    path_find(site, &location);
    *ret = location;
    return 0;
}
