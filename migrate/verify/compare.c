/* SPDX-License-Identifier: MPL-2.0 */
/* Two answers to one question, field by field. */
#include "reading.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Differences ------------------------------------------------------------------------------------------------ */

struct comparing {
    const struct client *client;
    const struct announcements *announcements;
    struct verdicts *verdicts;
    enum leg leg;
    const cJSON *before; /* the last difference of those before this client */
    bool elsewhere;      /* the addresses are of two subnets of a shared network */
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

static void announcement_text(const struct finding *finding, char text[TEXT_SIZE])
{
    char line[16] = "";

    text[0] = '\0';
    if (!finding)
        return;
    if (finding->line)
        snprintf(line, sizeof(line), ":%u", finding->line);
    snprintf(text, TEXT_SIZE, "%.200s%s%s%.300s", finding->file ? finding->file : "", line, finding->file ? ": " : "",
             finding->text ? finding->text : "");
}

static bool has_text(const cJSON *row, const char *key, const char *text)
{
    const char *own = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, key));

    return own && strcmp(own, text) == 0;
}

/* What the offers differ in is no news in the leases. */
static bool is_there(const struct comparing *comparing, const char *name, const char *old, const char *new)
{
    const cJSON *row = comparing->before ? comparing->before->next : comparing->verdicts->rows->child;

    for (; row; row = row->next)
        if (has_text(row, "field", name) && has_text(row, "dhcpd", old) && has_text(row, "kea", new))
            return true;
    return false;
}

/* `finding` announces it; NULL: none does. */
static void difference_put(void *user, const struct finding *finding, const char *name, const char *old,
                           const char *new)
{
    struct comparing *comparing = user;
    char announced[TEXT_SIZE], client[256], leased[64];
    cJSON *row;

    if (comparing->leg == LEASE) {
        if (is_there(comparing, name, old, new))
            return;
        snprintf(leased, sizeof(leased), "%s in the lease", name);
        name = leased;
    }
    row = cJSON_CreateObject();
    announcement_text(finding, announced);
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

/* `code` is of an option that has no field of its own; else 0. */
static void difference_add(struct comparing *comparing, unsigned field, unsigned code, const char *name,
                           const char *old, const char *new)
{
    const struct finding *finding = announcement_find(comparing->announcements, comparing->client, field, code);

    if (!finding && comparing->elsewhere)
        finding = announcement_find(comparing->announcements, comparing->client, ANSWER_SUBNET, 0);
    difference_put(comparing, finding, name, old, new);
}

static void texts_compare(struct comparing *comparing, unsigned field, unsigned code, const char *name, const char *old,
                          const char *new)
{
    if (strcmp(old, new) != 0)
        difference_add(comparing, field, code, name, old, new);
}

/* Options that are compared otherwise, or that are the server's own. */
static bool is_left(const struct client *client, unsigned code)
{
    enum { RAPID_COMMIT = 14 };
    static const uint8_t left4[] = {3, 6, 51, 53, 54, 58, 59, 60, 61, 66, 67, 82};
    static const uint8_t left6[] = {1, 2, 3, 7, 9, 13, 16, 18, 23, 25, 59, 60, 79};
    const uint8_t *left = client->family == FAMILY_4 ? left4 : left6;
    size_t count = client->family == FAMILY_4 ? sizeof(left4) : sizeof(left6);

    /* dhcpd puts it into any Advertise, where it means nothing. */
    if (client->family == FAMILY_6 && code == RAPID_COMMIT)
        return !client->kind->rapid;
    return memchr(left, (int)(code & 0xff), count) != NULL && code < 256;
}

static void options_compare(struct comparing *comparing, const struct reading readings[SIDES])
{
    char old[TEXT_SIZE], new[TEXT_SIZE], name[32];

    for (int side = 0; side < SIDES; side++)
        for (unsigned i = 0; i < readings[side].option_count; i++) {
            unsigned code = readings[side].options[i].code;
            if (is_left(comparing->client, code) || (side == NEW && option_find_code(&readings[OLD], code)))
                continue;
            snprintf(name, sizeof(name), "option %u", code);
            option_text(&readings[OLD], code, old);
            option_text(&readings[NEW], code, new);
            texts_compare(comparing, ANSWER_OPTIONS, code, name, old, new);
        }
}

/* Delegated prefixes: of one pool and of one length, for as long. */
static void prefixes_compare(struct comparing *comparing, const struct reading readings[SIDES],
                             const struct statement *top)
{
    char old[TEXT_SIZE], new[TEXT_SIZE];

    delegated_text(&readings[OLD], old);
    delegated_text(&readings[NEW], new);
    if (!same_prefix(readings, top))
        difference_add(comparing, ANSWER_ADDRESS, 0, "prefix", old, new);
    delegated_time_text(&readings[OLD], old);
    delegated_time_text(&readings[NEW], new);
    texts_compare(comparing, ANSWER_LEASE_TIME, 0, "prefix lease time", old, new);
}

static void fields_compare(struct comparing *comparing, const struct reading readings[SIDES],
                           const struct statement *top)
{
    const struct client *client = comparing->client;
    char old[TEXT_SIZE], new[TEXT_SIZE];

    comparing->elsewhere = is_elsewhere(client, readings, top);
    if (boot_compare(client, &readings[OLD].packet.fields, &readings[NEW].packet.fields, comparing->announcements,
                     difference_put, comparing) < 0)
        comparing->verdicts->no_memory = true;
    if (!same_address(client, readings, top)) {
        address_text(client, &readings[OLD], old);
        address_text(client, &readings[NEW], new);
        difference_add(comparing, ANSWER_ADDRESS, 0, "address", old, new);
    }
    if (client->family == FAMILY_4) {
        addresses_text(&readings[OLD], 3, 4, old);
        addresses_text(&readings[NEW], 3, 4, new);
        texts_compare(comparing, ANSWER_ROUTERS, 0, "routers", old, new);
    }
    addresses_text(&readings[OLD], client->family == FAMILY_4 ? 6 : 23, client->family == FAMILY_4 ? 4 : 16, old);
    addresses_text(&readings[NEW], client->family == FAMILY_4 ? 6 : 23, client->family == FAMILY_4 ? 4 : 16, new);
    texts_compare(comparing, ANSWER_DNS, 0, "DNS", old, new);
    if (client->prefixes)
        prefixes_compare(comparing, readings, top);
    lease_time_text(client, &readings[OLD], old);
    lease_time_text(client, &readings[NEW], new);
    texts_compare(comparing, ANSWER_LEASE_TIME, 0, "lease time", old, new);
    options_compare(comparing, readings);
}

/* Whether each gave what it had offered; and that neither refused. */
static void lease_compare(struct comparing *comparing, const struct reading offers[SIDES],
                          const struct reading leases[SIDES])
{
    const char *kept[SIDES], *types[SIDES];
    enum netboot_family family = comparing->client->family == FAMILY_4 ? NETBOOT_V4 : NETBOOT_V6;

    for (int side = 0; side < SIDES; side++) {
        const uint8_t *offered = offers[side].packet.assigned_address;
        kept[side] = memcmp(offered, leases[side].packet.assigned_address, family == NETBOOT_V4 ? 4 : 16) == 0
                         ? "as offered"
                         : "another";
        types[side] = packet_type_name(family, true, leases[side].packet.message_type);
    }
    texts_compare(comparing, ANSWER_ADDRESS, 0, "message", types[OLD] ? types[OLD] : "-",
                  types[NEW] ? types[NEW] : "-");
    texts_compare(comparing, ANSWER_ADDRESS, 0, "address", kept[OLD], kept[NEW]);
}

/* Clients pass over an ADVERTISE without an address or a prefix, whatever else is in it (RFC 8415, section 18.2.9). */
static bool is_passed_over(const struct comparing *comparing, const struct reading *reading)
{
    struct offer offer;

    return comparing->leg != LEASE && comparing->client->family == FAMILY_6 &&
           !offer_read(comparing->client, reading, &offer);
}

static void leg_compare(struct comparing *comparing, const struct played *played, const struct statement *top,
                        struct reading readings[SIDES])
{
    for (int side = 0; side < SIDES; side++)
        answer_read(comparing->client, &played->answers[comparing->leg][side], &readings[side]);
    if (readings[OLD].there != readings[NEW].there)
        difference_add(comparing, ANSWER_SILENCE, 0, "answer", readings[OLD].there ? "yes" : "none",
                       readings[NEW].there ? "yes" : "none");
    else if (readings[OLD].there &&
             !(is_passed_over(comparing, &readings[OLD]) && is_passed_over(comparing, &readings[NEW])))
        fields_compare(comparing, readings, top);
}

void answers_compare(const struct client *client, const struct played *played, const struct statement *top,
                     const struct announcements *announcements, struct verdicts *verdicts)
{
    const cJSON *first = verdicts->rows->child;
    struct comparing comparing = {
        .client = client, .announcements = announcements, .verdicts = verdicts, .before = first ? first->prev : NULL};
    struct reading offers[SIDES], leases[SIDES];

    leg_compare(&comparing, played, top, offers);
    if (played->leased) {
        comparing.leg = LEASE;
        leg_compare(&comparing, played, top, leases);
        if (leases[OLD].there && leases[NEW].there)
            lease_compare(&comparing, offers, leases);
    }
    verdicts->asked++;
    verdicts->leased += played->leased;
    verdicts->different += comparing.different;
    verdicts->announced += comparing.announced && !comparing.different;
    verdicts->silent += !offers[OLD].there && !offers[NEW].there;
    verdicts->same += offers[OLD].there && !comparing.announced && !comparing.different;
}
