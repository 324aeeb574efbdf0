/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Facts, decision and answer of arbitrary packets, both families.
 *
 * Input: octet family (even: v4) and flags, octets message and reply type, octet hardware type, then options: octet
 * code, octet size, data. Codes from 200 on fill the other fields of the query.
 */
#include "netboot-store.h"

#include "base/bytes.h"

#include <stdlib.h>

enum { CHADDR = 200, LINK_LAYER, PEER, ASSIGNED, RELAY };

static void add(struct netboot_query *query, uint8_t code, struct netboot_bytes data)
{
    size_t address = data.size < NETBOOT_ADDRESS_SIZE ? data.size : NETBOOT_ADDRESS_SIZE;

    switch (code) {
    case CHADDR:
        query->hardware_address = data;
        break;
    case LINK_LAYER:
        query->link_layer_address = data;
        break;
    case PEER:
        memcpy(query->peer_address, data.data, address);
        break;
    case ASSIGNED:
        memcpy(query->assigned_address, data.data, address);
        break;
    case RELAY:
        memcpy(query->relay_address, data.data, address);
        break;
    default:
        netboot_query_add(query, code, data.data, data.size);
    }
}

static struct netboot_bytes text(const char *text)
{
    return (struct netboot_bytes){(const uint8_t *)text, strlen(text)};
}

/* A policy whose script and loader use every placeholder. */
static void make_policy(struct netboot_policy *policy)
{
    static const uint8_t server4[4] = {192, 0, 2, 1}, server6[16] = {0x20, 1, 0x0d, 0xb8};
    static struct netboot_target target;
    static struct netboot_site site;

    target.name = text("t");
    target.script = text("{uuid}/{mac}/{mac-hyphen}/{platform}/{site}");
    site = (struct netboot_site){
        .name = text("s"),
        .tftp4 = {server4, 4 },
        .tftp6 = {server6, 16},
        .http4 = text("http://h"),
        .http6 = text("http://[::1]/"),
    };
    *policy = (struct netboot_policy){.target = &target, .site = &site, .loader = text("{platform}/{mac}.efi")};
}

/* What holds of every answer, whatever the packet was. */
static void check(const struct netboot_client *client, const struct netboot_decision *decision,
                  const struct netboot_answer *answer)
{
    bool edits =
        decision->outcome == NETBOOT_ANSWERED || decision->outcome == NETBOOT_SILENT || decision->own_file_goes;

    if (decision->own_file_goes && decision->outcome != NETBOOT_NO_BOOT_FILE)
        abort();
    if ((answer->edit_count > 0) != edits || answer->edit_count > NETBOOT_EDITS_MAX)
        abort();
    if (strlen(decision->boot_file) != decision->boot_file_size || client->duid.size > NETBOOT_DUID_MAX)
        abort();
    for (unsigned i = 0; i < answer->edit_count; i++)
        if (answer->edits[i].field == NETBOOT_FIELD_FILE && answer->edits[i].data.size > 127)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netboot_policy policy;
    struct netboot_client client;
    struct netboot_decision decision;
    struct netboot_answer answer;
    char reason[NETBOOT_REASON_SIZE];

    if (size < 4)
        return 0;
    struct netboot_query query = {.size = sizeof(query),
                                  .family = data[0] & 1 ? NETBOOT_V6 : NETBOOT_V4,
                                  .reply_has_boot_file = data[0] & 2,
                                  .existing_boot_file = data[0] & 8   ? NETBOOT_EXISTING_REMOVE
                                                        : data[0] & 4 ? NETBOOT_EXISTING_REPLACE
                                                                      : NETBOOT_EXISTING_KEEP,
                                  .message_type = data[1],
                                  .reply_type = data[2],
                                  .hardware_type = data[3]};
    struct netboot_bytes rest = {data + 4, size - 4}, item;
    while (rest.size > 1) {
        uint8_t code = rest.data[0];
        rest = bytes_after(rest, 1);
        if (!bytes_take_item(&rest, 1, &item))
            break;
        add(&query, code, item);
    }
    make_policy(&policy);
    netboot_client_parse(&query, &client);
    if (netboot_query_boots(&query) != (client.stage != NETBOOT_STAGE_NONE))
        abort();
    netboot_decide(&query, &client, &policy, &decision);
    netboot_answer_encode(&client, &decision, &answer);
    check(&client, &decision, &answer);
    for (unsigned i = 0; netboot_reason_text(&client, &decision, i, reason); i++)
        if (!reason[0])
            abort();
    return 0;
}
