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

const struct once_exchange *once_own_exchange(const struct once_matter *matter)
{
    return &matter->record->exchanges[matter->event->method];
}

bool once_within(const struct once_matter *matter, uint64_t since, uint64_t ms)
{
    return matter->record->clock == matter->now->clock && matter->now->ms >= since && matter->now->ms - since < ms;
}

bool once_same_port(const struct once_matter *matter, const struct once_exchange *exchange)
{
    const struct once_event *event = matter->event;

    return !event->has_mac || !exchange->has_mac || memcmp(event->mac, exchange->mac, NETBOOT_MAC_SIZE) == 0;
}

bool once_same_transaction(const struct once_matter *matter, const struct once_exchange *exchange)
{
    uint32_t a = matter->event->transaction, b = exchange->transaction;

    return a == 0 || b == 0 || a == b;
}

const struct once_exchange *once_final_exchange(const struct once_matter *matter, enum once_method from,
                                                enum once_method to)
{
    const struct once_exchange *found = NULL;

    for (unsigned i = from; i <= to; i++)
        if (matter->record->exchanges[i].state == ONCE_FINAL)
            found = &matter->record->exchanges[i];
    return found;
}

/* ---- Relations to the boot that was served; asked only while its window is open */

/* The reply got lost, and the client asks again. */
static bool is_repeated(const struct once_matter *matter)
{
    const struct once_exchange *exchange = once_own_exchange(matter);

    if (exchange->state != ONCE_FINAL || !once_same_port(matter, exchange) || !once_same_transaction(matter, exchange))
        return false;
    if (matter->event->message == PHASE_REQUEST)
        return once_within(matter, exchange->ms, matter->record->window);
    return matter->event->message == PHASE_WHOLE && matter->event->transaction != 0 && exchange->transaction != 0 &&
           once_within(matter, exchange->ms, WHOLE_MS);
}

/* iPXE asks in both families at the same time. */
static bool is_other_family(const struct once_matter *matter)
{
    enum once_method method = matter->event->method;
    enum once_method other = method == ONCE_IPXE4 ? ONCE_IPXE6 : ONCE_IPXE4;
    const struct once_exchange *exchange = once_own_exchange(matter), *final = &matter->record->exchanges[other];

    if (!once_is_ipxe(method) || final->state != ONCE_FINAL || !once_same_port(matter, final))
        return false;
    if (exchange->state == ONCE_BEGUN)
        return once_same_port(matter, exchange) && once_same_transaction(matter, exchange) &&
               once_within(matter, exchange->ms, ONCE_EXCHANGE_MS);
    return exchange->state == ONCE_NONE && matter->event->message != PHASE_REQUEST &&
           once_within(matter, final->ms, BEGIN_MS);
}

/* The target's own file for firmware was an iPXE, which now asks for the target's script. */
static bool is_next_stage(const struct once_matter *matter)
{
    const struct once_exchange *final = once_final_exchange(matter, ONCE_PXE4, ONCE_HTTP6);

    return once_is_ipxe(matter->event->method) && matter->event->has_script && final && once_same_port(matter, final) &&
           !once_final_exchange(matter, ONCE_IPXE4, ONCE_IPXE6);
}

/* Firmware could not load the target's file, and goes on to its next method. One that it has been seen to try before
 * the one that was served comes earlier in its order: the machine was started anew. */
static bool is_next_attempt(const struct once_matter *matter)
{
    const struct once_exchange *exchange = once_own_exchange(matter);
    const struct once_exchange *final = once_final_exchange(matter, ONCE_PXE4, ONCE_HTTP6);

    if (once_is_ipxe(matter->event->method) || !final || once_final_exchange(matter, ONCE_IPXE4, ONCE_IPXE6) ||
        exchange <= final || !once_same_port(matter, final) || !once_within(matter, final->ms, matter->record->window))
        return false;
    if (exchange->state == ONCE_NONE || (exchange->ms < final->ms && final->ms - exchange->ms >= ORDER_MS))
        return matter->event->message != PHASE_REQUEST;
    return exchange->ms >= final->ms && once_same_port(matter, exchange);
}

/* Firmware was offered the target and asked for it, and that could not be marked: it may have booted it. */
static bool is_doubted_promise(const struct once_matter *matter)
{
    bool promised = false;

    for (unsigned i = ONCE_PXE4; i <= ONCE_HTTP6; i++)
        promised |= matter->record->exchanges[i].state == ONCE_PROMISED;
    return promised && matter->record->phase == ONCE_STARTED &&
           (!matter->now->certain || matter->now->doubt != matter->record->doubt);
}

enum once_relation once_relation(const struct once_matter *matter)
{
    static const struct {
        bool (*holds)(const struct once_matter *matter);
        enum once_relation is;
    } rules[] = {
        {is_repeated,     RELATION_REPEATED    },
        {is_other_family, RELATION_OTHER_FAMILY},
        {is_next_stage,   RELATION_NEXT_STAGE  },
        {is_next_attempt, RELATION_NEXT_ATTEMPT},
    };
    const struct once_record *record = matter->record;

    if (record->phase != ONCE_USED)
        return is_doubted_promise(matter) ? RELATION_NEW_BOOT : RELATION_FIRST;
    if (!matter->now->certain || matter->now->doubt != record->doubt ||
        !once_within(matter, record->ms, record->window))
        return RELATION_NEW_BOOT;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].holds(matter))
            return rules[i].is;
    return RELATION_NEW_BOOT;
}
