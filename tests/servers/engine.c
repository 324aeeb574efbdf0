/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The library alone, for the table of cases: a query a line on stdin as JSON, what netboot_serve() made of it a line
 * on stdout. The store is the argument.
 *
 * Octets are hexadecimal. A query has the names of struct netboot_query; `options` is a list of [code, octets]. With
 * "die": true the program kills itself between the decision and the answer; with "sent": false the reply does not
 * leave.
 */
#include "netboot-store.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OCTETS_MAX 4096
#define OPTIONS_MAX 64 /* of a query; there may be more than the library takes */

/* What a query points to. */
struct storage {
    uint8_t octets[OPTIONS_MAX + 4][OCTETS_MAX];
    unsigned used;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "engine: %s: %s\n", what, why);
    exit(1);
}

static int digit(char c)
{
    const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* The octets of a hexadecimal JSON string, at most `max`. */
static size_t read_octets(const json_t *value, uint8_t *ret, size_t max)
{
    const char *text = json_string_value(value);
    size_t size = 0;

    if (!text)
        return 0;
    for (; *text; text += 2) {
        int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0 || size == max)
            die("octets", json_string_value(value));
        ret[size++] = (uint8_t)(high << 4 | low);
    }
    return size;
}

static struct netboot_bytes store_octets(const json_t *value, struct storage *storage)
{
    uint8_t *octets = storage->octets[storage->used++];

    return (struct netboot_bytes){octets, read_octets(value, octets, OCTETS_MAX)};
}

static unsigned read_number(const json_t *query, const char *name)
{
    return (unsigned)json_integer_value(json_object_get(query, name));
}

static void read_options(const json_t *options, struct storage *storage, struct netboot_query *query)
{
    size_t index;
    json_t *option;

    json_array_foreach(options, index, option)
    {
        if (storage->used == OPTIONS_MAX + 4)
            die("options", "too many");
        struct netboot_bytes data = store_octets(json_array_get(option, 1), storage);
        netboot_query_add(query, (uint16_t)json_integer_value(json_array_get(option, 0)), data.data, data.size);
    }
}

static void read_query(const json_t *json, struct storage *storage, struct netboot_query *query)
{
    const struct {
        const char *name;
        uint8_t *address;
    } addresses[] = {
        {"peer_address",      query->peer_address     },
        {"assigned_address",  query->assigned_address },
        {"client_address",    query->client_address   },
        {"relay_address",     query->relay_address    },
        {"interface_address", query->interface_address},
    };

    query->family = read_number(json, "family") == 4 ? NETBOOT_V4 : NETBOOT_V6;
    query->message_type = (uint8_t)read_number(json, "message_type");
    query->reply_type = (uint8_t)read_number(json, "reply_type");
    query->transaction = read_number(json, "transaction");
    query->hardware_type = (uint8_t)read_number(json, "hardware_type");
    query->hardware_address = store_octets(json_object_get(json, "hardware_address"), storage);
    query->link_layer_address = store_octets(json_object_get(json, "link_layer_address"), storage);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        read_octets(json_object_get(json, addresses[i].name), addresses[i].address, NETBOOT_ADDRESS_SIZE);
    query->reply_has_boot_file = json_is_true(json_object_get(json, "reply_has_boot_file"));
    const char *existing = json_string_value(json_object_get(json, "existing_boot_file"));
    if (existing)
        query->existing_boot_file = (enum netboot_existing_boot_file)netboot_existing_boot_file_find(existing);
    read_options(json_object_get(json, "options"), storage, query);
}

static json_t *octets(const uint8_t *data, size_t size)
{
    char text[2 * OCTETS_MAX + 1] = "";

    for (size_t i = 0; i < size && i < OCTETS_MAX; i++)
        snprintf(text + 2 * i, 3, "%02x", data[i]);
    return json_string(text);
}

static json_t *client_json(const struct netboot_client *client)
{
    const char *platform = netboot_platform_name(client->platform);

    return json_pack("{s:s, s:i, s:s?, s:b, s:o, s:o, s:o, s:o}", "stage", netboot_stage_name(client->stage), "arch",
                     client->arch, "platform", platform, "bootp", client->bootp, "mac",
                     octets(client->mac, client->has_mac ? NETBOOT_MAC_SIZE : 0), "uuid",
                     octets(client->uuid, client->has_uuid ? NETBOOT_UUID_SIZE : 0), "duid",
                     octets(client->duid.data, client->duid.size), "address",
                     octets(client->address, NETBOOT_ADDRESS_SIZE));
}

static json_t *reasons_json(const struct netboot_result *result)
{
    char text[NETBOOT_REASON_SIZE];
    json_t *reasons = json_array();

    for (unsigned i = 0; netboot_reason_text(&result->client, &result->decision, i, text); i++)
        json_array_append_new(reasons, json_string(text));
    return reasons;
}

static json_t *decision_json(const struct netboot_decision *decision)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "outcome",
                     netboot_outcome_name(decision->outcome), "host", decision->host, "target", decision->target,
                     "site", decision->site, "boot_file", decision->boot_file, "tftp_server_name",
                     decision->tftp_server_name, "host_found", decision->host_found, "once",
                     decision->armed == NETBOOT_ARMED_SERVED, "own_file_goes", decision->own_file_goes);
}

static json_t *edits_json(const struct netboot_answer *answer)
{
    static const char *const fields[] = {"siaddr", "sname", "file"};
    json_t *edits = json_array();

    for (unsigned i = 0; i < answer->edit_count; i++) {
        const struct netboot_edit *edit = &answer->edits[i];
        json_t *field = edit->field >= NETBOOT_FIELD_SIADDR ? json_string(fields[edit->field - NETBOOT_FIELD_SIADDR])
                                                            : json_integer((json_int_t)edit->field);
        json_array_append_new(edits, json_pack("[o, b, o]", field, edit->remove,
                                               octets(edit->data.data, edit->remove ? 0 : edit->data.size)));
    }
    return edits;
}

static void serve(struct netboot_store *store, const json_t *json)
{
    static struct storage storage;
    struct netboot_query query = {.size = sizeof(query), .option_count = 0};
    struct netboot_result result;

    storage.used = 0;
    read_query(json, &storage, &query);
    memset(&result, 0xff, sizeof(result)); /* nobody clears it before: what is read of it must have been written */
    int status = netboot_serve(store, &query, &result);
    if (json_is_false(json_object_get(json, "sent")))
        netboot_sent(store, &result, false);
    if (json_is_true(json_object_get(json, "die"))) /* between the decision and the answer */
        raise(SIGKILL);
    json_t *answer = status < 0 ? json_pack("{s:i, s:o}", "status", status, "edits", edits_json(&result.answer))
                                : json_pack("{s:i, s:o, s:o, s:o, s:o}", "status", status, "client",
                                            client_json(&result.client), "decision", decision_json(&result.decision),
                                            "reasons", reasons_json(&result), "edits", edits_json(&result.answer));
    if (!answer || json_dumpf(answer, stdout, JSON_COMPACT) < 0 || putchar('\n') == EOF || fflush(stdout) == EOF)
        die("answer", "cannot be written");
    json_decref(answer);
}

int main(int argc, char **argv)
{
    const char *mode = argc == 3 ? argv[2] : "";
    bool join = strcmp(mode, "join") == 0, journal = join || strcmp(mode, "journal") == 0;
    struct netboot_store_options options = {
        .size = sizeof(options), .follow = journal || strcmp(mode, "follow") == 0, .journal = journal, .join = join};
    struct netboot_store *store;
    struct netboot_error error;
    char *line = NULL;
    size_t room = 0;

    if (argc < 2 || argc > 3)
        die("usage", "engine STORE [follow|journal|join]");
    if (netboot_store_open(argv[1], &options, &store, &error) < 0)
        die(argv[1], error.text);
    while (getline(&line, &room, stdin) > 0) {
        json_error_t where;
        json_t *json = json_loads(line, 0, &where);
        if (!json)
            die("query", where.text);
        serve(store, json);
        json_decref(json);
    }
    free(line);
    netboot_store_close(store);
    return 0;
}
