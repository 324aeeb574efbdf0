/* SPDX-License-Identifier: MPL-2.0 */
#include "reply.h"

#include "client.h"

#include "common/base/bytes.h"
#include "common/dhcp/codes.h"
#include "dump.h"
#include "json/record/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const uint16_t reply_options[BOOT_FAMILIES][REPLY_OPTIONS] = {
    {DHCP4_TFTP_SERVER_NAME, DHCP4_BOOT_FILE_NAME,       DHCP4_VENDOR_CLASS},
    {DHCP6_BOOT_FILE_URL,    DHCP6_BOOT_FILE_PARAMETERS, DHCP6_VENDOR_CLASS},
};

static int keep(struct texts *texts, const char *text, const char **ret)
{
    *ret = text && text[0] ? texts_keep(texts, text) : NULL;
    return text && text[0] && !*ret ? -ENOMEM : 0;
}

int reply_read(struct texts *texts, unsigned family, const cJSON *answer, struct reply *ret)
{
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(answer, "options");
    const char *server = json_text(answer, "next-server");
    char code[8];
    int status = 0;

    memset(ret, 0, sizeof(*ret));
    if (family == 0) {
        status |= keep(texts, server && strcmp(server, "0.0.0.0") != 0 ? server : NULL, &ret->next_server);
        status |= keep(texts, json_text(answer, "filename"), &ret->file);
        status |= keep(texts, json_text(answer, "server-name"), &ret->server_name);
    }
    for (unsigned i = 0; i < REPLY_OPTIONS; i++) {
        snprintf(code, sizeof(code), "%u", reply_options[family][i]);
        status |= keep(texts, json_text(options, code), &ret->options[i]);
    }
    return status ? -ENOMEM : 0;
}

void reply_fields(const struct reply *reply, unsigned family, struct reply_room *room, struct boot_fields *ret)
{
    fields_clear(client_family(family), ret);
    if (reply->next_server && inet_pton(AF_INET, reply->next_server, room->next_server) == 1)
        fields_set(ret, NETBOOT_FIELD_SIADDR, (struct netboot_bytes){room->next_server, 4});
    if (reply->file)
        fields_set(ret, NETBOOT_FIELD_FILE, bytes_of_text(reply->file));
    if (reply->server_name)
        fields_set(ret, NETBOOT_FIELD_SNAME, bytes_of_text(reply->server_name));
    for (unsigned i = 0; i < REPLY_OPTIONS; i++) {
        if (!reply->options[i])
            continue;
        size_t size = hex_read(reply->options[i], room->options[i], REPLY_VALUE_SIZE);
        fields_set(ret, reply_options[family][i], (struct netboot_bytes){room->options[i], size});
    }
}

static const char *either(const char *first, const char *second)
{
    return first ? first : second;
}

struct reply reply_over(const struct reply *first, const struct reply *second)
{
    struct reply ret = {either(first->next_server, second->next_server),
                        either(first->file, second->file),
                        either(first->server_name, second->server_name),
                        {NULL}};

    for (unsigned i = 0; i < REPLY_OPTIONS; i++)
        ret.options[i] = either(first->options[i], second->options[i]);
    return ret;
}

bool reply_equal(const struct reply *one, const struct reply *other)
{
    bool equal =
        one->next_server == other->next_server && one->file == other->file && one->server_name == other->server_name;

    for (unsigned i = 0; i < REPLY_OPTIONS; i++)
        equal = equal && one->options[i] == other->options[i];
    return equal;
}
