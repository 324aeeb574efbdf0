/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What Kea's own configuration is to say of network boot: it is for clients that do not boot from the network, since
 * netboot speaks for all others. So it is what dhcpd gives to such a client, in each subnet and to each host.
 */
#include "fold.h"

#include "json/record/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MADE_SIZE 64

static const struct reply no_reply;

static bool is_plain(const struct row *row)
{
    return row->reply && row->variation < 0 && !row->refused;
}

static bool says(const struct statement *list, const char *const *words)
{
    for (; list; list = list->next)
        for (unsigned i = 0; words[i]; i++)
            if (statement_is(list, words[i]))
                return true;
    return false;
}

static bool in_classes(const struct fold *fold, unsigned family, enum meaning meaning)
{
    static const char *const words[MEANING_COUNT][4] = {
        [MEANING_FILE] = {NULL          },
        [MEANING_SERVER] = {                          "next-server", "server-name", "option tftp-server-name", NULL},
        [MEANING_VENDOR_CLASS] = { "option vendor-class-identifier",              "option dhcp6.vendor-class", NULL},
        [MEANING_PARAMETERS] = {       "option dhcp6.bootfile-param",          NULL},
    };

    for (const struct statement *at = fold->where->trees[family]; at; at = at->next)
        if ((statement_is(at, "class") || statement_is(at, "subclass")) && says(at->child, words[meaning]))
            return true;
    return false;
}

static const char *common(const char *value, const char *other)
{
    return value == other ? value : NULL;
}

/* Where hosts alone are answered: what they all are given. */
static struct reply hosts_reply(const struct scene *scene, const struct scene_place *place)
{
    struct reply ret = no_reply;
    bool first = true;

    for (const struct row *row = scene->rows; row < scene->rows + scene->row_count; row++) {
        if (row->machine == NOBODY || !is_plain(row) || scene->places[row->place].subnet != place->subnet)
            continue;
        if (first)
            ret = *row->reply;
        first = false;
        ret.next_server = common(ret.next_server, row->reply->next_server);
        ret.file = common(ret.file, row->reply->file);
        ret.server_name = common(ret.server_name, row->reply->server_name);
        for (unsigned i = 0; i < REPLY_OPTIONS; i++)
            ret.options[i] = common(ret.options[i], row->reply->options[i]);
    }
    return ret;
}

/* ---- Values that dhcpd makes for each client */

static void text_as_hex(const char *text, char *ret)
{
    for (; *text; text++, ret += 2)
        sprintf(ret, "%02x", (unsigned char)*text);
}

static bool holds(const char *value, bool is_hex, const char *text)
{
    char hex[2 * MADE_SIZE];

    if (!value || strlen(text) >= MADE_SIZE)
        return false;
    text_as_hex(text, hex);
    return strcasestr(value, is_hex ? hex : text) != NULL;
}

/* Whether a value holds the end of the MAC of the client that was asked about, or the address that it was given. */
static bool is_made(const char *value, bool is_hex, const struct scene_place *place)
{
    static const char *const separators[] = {":", "-", ".", "_", ""};
    const uint8_t *end = nobodys_mac + NETBOOT_MAC_SIZE - 3;
    char text[MADE_SIZE];

    if (holds(value, is_hex, place->address))
        return true;
    for (unsigned i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        snprintf(text, sizeof(text), "%02x%s%02x%s%02x", end[0], separators[i], end[1], separators[i], end[2]);
        if (holds(value, is_hex, text))
            return true;
    }
    return false;
}

/* Kea has one value for all: what is another for each client is in none of its, and the check tells of it. */
static void drop_made(struct scene_place *place)
{
    if (is_made(place->own.file, false, place)) {
        place->own.file = NULL;
        place->makes = true;
    }
    for (unsigned i = 0; i < REPLY_OPTIONS; i++)
        if (is_made(place->own.options[i], true, place)) {
            place->own.options[i] = NULL;
            place->makes = true;
        }
}

/* ---- For each subnet and host */

/* Pools have no boot fields in Kea: the first of a subnet speaks for all. */
void own_read(struct fold *fold)
{
    struct scene *scene = fold->scene;

    for (unsigned family = 0; family < BOOT_FAMILIES; family++)
        for (enum meaning meaning = 0; meaning < MEANING_COUNT; meaning++)
            fold->classes[family][meaning] = in_classes(fold, family, meaning);
    for (struct scene_place *place = scene->places; place < scene->places + scene->place_count; place++) {
        const struct scene_place *first = scene->places;
        while (first < place && (first->family != place->family || first->subnet != place->subnet))
            first++;
        if (first < place) {
            place->own = first->own;
            place->makes = first->makes;
        }
        bool found = first < place;
        for (size_t i = place->row; !found && i < place->row + place->row_count; i++)
            if ((found = is_plain(&scene->rows[i])))
                place->own = *scene->rows[i].reply;
        if (!found)
            place->own = hosts_reply(scene, place);
        drop_made(place);
    }
}

static const char *changed(const char *value, const char *other)
{
    return value == other ? NULL : value;
}

/* What is not the place's. */
static struct reply reply_without(const struct reply *reply, const struct reply *place)
{
    struct reply ret = {changed(reply->next_server, place->next_server),
                        changed(reply->file, place->file),
                        changed(reply->server_name, place->server_name),
                        {NULL}};

    for (unsigned i = 0; i < REPLY_OPTIONS; i++)
        ret.options[i] = changed(reply->options[i], place->options[i]);
    return ret;
}

/* A host has a reservation in the subnet of each address, or one for all. */
static struct reply host_reply(const struct scene *scene, const struct machine *machine,
                               const struct scene_place *place)
{
    bool fixed = cJSON_HasObjectItem(machine->declared, "fixed-addresses");
    struct reply ret = no_reply;

    for (size_t i = machine->row; i < machine->row + machine->row_count; i++) {
        const struct row *row = &scene->rows[i];
        const struct scene_place *at = &scene->places[row->place];
        if (!is_plain(row) || (fixed && at->subnet != place->subnet))
            continue;
        ret = reply_without(row->reply, &at->own);
        if (!reply_equal(&ret, &no_reply))
            break;
    }
    return ret;
}

struct reply own_reply(const struct scene *scene, const struct row *row)
{
    const struct scene_place *place = &scene->places[row->place];
    struct reply host = no_reply;

    if (row->machine != NOBODY && scene->machines[row->machine].name)
        host = host_reply(scene, &scene->machines[row->machine], place);
    return reply_over(&host, &place->own);
}

/* Whether a client that boots is given nothing, but would get a file of Kea's own. */
bool own_is_too_much(const struct fold *fold)
{
    const struct scene *scene = fold->scene;

    for (size_t i = 0; i < scene->row_count; i++) {
        const struct row *row = &scene->rows[i];
        struct reply own = own_reply(scene, row);
        struct reply_room room;
        struct boot_fields fields;
        if (row->reply || row->want[0] != '\0')
            continue;
        reply_fields(&own, scene->places[row->place].family, &room, &fields);
        if (fields_have_boot_file(&fields))
            return true;
    }
    return false;
}

/* ---- For Kea's configuration ------------------------------------------------------------------------------------ */

static bool text_put(cJSON *object, const char *key, const char *text)
{
    return !text || cJSON_AddStringToObject(object, key, text);
}

static bool reply_put(cJSON *object, const char *key, const struct reply *reply, unsigned family)
{
    cJSON *item = cJSON_AddObjectToObject(object, key);
    bool ok = item && text_put(item, "next-server", reply->next_server) &&
              text_put(item, "boot-file-name", reply->file) && text_put(item, "server-hostname", reply->server_name);
    char code[8];

    for (unsigned i = 0; ok && i < REPLY_OPTIONS; i++) {
        snprintf(code, sizeof(code), "%u", reply_options[family][i]);
        ok = text_put(item, code, reply->options[i]);
    }
    return ok;
}

static bool host_put(const struct scene *scene, const struct machine *machine, cJSON *hosts)
{
    cJSON *host = NULL;
    bool ok = true;

    for (size_t i = machine->row; ok && machine->name && i < machine->row + machine->row_count; i++) {
        const struct scene_place *place = &scene->places[scene->rows[i].place];
        if (!is_plain(&scene->rows[i]) || (host && cJSON_HasObjectItem(host, place->subnet)))
            continue;
        struct reply reply = host_reply(scene, machine, place);
        if (reply_equal(&reply, &no_reply))
            continue;
        if (!host)
            host = cJSON_AddObjectToObject(hosts, machine->name);
        ok = host && reply_put(host, place->subnet, &reply, machine->family);
    }
    return ok;
}

cJSON *own_to_json(const struct fold *fold, unsigned family)
{
    const struct scene *scene = fold->scene;
    cJSON *ret = cJSON_CreateObject(), *subnets = cJSON_AddObjectToObject(ret, "subnets");
    cJSON *hosts = cJSON_AddObjectToObject(ret, "hosts");
    bool ok = subnets && hosts;

    for (size_t i = 0; ok && i < scene->place_count; i++) {
        const struct scene_place *place = &scene->places[i];
        if (place->family == family && !cJSON_HasObjectItem(subnets, place->subnet))
            ok = reply_put(subnets, place->subnet, &place->own, family);
    }
    for (size_t i = 0; ok && i < scene->machine_count; i++)
        if (scene->machines[i].family == family)
            ok = host_put(scene, &scene->machines[i], hosts);
    if (ok)
        return ret;
    cJSON_Delete(ret);
    return NULL;
}
