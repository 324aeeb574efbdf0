/* SPDX-License-Identifier: MPL-2.0 */
/* Two answers to one question, field by field. */
#include "verify.h"

#include "replay/packet.h"

#include "common/options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 128, TEXT_SIZE = 1200 };

struct option {
    unsigned code;
    struct netboot_bytes data;
};

struct reading {
    struct packet packet;
    uint8_t room[PACKET_ROOM * 2];
    struct option options[OPTIONS_MAX];
    unsigned option_count;
    bool there;
};

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

static void answer_read(const struct client *client, const struct answer *answer, struct reading *ret)
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

static const struct option *option_find_code(const struct reading *reading, unsigned code)
{
    for (unsigned i = 0; i < reading->option_count; i++)
        if (reading->options[i].code == code)
            return &reading->options[i];
    return NULL;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

static void option_text(const struct reading *reading, unsigned code, char text[TEXT_SIZE])
{
    const struct option *option = option_find_code(reading, code);

    snprintf(text, TEXT_SIZE, "%s", option ? "" : "-");
    for (size_t i = 0; option && i < option->data.size && i < 200; i++)
        snprintf(text + strlen(text), TEXT_SIZE - strlen(text), "%02x", option->data.data[i]);
}

static void addresses_text(const struct reading *reading, unsigned code, size_t each, char text[TEXT_SIZE])
{
    const struct option *option = option_find_code(reading, code);
    char one[INET6_ADDRSTRLEN];

    snprintf(text, TEXT_SIZE, "%s", option ? "" : "-");
    for (size_t at = 0; option && at + each <= option->data.size; at += each)
        snprintf(text + strlen(text), TEXT_SIZE - strlen(text), "%s%s", at ? " " : "",
                 inet_ntop(each == 4 ? AF_INET : AF_INET6, option->data.data + at, one, sizeof(one)));
}

static void lease_time_text(const struct client *client, const struct reading *reading, char text[TEXT_SIZE])
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

/* ---- Addresses -------------------------------------------------------------------------------------------------- */

static bool in_range(int domain, const struct statement *range, const uint8_t *address)
{
    size_t size = domain == AF_INET ? 4 : 16;
    unsigned first = strcmp(statement_word(range, 1), "dynamic-bootp") == 0 ? 2 : 1;
    const char *word = statement_word(range, first), *slash = strchr(word, '/');
    uint8_t low[16], high[16];
    char text[64];

    snprintf(text, sizeof(text), "%.*s", (int)strcspn(word, "/"), word);
    if (inet_pton(domain, text, low) != 1)
        return false;
    memcpy(high, low, size);
    for (unsigned bit = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : 128; bit < 8 * size; bit++)
        high[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    if (!slash && statement_word(range, first + 1)[0] && inet_pton(domain, statement_word(range, first + 1), high) != 1)
        return false;
    return memcmp(address, low, size) >= 0 && memcmp(address, high, size) <= 0;
}

/* The pool or subnet whose range holds an address. */
static const struct statement *pool_of(int domain, const struct statement *list, const uint8_t *address)
{
    const struct statement *found = NULL;

    for (; list && !found; list = list->next) {
        bool range = statement_is(list, domain == AF_INET ? "range" : "range6");
        if (range && in_range(domain, list, address))
            return list->parent ? list->parent : list;
        found = pool_of(domain, list->child, address);
    }
    return found;
}

/* The same: one address, or two of one pool. */
static bool same_address(const struct client *client, const struct reading readings[SIDES], const struct statement *top)
{
    int domain = client->family == FAMILY_4 ? AF_INET : AF_INET6;
    const uint8_t *old = readings[OLD].packet.assigned_address, *new = readings[NEW].packet.assigned_address;
    const struct statement *pool;

    if (memcmp(old, new, domain == AF_INET ? 4 : 16) == 0)
        return true;
    pool = pool_of(domain, top, old);
    return pool && pool == pool_of(domain, top, new);
}

static void address_text(const struct client *client, const struct reading *reading, char text[TEXT_SIZE])
{
    inet_ntop(client->family == FAMILY_4 ? AF_INET : AF_INET6, reading->packet.assigned_address, text, TEXT_SIZE);
}

/* ---- Differences ------------------------------------------------------------------------------------------------ */

struct comparing {
    const struct client *client;
    const struct findings *findings;
    struct verdicts *verdicts;
    bool announced, different;
};

static void client_text(const struct client *client, char text[256])
{
    char mac[18];

    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", client->mac[0], client->mac[1], client->mac[2],
             client->mac[3], client->mac[4], client->mac[5]);
    snprintf(text, 256, "%s%.80s (%s) from %.60s", client->host ? "host " : "", client->host ? client->host : mac,
             client->kind->name, client->subnet);
}

/* Whether what a finding says of "host NAME", "subnet PREFIX" is about this client. Of others it cannot be told. */
static bool is_about(const struct finding *finding, const struct client *client)
{
    const char *whom = finding->whom;

    if (!whom)
        return true;
    if (strncmp(whom, "host ", 5) == 0)
        return client->host && strcmp(whom + 5, client->host) == 0;
    if (strncmp(whom, "subnet ", 7) == 0)
        return strncmp(whom + 7, client->subnet, strcspn(client->subnet, "/")) == 0;
    return true;
}

/* The finding that comes nearest: one about this client, one with a place. */
static const struct finding *announcement_find(const struct comparing *comparing, unsigned field)
{
    const struct finding *best = NULL;
    int best_score = -1;

    for (size_t i = 0; i < comparing->findings->count; i++) {
        const struct finding *finding = &comparing->findings->rows[i];
        bool exact = finding->whom && strncmp(finding->whom, "class ", 6) != 0;
        int score = (exact ? 2 : 0) + (finding->line ? 1 : 0);
        if (finding->differs & field && is_about(finding, comparing->client) && score > best_score) {
            best = finding;
            best_score = score;
        }
    }
    return best;
}

static void announcement_text(const struct comparing *comparing, unsigned field, char text[TEXT_SIZE])
{
    const struct finding *finding = announcement_find(comparing, field);
    char line[16] = "";

    text[0] = '\0';
    if (!finding)
        return;
    if (finding->line)
        snprintf(line, sizeof(line), ":%u", finding->line);
    snprintf(text, TEXT_SIZE, "%.200s%s%s%.300s", finding->file ? finding->file : "", line, finding->file ? ": " : "",
             finding->text ? finding->text : "");
}

static void difference_add(struct comparing *comparing, unsigned field, const char *name, const char *old,
                           const char *new)
{
    char announced[TEXT_SIZE], client[256];
    cJSON *row = cJSON_CreateObject();

    announcement_text(comparing, field, announced);
    client_text(comparing->client, client);
    if (!row || !cJSON_AddStringToObject(row, "client", client) || !cJSON_AddStringToObject(row, "field", name) ||
        !cJSON_AddStringToObject(row, "dhcpd", old) || !cJSON_AddStringToObject(row, "kea", new) ||
        !(announced[0] ? cJSON_AddStringToObject(row, "announced", announced)
                       : cJSON_AddNullToObject(row, "announced")) ||
        !cJSON_AddItemToArray(comparing->verdicts->rows, row)) {
        cJSON_Delete(row);
        comparing->verdicts->no_memory = true;
    }
    if (announced[0])
        comparing->announced = true;
    else
        comparing->different = true;
}

static void texts_compare(struct comparing *comparing, unsigned field, const char *name, const char *old,
                          const char *new)
{
    if (strcmp(old, new) != 0)
        difference_add(comparing, field, name, old, new);
}

static void boot_compare(struct comparing *comparing, const struct reading readings[SIDES])
{
    char old[FIELD_TEXT_SIZE], new[FIELD_TEXT_SIZE];

    for (enum meaning meaning = 0; meaning < MEANING_COUNT; meaning++)
        texts_compare(comparing, ANSWER_BOOT, meaning_name(meaning),
                      fields_meaning(&readings[OLD].packet.fields, meaning, old),
                      fields_meaning(&readings[NEW].packet.fields, meaning, new));
}

/* Options that are compared otherwise, or that are the server's own. */
static bool is_left(int family, unsigned code)
{
    static const uint8_t left4[] = {3, 6, 51, 53, 54, 58, 59, 60, 61, 66, 67, 82};
    static const uint8_t left6[] = {1, 2, 3, 7, 9, 13, 16, 18, 23, 59, 60, 79};
    const uint8_t *left = family == FAMILY_4 ? left4 : left6;
    size_t count = family == FAMILY_4 ? sizeof(left4) : sizeof(left6);

    return memchr(left, (int)(code & 0xff), count) != NULL && code < 256;
}

static void options_compare(struct comparing *comparing, const struct reading readings[SIDES])
{
    char old[TEXT_SIZE], new[TEXT_SIZE], name[32];

    for (int side = 0; side < SIDES; side++)
        for (unsigned i = 0; i < readings[side].option_count; i++) {
            unsigned code = readings[side].options[i].code;
            if (is_left(comparing->client->family, code) || (side == NEW && option_find_code(&readings[OLD], code)))
                continue;
            snprintf(name, sizeof(name), "option %u", code);
            option_text(&readings[OLD], code, old);
            option_text(&readings[NEW], code, new);
            texts_compare(comparing, ANSWER_OPTIONS, name, old, new);
        }
}

static void fields_compare(struct comparing *comparing, const struct reading readings[SIDES],
                           const struct statement *top)
{
    const struct client *client = comparing->client;
    char old[TEXT_SIZE], new[TEXT_SIZE];

    boot_compare(comparing, readings);
    if (!same_address(client, readings, top)) {
        address_text(client, &readings[OLD], old);
        address_text(client, &readings[NEW], new);
        difference_add(comparing, ANSWER_ADDRESS, "address", old, new);
    }
    if (client->family == FAMILY_4) {
        addresses_text(&readings[OLD], 3, 4, old);
        addresses_text(&readings[NEW], 3, 4, new);
        texts_compare(comparing, ANSWER_ROUTERS, "routers", old, new);
    }
    addresses_text(&readings[OLD], client->family == FAMILY_4 ? 6 : 23, client->family == FAMILY_4 ? 4 : 16, old);
    addresses_text(&readings[NEW], client->family == FAMILY_4 ? 6 : 23, client->family == FAMILY_4 ? 4 : 16, new);
    texts_compare(comparing, ANSWER_DNS, "DNS", old, new);
    lease_time_text(client, &readings[OLD], old);
    lease_time_text(client, &readings[NEW], new);
    texts_compare(comparing, ANSWER_LEASE_TIME, "lease time", old, new);
    options_compare(comparing, readings);
}

void answers_compare(const struct client *client, const struct answer answers[SIDES], const struct statement *top,
                     const struct findings *findings, struct verdicts *verdicts)
{
    struct comparing comparing = {.client = client, .findings = findings, .verdicts = verdicts};
    struct reading readings[SIDES];

    for (int side = 0; side < SIDES; side++)
        answer_read(client, &answers[side], &readings[side]);
    if (readings[OLD].there != readings[NEW].there)
        difference_add(&comparing, ANSWER_SILENCE, "answer", readings[OLD].there ? "yes" : "none",
                       readings[NEW].there ? "yes" : "none");
    else if (readings[OLD].there)
        fields_compare(&comparing, readings, top);
    verdicts->asked++;
    verdicts->different += comparing.different;
    verdicts->announced += comparing.announced && !comparing.different;
    verdicts->silent += !readings[OLD].there && !readings[NEW].there;
    verdicts->same += readings[OLD].there && !comparing.announced && !comparing.different;
}
