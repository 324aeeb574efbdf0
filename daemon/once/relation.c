/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once: whether a packet is of the boot that was served, by the evidence. When in doubt it is a new boot. */
#include "once/relation.h"

#include <string.h>

/* A family whose first message came only after the other one's final reply; no machine is started anew so fast. */
#define BEGIN_MS 1000
/* A message that is a whole exchange is sent again after 1 to 4 seconds, and by firmware alone. */
#define WHOLE_MS 5000
/* What was seen so long before is of another boot. */
#define ORDER_MS 600000

const struct once_exchange *once_own_exchange(const struct once_case *packet)
{
    return &packet->record->exchanges[packet->event->method];
}

bool once_within(const struct once_case *packet, uint64_t since, uint64_t ms)
{
    return packet->record->clock == packet->now->clock && packet->now->ms >= since && packet->now->ms - since < ms;
}

bool once_same_port(const struct once_case *packet, const struct once_exchange *exchange)
{
    const struct once_event *event = packet->event;

    return !event->has_mac || !exchange->has_mac || memcmp(event->mac, exchange->mac, NETBOOT_MAC_SIZE) == 0;
}

bool once_same_transaction(const struct once_case *packet, const struct once_exchange *exchange)
{
    uint32_t a = packet->event->transaction, b = exchange->transaction;

    return a == 0 || b == 0 || a == b;
}

const struct once_exchange *once_final_exchange(const struct once_case *packet, enum once_method from,
                                                enum once_method to)
{
    const struct once_exchange *found = NULL;

    for (unsigned i = from; i <= to; i++)
        if (packet->record->exchanges[i].state == ONCE_FINAL)
            found = &packet->record->exchanges[i];
    return found;
}

/* ---- Relations to the boot that was served; asked only while its window is open */

/* The reply got lost, and the client asks again. */
static bool is_repeated(const struct once_case *packet)
{
    const struct once_exchange *exchange = once_own_exchange(packet);

    if (exchange->state != ONCE_FINAL || !once_same_port(packet, exchange) || !once_same_transaction(packet, exchange))
        return false;
    if (packet->event->message == PHASE_REQUEST)
        return once_within(packet, exchange->ms, packet->record->window);
    return packet->event->message == PHASE_WHOLE && packet->event->transaction != 0 && exchange->transaction != 0 &&
           once_within(packet, exchange->ms, WHOLE_MS);
}

/* iPXE asks in both families at the same time. */
static bool is_other_family(const struct once_case *packet)
{
    enum once_method method = packet->event->method;
    enum once_method other = method == ONCE_IPXE4 ? ONCE_IPXE6 : ONCE_IPXE4;
    const struct once_exchange *exchange = once_own_exchange(packet), *final = &packet->record->exchanges[other];

    if (!once_is_ipxe(method) || final->state != ONCE_FINAL || !once_same_port(packet, final))
        return false;
    if (exchange->state == ONCE_BEGUN)
        return once_same_port(packet, exchange) && once_same_transaction(packet, exchange) &&
               once_within(packet, exchange->ms, ONCE_EXCHANGE_MS);
    return exchange->state == ONCE_NONE && packet->event->message != PHASE_REQUEST &&
           once_within(packet, final->ms, BEGIN_MS);
}

/* The target's own file for firmware was an iPXE, which now asks for the target's script. */
static bool is_next_stage(const struct once_case *packet)
{
    const struct once_exchange *final = once_final_exchange(packet, ONCE_PXE4, ONCE_HTTP6);

    return once_is_ipxe(packet->event->method) && packet->event->has_script && final && once_same_port(packet, final) &&
           !once_final_exchange(packet, ONCE_IPXE4, ONCE_IPXE6);
}

/* Firmware could not load the target's file, and goes on to its next method. One that it has been seen to try before
 * the one that was served comes earlier in its order: the machine was started anew. */
static bool is_next_attempt(const struct once_case *packet)
{
    const struct once_exchange *exchange = once_own_exchange(packet);
    const struct once_exchange *final = once_final_exchange(packet, ONCE_PXE4, ONCE_HTTP6);

    if (once_is_ipxe(packet->event->method) || !final || once_final_exchange(packet, ONCE_IPXE4, ONCE_IPXE6) ||
        exchange <= final || !once_same_port(packet, final) || !once_within(packet, final->ms, packet->record->window))
        return false;
    if (exchange->state == ONCE_NONE || (exchange->ms < final->ms && final->ms - exchange->ms >= ORDER_MS))
        return packet->event->message != PHASE_REQUEST;
    return exchange->ms >= final->ms && once_same_port(packet, exchange);
}

/* Firmware was offered the target and asked for it, and that could not be marked: it may have booted it. */
static bool is_doubted_promise(const struct once_case *packet)
{
    bool promised = false;

    for (unsigned i = ONCE_PXE4; i <= ONCE_HTTP6; i++)
        promised |= packet->record->exchanges[i].state == ONCE_PROMISED;
    return promised && packet->record->phase == ONCE_STARTED &&
           (!packet->now->certain || packet->now->doubt != packet->record->doubt);
}

enum once_relation once_relation(const struct once_case *packet)
{
    static const struct {
        bool (*holds)(const struct once_case *packet);
        enum once_relation is;
    } rules[] = {
        {is_repeated,     RELATION_REPEATED    },
        {is_other_family, RELATION_OTHER_FAMILY},
        {is_next_stage,   RELATION_NEXT_STAGE  },
        {is_next_attempt, RELATION_NEXT_ATTEMPT},
    };
    const struct once_record *record = packet->record;

    if (record->phase != ONCE_USED)
        return is_doubted_promise(packet) ? RELATION_NEW_BOOT : RELATION_FIRST;
    if (!packet->now->certain || packet->now->doubt != record->doubt ||
        !once_within(packet, record->ms, record->window))
        return RELATION_NEW_BOOT;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].holds(packet))
            return rules[i].is;
    return RELATION_NEW_BOOT;
}
