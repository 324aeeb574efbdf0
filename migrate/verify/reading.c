/* SPDX-License-Identifier: MPL-2.0 */
#include "reading.h"

#include "common/dhcp/messages.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static void option_add(struct reading *reading, unsigned code, const uint8_t *data, size_t size)
{
    if (reading->option_count < OPTIONS_MAX)
        reading->options[reading->option_count++] = (struct option){
            code, {data, size}
        };
}

static void options4_read(struct reading *reading, const uint8_t *data, size_t size)
{
    for (size_t at = 240; at < size && data[at] != 255;) {
        if (data[at] == 0) {
            at++;
            continue;
        }
        if (size - at < 2 || size - at - 2 < data[at + 1])
            return;
        option_add(reading, data[at], data + at + 2, data[at + 1]);
        at += 2U + data[at + 1];
    }
}

/* Also those within an IA and its address, but not where they are: one of each is all that there is here. */
static void options6_read(struct reading *reading, const uint8_t *data, size_t size)
{
    while (size >= 4) {
        unsigned code = (unsigned)data[0] << 8 | data[1];
        size_t length = (size_t)data[2] << 8 | data[3];
        if (size - 4 < length)
            return;
        const uint8_t *value = data + 4;
        if (code == 9 && length > 4 && value[0] == 13)
            options6_read(reading, value + 34, length > 34 ? length - 34 : 0);
        else if (code == 9 && length > 4)
            options6_read(reading, value + 4, length - 4);
        else
            option_add(reading, code, value, length);
        data += 4 + length;
        size -= 4 + length;
    }
}

void answer_read(const struct client *client, const struct answer *answer, struct reading *ret)
{
    struct datagram datagram = {
        .family = client->family == FAMILY_4 ? NETBOOT_V4 : NETBOOT_V6,
        .source_port = client->family == FAMILY_4 ? 67 : 547,
        .destination_port = client->family == FAMILY_4 ? 67 : 547,
        .payload = {answer->data, answer->size}
    };

    ret->option_count = 0;
    ret->there = answer->size > 0 && packet_parse(&datagram, ret->room, &ret->packet) == 0;
    if (!ret->there)
        return;
    if (client->family == FAMILY_4)
        options4_read(ret, answer->data, answer->size);
    else if (answer->size > 34)
        options6_read(ret, answer->data + 34, answer->size - 34);
}

const struct option *option_find_code(const struct reading *reading, unsigned code)
{
    for (unsigned i = 0; i < reading->option_count; i++)
        if (reading->options[i].code == code)
            return &reading->options[i];
    return NULL;
}

/* ---- What it offers --------------------------------------------------------------------------------------------- */

bool offer_read(const struct client *client, const struct reading *reading, struct offer *ret)
{
    static const uint8_t nowhere[16];
    const struct option *server = option_find_code(reading, client->family == FAMILY_4 ? 54 : 2);
    const struct option *address = option_find_code(reading, 3), *prefix = option_find_code(reading, 25);
    struct prefix delegated;

    *ret = (struct offer){
        .server = {NULL, 0}
    };
    if (!reading->there || !server || reading->packet.message_type != MESSAGE_OFFER)
        return false;
    ret->server = server->data;
    memcpy(ret->address, reading->packet.assigned_address, sizeof(ret->address));
    bool any = memcmp(reading->packet.assigned_address, nowhere, client->family == FAMILY_4 ? 4 : 16) != 0;
    if (client->family == FAMILY_4)
        return any;
    if (address && any)
        ret->address_ia = address->data;
    if (prefix && delegated_read(reading, &delegated))
        ret->prefix_ia = prefix->data;
    return ret->address_ia.data || ret->prefix_ia.data;
}

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool delegated_read(const struct reading *reading, struct prefix *ret)
{
    enum { IA_HEAD = 12, OPTION_HEAD = 4, IA_PREFIX = 26, IA_PREFIX_SIZE = 25 };
    const struct option *association = option_find_code(reading, 25);
    size_t size = association ? association->data.size : 0;

    for (size_t at = IA_HEAD; size >= OPTION_HEAD && at <= size - OPTION_HEAD;) {
        const uint8_t *data = association->data.data + at;
        size_t length = (size_t)data[2] << 8 | data[3];
        if (size - at - OPTION_HEAD < length)
            return false;
        if (data[0] == 0 && data[1] == IA_PREFIX && length >= IA_PREFIX_SIZE) {
            *ret = (struct prefix){.preferred = number_at(data + 4), .valid = number_at(data + 8), .length = data[12]};
            memcpy(ret->octets, data + 13, 16);
            return true;
        }
        at += OPTION_HEAD + length;
    }
    return false;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

void option_text(const struct reading *reading, unsigned code, char text[TEXT_SIZE])
{
    const struct option *option = option_find_code(reading, code);

    snprintf(text, TEXT_SIZE, "%s", option ? "" : "-");
    for (size_t i = 0; option && i < option->data.size && i < 200; i++)
        snprintf(text + strlen(text), TEXT_SIZE - strlen(text), "%02x", option->data.data[i]);
}

void addresses_text(const struct reading *reading, unsigned code, size_t each, char text[TEXT_SIZE])
{
    const struct option *option = option_find_code(reading, code);
    char one[INET6_ADDRSTRLEN];

    snprintf(text, TEXT_SIZE, "%s", option ? "" : "-");
    for (size_t at = 0; option && at + each <= option->data.size; at += each)
        snprintf(text + strlen(text), TEXT_SIZE - strlen(text), "%s%s", at ? " " : "",
                 inet_ntop(each == 4 ? AF_INET : AF_INET6, option->data.data + at, one, sizeof(one)));
}

void lease_time_text(const struct client *client, const struct reading *reading, char text[TEXT_SIZE])
{
    const struct option *option = option_find_code(reading, client->family == FAMILY_4 ? 51 : 3);
    const uint8_t *at = option ? option->data.data : NULL;

    snprintf(text, TEXT_SIZE, "-");
    if (client->family == FAMILY_4 && option && option->data.size == 4)
        snprintf(text, TEXT_SIZE, "%u", (unsigned)at[0] << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 | at[3]);
    /* IA_NA: IAID, T1, T2, then the address with its preferred and its valid time. */
    if (client->family == FAMILY_6 && option && option->data.size >= 40 && at[13] == 5)
        snprintf(text, TEXT_SIZE, "%u/%u",
                 (unsigned)at[32] << 24 | (unsigned)at[33] << 16 | (unsigned)at[34] << 8 | at[35],
                 (unsigned)at[36] << 24 | (unsigned)at[37] << 16 | (unsigned)at[38] << 8 | at[39]);
}

void address_text(const struct client *client, const struct reading *reading, char text[TEXT_SIZE])
{
    inet_ntop(client->family == FAMILY_4 ? AF_INET : AF_INET6, reading->packet.assigned_address, text, TEXT_SIZE);
}

void delegated_text(const struct reading *reading, char text[TEXT_SIZE])
{
    char address[INET6_ADDRSTRLEN];
    struct prefix prefix;

    snprintf(text, TEXT_SIZE, "-");
    if (delegated_read(reading, &prefix))
        snprintf(text, TEXT_SIZE, "%s/%u", inet_ntop(AF_INET6, prefix.octets, address, sizeof(address)), prefix.length);
}

void delegated_time_text(const struct reading *reading, char text[TEXT_SIZE])
{
    struct prefix prefix;

    snprintf(text, TEXT_SIZE, "-");
    if (delegated_read(reading, &prefix))
        snprintf(text, TEXT_SIZE, "%u/%u", prefix.preferred, prefix.valid);
}
