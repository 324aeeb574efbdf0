/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Boot once: the state machine. An event is first weighed: what it is to the boot that was served, if there was one
 * (relation.c), and how far it goes; then a table says what follows.
 */
#include "once/machine.h"

#include "base/bytes.h"
#include "base/names.h"
#include "dhcp/codes.h"
#include "once/relation.h"

#include <errno.h>

/* ---- The new record */

static void set_exchange(struct once_step *step, const struct once_case *packet, uint8_t state)
{
    const struct once_event *event = packet->event;
    struct once_exchange *exchange = &step->record.exchanges[event->method];

    *exchange = (struct once_exchange){
        .state = state, .has_mac = event->has_mac, .transaction = event->transaction, .ms = packet->now->ms};
    memcpy(exchange->mac, event->mac, sizeof(exchange->mac));
}

static void forget_exchanges(struct once_step *step, enum once_method from)
{
    for (unsigned i = from; i < ONCE_METHODS; i++)
        step->record.exchanges[i] = (struct once_exchange){.state = ONCE_NONE};
}

/* Firmware gets the target's own file. */
static bool is_direct(const struct once_event *event)
{
    return event->able && event->last && !once_is_ipxe(event->method);
}

static bool knows_ipxe(const struct once_record *record)
{
    return record->exchanges[ONCE_IPXE4].state != ONCE_NONE || record->exchanges[ONCE_IPXE6].state != ONCE_NONE;
}

/* Whether what is known of the exchange stays as it is: its first message counts. Firmware has a transaction id for
 * each message. */
static bool is_known(const struct once_case *packet)
{
    const struct once_exchange *exchange = once_own_exchange(packet);
    bool ipxe = once_is_ipxe(packet->event->method);

    if (exchange->state == ONCE_FINAL)
        return true;
    if (exchange->state != (is_direct(packet->event) ? ONCE_PROMISED : ONCE_BEGUN) ||
        !once_same_port(packet, exchange) || !once_within(packet, exchange->ms, ONCE_EXCHANGE_MS))
        return false;
    return ipxe ? once_same_transaction(packet, exchange) : !knows_ipxe(packet->record);
}

/* A message before the final one. Firmware begins a boot, so what was known of iPXE is of an earlier one. */
static enum once_write note(struct once_step *step, const struct once_case *packet)
{
    struct once_record *record = &step->record;
    bool started = record->phase == ONCE_ARMED;

    if (!started && is_known(packet) && record->clock == packet->now->clock)
        return ONCE_KEEP;
    if (record->phase != ONCE_USED) {
        if (record->clock != packet->now->clock)
            forget_exchanges(step, ONCE_PXE4);
        if (!once_is_ipxe(packet->event->method))
            forget_exchanges(step, ONCE_IPXE4);
        if (started)
            record->started = packet->now->wall;
        record->clock = packet->now->clock;
        record->phase = ONCE_STARTED;
        if (is_direct(packet->event)) {
            record->doubt = packet->now->doubt;
            set_exchange(step, packet, ONCE_PROMISED);
            return ONCE_MARK;
        }
    }
    set_exchange(step, packet, ONCE_BEGUN);
    return ONCE_NOTE;
}

/* A request that was not seen to begin may be one that comes late, from a boot before: then what was seen to begin in
 * the other family is of another boot. */
static bool has_begun(const struct once_case *packet)
{
    return once_own_exchange(packet)->state == ONCE_BEGUN && once_same_transaction(packet, once_own_exchange(packet));
}

static enum once_write mark(struct once_step *step, const struct once_case *packet)
{
    struct once_record *record = &step->record;
    bool first = false;

    if (record->phase != ONCE_USED) {
        step->promised = once_own_exchange(packet)->state == ONCE_PROMISED;
        if (record->clock != packet->now->clock)
            forget_exchanges(step, ONCE_PXE4);
        if (!has_begun(packet))
            forget_exchanges(step, ONCE_IPXE4);
        if (record->phase == ONCE_ARMED)
            record->started = packet->now->wall;
        record->phase = ONCE_USED;
        record->count++;
        record->used = packet->now->wall;
        record->ms = packet->now->ms;
        record->clock = packet->now->clock;
        record->doubt = packet->now->doubt;
        first = true;
    }
    /* Of two families, the first is told of; of two stages, the second. */
    if (first || !once_final_exchange(packet, ONCE_IPXE4, ONCE_IPXE6)) {
        record->method = (uint16_t)packet->event->method;
        record->server = packet->event->server;
        record->file = packet->event->file;
    }
    set_exchange(step, packet, ONCE_FINAL);
    return ONCE_MARK;
}

/* ---- The table */

/* The client cannot follow, this is before the final stage, or it is the final reply. */
enum reach { UNABLE, GOING, FINAL, REACHES };

static enum reach reach(const struct once_event *event)
{
    if (!event->able || event->message == PHASE_RENEW)
        return UNABLE;
    return event->last && event->message != PHASE_BEGIN ? FINAL : GOING;
}

enum action { LASTING, AGAIN, GO, MARK, END };

/* clang-format off */
static const enum action actions[RELATIONS][REACHES] = {
    /* what the event is to the boot   unable   going  final */
    [RELATION_FIRST]        =         {LASTING, GO,    MARK},
    [RELATION_REPEATED]     =         {LASTING, AGAIN, AGAIN},
    [RELATION_OTHER_FAMILY] =         {LASTING, GO,    MARK},
    [RELATION_NEXT_STAGE]   =         {LASTING, GO,    MARK},
    [RELATION_NEXT_ATTEMPT] =         {LASTING, GO,    MARK},
    [RELATION_NEW_BOOT]     =         {END,     END,   END},
};
/* clang-format on */

static bool has_expired(const struct once_record *record, uint64_t wall)
{
    return record->expires != 0 && wall >= record->expires;
}

static void first_step(const struct once_case *packet, struct once_step *step);

/* The boot that was served is over. Another one may be due, of an arming until done: then this is its first packet. */
static void end_boot(const struct once_case *packet, struct once_step *step)
{
    struct once_record *record = &step->record;

    step->new_boot = true;
    step->write = ONCE_CLOSE;
    if (record->phase == ONCE_STARTED)
        record->count++;
    if (record->count >= record->tries || has_expired(record, packet->now->wall)) {
        record->phase = ONCE_OVER;
        return;
    }
    record->phase = ONCE_ARMED;
    forget_exchanges(step, ONCE_PXE4);
    const struct once_record armed = *record;
    const struct once_case first = {&armed, packet->event, packet->now};
    first_step(&first, step);
    /* What is before the final stage changes nothing for good, but it may be taken for the boot before. */
    step->write = step->serve ? ONCE_MARK : ONCE_CLOSE;
}

static void take_action(const struct once_case *packet, enum action action, struct once_step *step)
{
    switch (action) {
    case LASTING:
        break;
    case AGAIN:
        step->serve = true;
        break;
    case GO:
        step->serve = true;
        step->write = note(step, packet);
        break;
    case MARK:
        step->serve = true;
        step->write = mark(step, packet);
        break;
    case END:
        end_boot(packet, step);
        break;
    }
}

static bool is_promised(const struct once_case *packet)
{
    const struct once_exchange *exchange = once_own_exchange(packet);

    return exchange->state == ONCE_PROMISED && once_same_port(packet, exchange);
}

/* UEFI's HTTP boot was not offered the target, so it would not boot it now. */
static bool is_unpromised(const struct once_case *packet)
{
    enum once_method method = packet->event->method;

    return (method == ONCE_HTTP4 || method == ONCE_HTTP6) && is_direct(packet->event) && !is_promised(packet);
}

/* The final request of firmware that may boot what it was offered: it counts, be the arming expired or the target
 * another one by now. */
static void keep_promise(const struct once_case *packet, struct once_step *step)
{
    step->serve = reach(packet->event) == FINAL;
    step->write = mark(step, packet);
    if (!step->serve)
        step->write = ONCE_CLOSE;
}

static void first_step(const struct once_case *packet, struct once_step *step)
{
    bool request = packet->event->message == PHASE_REQUEST;

    if (request && is_promised(packet)) {
        keep_promise(packet, step);
        return;
    }
    step->expired = has_expired(packet->record, packet->now->wall);
    if (!step->expired && !(request && is_unpromised(packet)))
        take_action(packet, actions[RELATION_FIRST][reach(packet->event)], step);
}

bool once_is_over(const struct once_record *record)
{
    return record->phase >= ONCE_OVER;
}

void once_step(const struct once_record *record, const struct once_event *event, const struct once_time *now,
               struct once_step *ret)
{
    const struct once_case packet = {record, event, now};

    ret->serve = ret->expired = ret->new_boot = ret->promised = false;
    ret->write = ONCE_KEEP;
    ret->record = *record;
    if (once_is_over(record) || event->message == PHASE_RENEW)
        return;
    enum once_relation is = once_relation(&packet);
    if (is == RELATION_FIRST)
        first_step(&packet, ret);
    else
        take_action(&packet, actions[is][reach(event)], ret);
}

/* ---- For people */

enum netboot_once_state once_state(const struct once_record *record, uint64_t wall)
{
    bool expired = has_expired(record, wall);

    switch (record->phase) {
    case ONCE_DONE:
        return NETBOOT_ONCE_DONE;
    case ONCE_USED:
        if (record->until_done)
            return expired ? NETBOOT_ONCE_NEVER_DONE : NETBOOT_ONCE_WAITING;
        return NETBOOT_ONCE_USED;
    case ONCE_ARMED:
    case ONCE_STARTED:
        if (expired)
            return record->count > 0 ? NETBOOT_ONCE_NEVER_DONE : NETBOOT_ONCE_EXPIRED;
        if (record->phase == ONCE_STARTED)
            return NETBOOT_ONCE_IN_PROGRESS;
        return record->count > 0 ? NETBOOT_ONCE_WAITING : NETBOOT_ONCE_ARMED;
    }
    return record->until_done ? NETBOOT_ONCE_NEVER_DONE : NETBOOT_ONCE_USED;
}
