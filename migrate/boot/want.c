/* SPDX-License-Identifier: MPL-2.0 */
/* What a client would load, as one text: of dhcpd's answers and of netboot's, so that they can be compared. */
#include "scene.h"

#include "common/base/percent.h"
#include "common/dhcp/codes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define VALUE_SIZE 1024

/* A field's octets as text; "" where it is absent. */
static const char *raw_text(const struct boot_fields *fields, uint32_t field, char text[VALUE_SIZE])
{
    const struct boot_field *found = fields_get(fields, field);

    snprintf(text, VALUE_SIZE, "%.*s", found ? (int)found->data.size : 0, found ? (const char *)found->data.data : "");
    return text;
}

static bool has_scheme(const char *text, const char *scheme)
{
    size_t size = strlen(scheme);

    return strncasecmp(text, scheme, size) == 0 && strncmp(text + size, "://", 3) == 0;
}

static bool is_http(const char *text)
{
    return has_scheme(text, "http") || has_scheme(text, "https");
}

/* A name is one as it is, and so has escapes in a URL. */
static const char *tftp_url(struct texts *texts, const char *server, const char *name)
{
    char path[3 * VALUE_SIZE];
    int size = percent_encode(bytes_of_text(name), PERCENT_NAME, path, sizeof(path));

    return size < 0 ? NULL : texts_format(texts, "tftp://%s/%.*s", server, size, path);
}

/* Of a name that is a URL, or the path on a server. */
static const char *want_make(struct texts *texts, enum netboot_stage stage, bool v4, const char *server,
                             const char *name)
{
    bool url = strstr(name, "://") != NULL, path = v4 && !url;

    if (name[0] == '\0')
        return texts_keep(texts, "");
    switch (stage) {
    case NETBOOT_STAGE_PXE:
        if (has_scheme(name, "tftp"))
            return texts_keep(texts, name);
        return path ? tftp_url(texts, server, name) : texts_format(texts, "!%s", name);
    case NETBOOT_STAGE_HTTP:
        return is_http(name) ? texts_keep(texts, name) : texts_format(texts, "!%s", name);
    case NETBOOT_STAGE_IPXE:
        if (url)
            return texts_keep(texts, name);
        return path ? tftp_url(texts, server, name + (name[0] == '/')) : texts_format(texts, "!%s", name);
    case NETBOOT_STAGE_NONE:
        break;
    }
    return texts_format(texts, "!%s", name);
}

/* The address, or where there is none the name in the option. */
static const char *server_text(const struct boot_fields *fields, char text[FIELD_TEXT_SIZE])
{
    field_text(fields, NETBOOT_FIELD_SIADDR, text);
    return text[0] && strcmp(text, "0.0.0.0") != 0 ? text : field_text(fields, DHCP4_TFTP_SERVER_NAME, text);
}

const char *want_of_fields(struct texts *texts, const struct boot_fields *fields, enum netboot_stage stage)
{
    char file[VALUE_SIZE], option[VALUE_SIZE], server[FIELD_TEXT_SIZE];

    if (fields->family == NETBOOT_V6)
        return want_make(texts, stage, false, "", raw_text(fields, DHCP6_BOOT_FILE_URL, file));
    raw_text(fields, NETBOOT_FIELD_FILE, file);
    raw_text(fields, DHCP4_BOOT_FILE_NAME, option);
    /* HTTP boot firmware reads the option first. */
    bool use_option = file[0] == '\0' || (stage == NETBOOT_STAGE_HTTP && option[0]);
    return want_make(texts, stage, true, server_text(fields, server), use_option ? option : file);
}

/* ---- What iPXE makes of it */

bool text_replace(char *text, size_t size, const char *what, const char *with)
{
    size_t old = strlen(what), new = strlen(with);
    bool found = false;

    for (char *at = strstr(text, what); at && strlen(text) - old + new < size; at = strstr(at + new, what)) {
        memmove(at + new, at + old, strlen(at + old) + 1);
        memcpy(at, with, new);
        found = true;
    }
    return found;
}

void mac_texts(const uint8_t mac[NETBOOT_MAC_SIZE], char colons[NETBOOT_ID_TEXT_SIZE],
               char hyphens[NETBOOT_ID_TEXT_SIZE])
{
    struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = NETBOOT_MAC_SIZE};

    memcpy(id.value, mac, NETBOOT_MAC_SIZE);
    netboot_id_text(&id, colons);
    strcpy(hyphens, colons);
    for (char *c = hyphens; *c; c++)
        *c = *c == ':' ? '-' : *c;
}

const char *want_in_ipxe(struct texts *texts, const char *want, const uint8_t mac[NETBOOT_MAC_SIZE])
{
    static const char *const cards[] = {"", "net0/", "netX/"};
    char text[VALUE_SIZE + 400], what[32], colons[NETBOOT_ID_TEXT_SIZE], hyphens[NETBOOT_ID_TEXT_SIZE];

    mac_texts(mac, colons, hyphens);
    snprintf(text, sizeof(text), "%s", want);
    for (unsigned i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        snprintf(what, sizeof(what), "${%smac}", cards[i]);
        text_replace(text, sizeof(text), what, colons);
        snprintf(what, sizeof(what), "${%smac:hexhyp}", cards[i]);
        text_replace(text, sizeof(text), what, hyphens);
    }
    return texts_keep(texts, text);
}

const char *want_of_decision(struct texts *texts, const struct netboot_decision *decision, enum netboot_family family,
                             enum netboot_stage stage)
{
    const uint8_t *address = decision->next_server;
    char server[256] = "";

    if (decision->outcome != NETBOOT_ANSWERED)
        return texts_keep(texts, "");
    if (decision->has_next_server && (address[0] | address[1] | address[2] | address[3]))
        snprintf(server, sizeof(server), "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
    else
        snprintf(server, sizeof(server), "%s", decision->tftp_server_name);
    return want_make(texts, stage, family == NETBOOT_V4, server, decision->boot_file);
}

/* Paths of iPXE's URLs begin at the server's root either way. */
bool want_equal(enum netboot_stage stage, const char *want, const char *got)
{
    size_t server;

    if (strcmp(want, got) == 0)
        return true;
    if (stage != NETBOOT_STAGE_IPXE || strncmp(want, "tftp://", 7) != 0)
        return false;
    server = 7 + strcspn(want + 7, "/");
    return strncmp(want, got, server) == 0 &&
           strcmp(want + server + strspn(want + server, "/"), got + server + strspn(got + server, "/")) == 0;
}
