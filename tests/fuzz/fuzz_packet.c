/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Captured frames, whatever is in them: link layer, IP and its fragments, DHCP, questions and answers.
 *
 * Input: octet link type, octet flags (1: the snapshot length cut the frames, 2: a second passes between them), then
 * frames: 2 octets size, big-endian, then so many octets or what is left.
 */
#include "replay/capture.h"
#include "replay/exchange.h"

#include "base/bytes.h"

#include <pcap/dlt.h>
#include <stdlib.h>

static const int link_types[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_NULL};

static bool is_within(struct netboot_bytes inner, struct netboot_bytes outer)
{
    return inner.size == 0 || (inner.data >= outer.data && inner.size <= outer.size &&
                               (size_t)(inner.data - outer.data) <= outer.size - inner.size);
}

/* What holds of every message, whatever was captured. */
static void check_message(const struct message *message)
{
    /* The payload, and behind it as much room for joined options. */
    struct netboot_bytes payload = message->datagram.payload;
    struct netboot_bytes room = {payload.data, 2 * payload.size};
    const struct netboot_query *query = &message->packet.query;
    char text[FIELD_TEXT_SIZE];

    if (!is_within(message->packet.client, room) || !is_within(query->link_layer_address, payload))
        abort();
    for (unsigned i = 0; i < query->option_count; i++)
        if (!is_within(query->options[i].data, room))
            abort();
    for (unsigned i = 0; i < message->packet.fields.count; i++) {
        const struct boot_field *field = &message->packet.fields.items[i];
        if (field->present && !is_within(field->data, room))
            abort();
        if (strlen(field_text(&message->packet.fields, field->field, text)) >= FIELD_TEXT_SIZE)
            abort();
    }
    for (unsigned i = 0; i < MEANING_COUNT; i++)
        fields_meaning(&message->packet.fields, (enum meaning)i, text);
}

static void check(const struct exchange *exchange)
{
    struct netboot_query query;
    struct netboot_client client;

    check_message(exchange->question);
    if (exchange->answer)
        check_message(exchange->answer);
    exchange_query(exchange, &query);
    netboot_client_parse(&query, &client);
}

static void give_out(struct exchanges *exchanges, uint64_t time)
{
    const struct exchange *exchange;

    while ((exchange = exchanges_next(exchanges, time)))
        check(exchange);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct datagram datagram;
    uint64_t time = 1, number = 0;

    if (size < 2)
        return 0;
    bool cut = data[1] & 1;
    struct capture *capture = capture_new(link_types[data[0] % (sizeof(link_types) / sizeof(link_types[0]))]);
    struct exchanges *exchanges = exchanges_new(data[0] & 0x80);
    struct netboot_bytes rest = {data + 2, size - 2};
    if (!capture || !exchanges)
        abort();
    while (rest.size >= 2) {
        struct netboot_bytes frame;
        if (!bytes_take_item(&rest, 2, &frame)) {
            frame = bytes_after(rest, 2);
            rest.size = 0;
        }
        time += data[1] & 2 ? 1000000 : 1;
        if (capture_read(capture, time, frame, frame.size + cut, &datagram) == CAPTURE_DATAGRAM)
            exchanges_add(exchanges, ++number, time, &datagram);
        give_out(exchanges, time);
    }
    give_out(exchanges, UINT64_MAX);
    exchanges_free(exchanges);
    capture_free(capture);
    return 0;
}
