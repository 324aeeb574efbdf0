/* SPDX-License-Identifier: MPL-2.0 */
/* What a client would load, as one text: of dhcpd's answers and of netboot's, so that they can be compared. */
#include "migrate/scene.h"

#include "json.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define VALUE_SIZE 1024

/* An option's octets as text; "" where it is absent. */
static const char *option_text(const cJSON *answer, const char *code, char text[VALUE_SIZE])
{
    const char *hex = json_text(cJSON_GetObjectItemCaseSensitive(answer, "options"), code);
    size_t size = 0;
    unsigned octet;

    for (; hex && size + 1 < VALUE_SIZE && sscanf(hex, "%2x", &octet) == 1; hex += 2)
        text[size++] = (char)octet;
    text[size] = '\0';
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
        return path ? texts_format(texts, "tftp://%s/%s", server, name) : texts_format(texts, "!%s", name);
    case NETBOOT_STAGE_HTTP:
        return is_http(name) ? texts_keep(texts, name) : texts_format(texts, "!%s", name);
    case NETBOOT_STAGE_IPXE:
        if (url)
            return texts_keep(texts, name);
        return path ? texts_format(texts, "tftp://%s/%s", server, name + (name[0] == '/'))
                    : texts_format(texts, "!%s", name);
    case NETBOOT_STAGE_NONE:
        break;
    }
    return texts_format(texts, "!%s", name);
}

const char *want_of_answer(struct texts *texts, const cJSON *answer, enum netboot_family family,
                           enum netboot_stage stage)
{
    char option[VALUE_SIZE], name_option[VALUE_SIZE];
    const char *file = json_text(answer, "filename"), *server = json_text(answer, "next-server");

    if (family == NETBOOT_V6)
        return want_make(texts, stage, false, "", option_text(answer, "59", option));
    option_text(answer, "67", option);
    if (!file || file[0] == '\0' || (stage == NETBOOT_STAGE_HTTP && option[0]))
        file = option; /* HTTP boot firmware reads the option first */
    if (!server || strcmp(server, "0.0.0.0") == 0)
        server = option_text(answer, "66", name_option);
    return want_make(texts, stage, true, server, file);
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

const char *want_in_ipxe(struct scene *scene, const struct row *row)
{
    static const char *const cards[] = {"", "net0/", "netX/"};
    char text[VALUE_SIZE + 200], what[32], colons[NETBOOT_ID_TEXT_SIZE], hyphens[NETBOOT_ID_TEXT_SIZE];
    struct client_sample sample;

    row_sample(scene, row, &sample);
    mac_texts(sample.mac, colons, hyphens);
    snprintf(text, sizeof(text), "%s", row->want);
    for (unsigned i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        snprintf(what, sizeof(what), "${%smac}", cards[i]);
        text_replace(text, sizeof(text), what, colons);
        snprintf(what, sizeof(what), "${%smac:hexhyp}", cards[i]);
        text_replace(text, sizeof(text), what, hyphens);
    }
    return texts_keep(&scene->texts, text);
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
