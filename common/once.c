/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Boot once: the state machine. An event is first weighed: what it is to the boot that was served, if there was one,
 * and how far it goes; then a table says what follows. When in doubt it is a new boot.
 */
#include "once.h"

#include "bytes.h"
#include "options.h"

#include <errno.h>

/* iPXE tries one family for 15 seconds (transmissions after 0, 1, 3 and 7 s, then 8 s more), and no machine is back at
 * the same place so soon after that. */
#define EXCHANGE_MS 16000
/* A family whose first message came only after the other one's final reply; no machine is started anew so fast. */
#define BEGIN_MS 1000
/* A message that is a whole exchange is sent again after 1 to 4 seconds, and by firmware alone. */
#define WHOLE_MS 5000
/* What was seen so long before is of another boot. */
#define ORDER_MS 600000

static bool is_ipxe(enum once_method method)
{
    return method >= ONCE_IPXE4;
}

/* ---- What a packet is */

int once_method(const struct netboot_client *client)
{
    static const int methods[][2] = {
        [NETBOOT_STAGE_NONE] = {-EINVAL,    -EINVAL   },
        [NETBOOT_STAGE_PXE] = {ONCE_PXE4,  ONCE_PXE6 },
        [NETBOOT_STAGE_HTTP] = {ONCE_HTTP4, ONCE_HTTP6},
        [NETBOOT_STAGE_IPXE] = {ONCE_IPXE4, ONCE_IPXE6},
    };

    return methods[client->stage][client->family == NETBOOT_V6];
}

enum once_message once_message(const struct netboot_query *query)
{
    static const struct {
        uint8_t family, message, reply;
        enum once_message is;
    } messages[] = {
        {NETBOOT_V4, DHCPDISCOVER, DHCPOFFER, ONCE_BEGIN  },
        {NETBOOT_V4, DHCPREQUEST,  DHCPACK,   ONCE_REQUEST},
        {NETBOOT_V6, SOLICIT,      ADVERTISE, ONCE_BEGIN  },
        {NETBOOT_V6, REQUEST,      REPLY,     ONCE_REQUEST},
        {NETBOOT_V6, RENEW,        REPLY,     ONCE_RENEW  },
        {NETBOOT_V6, REBIND,       REPLY,     ONCE_RENEW  },
    };

    /* RFC 2131, section 4.3.6: who has an address already (ciaddr) renews or rebinds. */
    if (query->family == NETBOOT_V4 && query->message_type == DHCPREQUEST && !is_zero(query->client_address, 4))
        return ONCE_RENEW;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        if (messages[i].family == query->family && messages[i].message == query->message_type &&
            messages[i].reply == query->reply_type)
            return messages[i].is;
    return ONCE_WHOLE;
}

/* ---- Evidence */

struct matter {
    const struct once_record *record;
    const struct once_event *event;
    const struct once_time *now;
};

static const struct once_exchange *own_exchange(const struct matter *matter)
{
    return &matter->record->exchanges[matter->event->method];
}

/* Whether less than `ms` have gone by. A clock that went back tells nothing. */
static bool within(const struct matter *matter, uint64_t since, uint64_t ms)
{
    return matter->record->clock == matter->now->clock && matter->now->ms >= since && matter->now->ms - since < ms;
}

static bool same_machine_port(const struct matter *matter, const struct once_exchange *exchange)
{
    const struct once_event *event = matter->event;

    return !event->has_mac || !exchange->has_mac || memcmp(event->mac, exchange->mac, NETBOOT_MAC_SIZE) == 0;
}

/* Transaction ids can only refute: chained iPXE repeats them across boots. */
static bool same_transaction(const struct matter *matter, const struct once_exchange *exchange)
{
    uint32_t a = matter->event->transaction, b = exchange->transaction;

    return a == 0 || b == 0 || a == b;
}

/* The last one that had its final reply: of firmware, or of iPXE. */
static const struct once_exchange *final_exchange(const struct matter *matter, enum once_method from,
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
static bool is_repeated(const struct matter *matter)
{
    const struct once_exchange *exchange = own_exchange(matter);

    if (exchange->state != ONCE_FINAL || !same_machine_port(matter, exchange) || !same_transaction(matter, exchange))
        return false;
    if (matter->event->message == ONCE_REQUEST)
        return within(matter, exchange->ms, matter->record->window);
    return matter->event->message == ONCE_WHOLE && matter->event->transaction != 0 && exchange->transaction != 0 &&
           within(matter, exchange->ms, WHOLE_MS);
}

/* iPXE asks in both families at the same time. */
static bool is_other_family(const struct matter *matter)
{
    enum once_method method = matter->event->method;
    enum once_method other = method == ONCE_IPXE4 ? ONCE_IPXE6 : ONCE_IPXE4;
    const struct once_exchange *exchange = own_exchange(matter), *final = &matter->record->exchanges[other];

    if (!is_ipxe(method) || final->state != ONCE_FINAL || !same_machine_port(matter, final))
        return false;
    if (exchange->state == ONCE_BEGUN)
        return same_machine_port(matter, exchange) && same_transaction(matter, exchange) &&
               within(matter, exchange->ms, EXCHANGE_MS);
    return exchange->state == ONCE_NONE && matter->event->message != ONCE_REQUEST &&
           within(matter, final->ms, BEGIN_MS);
}

/* The target's own file for firmware was an iPXE, which now asks for the target's script. */
static bool is_next_stage(const struct matter *matter)
{
    const struct once_exchange *final = final_exchange(matter, ONCE_PXE4, ONCE_HTTP6);

    return is_ipxe(matter->event->method) && matter->event->has_script && final && same_machine_port(matter, final) &&
           !final_exchange(matter, ONCE_IPXE4, ONCE_IPXE6);
}

/* Firmware could not load the target's file, and goes on to its next method. One that it has been seen to try before
 * the one that was served comes earlier in its order: the machine was started anew. */
static bool is_next_attempt(const struct matter *matter)
{
    const struct once_exchange *exchange = own_exchange(matter);
    const struct once_exchange *final = final_exchange(matter, ONCE_PXE4, ONCE_HTTP6);

    if (is_ipxe(matter->event->method) || !final || final_exchange(matter, ONCE_IPXE4, ONCE_IPXE6) ||
        exchange <= final || !same_machine_port(matter, final) || !within(matter, final->ms, matter->record->window))
        return false;
    if (exchange->state == ONCE_NONE || (exchange->ms < final->ms && final->ms - exchange->ms >= ORDER_MS))
        return matter->event->message != ONCE_REQUEST;
    return exchange->ms >= final->ms && same_machine_port(matter, exchange);
}

/* Firmware was offered the target and asked for it, and that could not be marked: it may have booted it. */
static bool is_doubted_promise(const struct matter *matter)
{
    bool promised = false;

    for (unsigned i = ONCE_PXE4; i <= ONCE_HTTP6; i++)
        promised |= matter->record->exchanges[i].state == ONCE_PROMISED;
    return promised && matter->record->phase == ONCE_STARTED &&
           (!matter->now->certain || matter->now->doubt != matter->record->doubt);
}

enum relation { FIRST, REPEATED, OTHER_FAMILY, NEXT_STAGE, NEXT_ATTEMPT, NEW_BOOT, RELATIONS };

static enum relation relation(const struct matter *matter)
{
    static const struct {
        bool (*holds)(const struct matter *matter);
        enum relation is;
    } rules[] = {
        {is_repeated,     REPEATED    },
        {is_other_family, OTHER_FAMILY},
        {is_next_stage,   NEXT_STAGE  },
        {is_next_attempt, NEXT_ATTEMPT},
    };
    const struct once_record *record = matter->record;

    if (record->phase != ONCE_USED)
        return is_doubted_promise(matter) ? NEW_BOOT : FIRST;
    if (!matter->now->certain || matter->now->doubt != record->doubt || !within(matter, record->ms, record->window))
        return NEW_BOOT;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].holds(matter))
            return rules[i].is;
    return NEW_BOOT;
}

/* ---- The new record */

static void set_exchange(struct once_step *step, const struct matter *matter, uint8_t state)
{
    const struct once_event *event = matter->event;
    struct once_exchange *exchange = &step->record.exchanges[event->method];

    *exchange = (struct once_exchange){
        .state = state, .has_mac = event->has_mac, .transaction = event->transaction, .ms = matter->now->ms};
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
    return event->able && event->last && !is_ipxe(event->method);
}

static bool knows_ipxe(const struct once_record *record)
{
    return record->exchanges[ONCE_IPXE4].state != ONCE_NONE || record->exchanges[ONCE_IPXE6].state != ONCE_NONE;
}

/* Whether what is known of the exchange stays as it is: its first message counts. Firmware has a transaction id for
 * each message. */
static bool is_known(const struct matter *matter)
{
    const struct once_exchange *exchange = own_exchange(matter);
    bool ipxe = is_ipxe(matter->event->method);

    if (exchange->state == ONCE_FINAL)
        return true;
    if (exchange->state != (is_direct(matter->event) ? ONCE_PROMISED : ONCE_BEGUN) ||
        !same_machine_port(matter, exchange) || !within(matter, exchange->ms, EXCHANGE_MS))
        return false;
    return ipxe ? same_transaction(matter, exchange) : !knows_ipxe(matter->record);
}

/* A message before the final one. Firmware begins a boot, so what was known of iPXE is of an earlier one. */
static enum once_write note(struct once_step *step, const struct matter *matter)
{
    struct once_record *record = &step->record;
    bool started = record->phase == ONCE_ARMED;

    if (!started && is_known(matter) && record->clock == matter->now->clock)
        return ONCE_KEEP;
    if (record->phase != ONCE_USED) {
        if (record->clock != matter->now->clock)
            forget_exchanges(step, ONCE_PXE4);
        if (!is_ipxe(matter->event->method))
            forget_exchanges(step, ONCE_IPXE4);
        if (started)
            record->started = matter->now->wall;
        record->clock = matter->now->clock;
        record->phase = ONCE_STARTED;
        if (is_direct(matter->event)) {
            record->doubt = matter->now->doubt;
            set_exchange(step, matter, ONCE_PROMISED);
            return ONCE_MARK;
        }
    }
    set_exchange(step, matter, ONCE_BEGUN);
    return ONCE_NOTE;
}

/* A request that was not seen to begin may be one that comes late, from a boot before: then what was seen to begin in
 * the other family is of another boot. */
static bool has_begun(const struct matter *matter)
{
    return own_exchange(matter)->state == ONCE_BEGUN && same_transaction(matter, own_exchange(matter));
}

static enum once_write mark(struct once_step *step, const struct matter *matter)
{
    struct once_record *record = &step->record;
    bool first = false;

    if (record->phase != ONCE_USED) {
        step->promised = own_exchange(matter)->state == ONCE_PROMISED;
        if (record->clock != matter->now->clock)
            forget_exchanges(step, ONCE_PXE4);
        if (!has_begun(matter))
            forget_exchanges(step, ONCE_IPXE4);
        if (record->phase == ONCE_ARMED)
            record->started = matter->now->wall;
        record->phase = ONCE_USED;
        record->count++;
        record->used = matter->now->wall;
        record->ms = matter->now->ms;
        record->clock = matter->now->clock;
        record->doubt = matter->now->doubt;
        first = true;
    }
    /* Of two families, the first is told of; of two stages, the second. */
    if (first || !final_exchange(matter, ONCE_IPXE4, ONCE_IPXE6)) {
        record->method = (uint16_t)matter->event->method;
        record->server = matter->event->server;
        record->file = matter->event->file;
    }
    set_exchange(step, matter, ONCE_FINAL);
    return ONCE_MARK;
}

/* ---- The table */

enum reach { UNABLE, GOING, FINAL, REACHES };

static enum reach reach(const struct once_event *event)
{
    if (!event->able || event->message == ONCE_RENEW)
        return UNABLE;
    return event->last && event->message != ONCE_BEGIN ? FINAL : GOING;
}

enum action { LASTING, AGAIN, GO, MARK, END };

static const enum action actions[RELATIONS][REACHES] = {
  /* what the event is to the boot    the client cannot follow   before the final stage   the final reply */
    [FIRST] = {LASTING, GO,    MARK },
      [REPEATED] = {LASTING, AGAIN, AGAIN},
      [OTHER_FAMILY] = {LASTING, GO,    MARK },
    [NEXT_STAGE] = {LASTING, GO,    MARK },
      [NEXT_ATTEMPT] = {LASTING, GO,    MARK },
      [NEW_BOOT] = {END,     END,   END  },
};

static bool has_expired(const struct once_record *record, uint64_t wall)
{
    return record->expires != 0 && wall >= record->expires;
}

static void first_step(const struct matter *matter, struct once_step *step);

/* The boot that was served is over. Another one may be due, of an arming until done: then this is its first packet. */
static void end_boot(const struct matter *matter, struct once_step *step)
{
    struct once_record *record = &step->record;

    step->new_boot = true;
    step->write = ONCE_CLOSE;
    if (record->phase == ONCE_STARTED)
        record->count++;
    if (record->count >= record->tries || has_expired(record, matter->now->wall)) {
        record->phase = ONCE_OVER;
        return;
    }
    record->phase = ONCE_ARMED;
    forget_exchanges(step, ONCE_PXE4);
    const struct once_record armed = *record;
    const struct matter first = {&armed, matter->event, matter->now};
    first_step(&first, step);
    /* What is before the final stage changes nothing for good, but it may be taken for the boot before. */
    step->write = step->serve ? ONCE_MARK : ONCE_CLOSE;
}

static void take_action(const struct matter *matter, enum action action, struct once_step *step)
{
    switch (action) {
    case LASTING:
        break;
    case AGAIN:
        step->serve = true;
        break;
    case GO:
        step->serve = true;
        step->write = note(step, matter);
        break;
    case MARK:
        step->serve = true;
        step->write = mark(step, matter);
        break;
    case END:
        end_boot(matter, step);
        break;
    }
}

static bool is_promised(const struct matter *matter)
{
    const struct once_exchange *exchange = own_exchange(matter);

    return exchange->state == ONCE_PROMISED && same_machine_port(matter, exchange);
}

/* UEFI's HTTP boot was not offered the target, so it would not boot it now. */
static bool is_unpromised(const struct matter *matter)
{
    enum once_method method = matter->event->method;

    return (method == ONCE_HTTP4 || method == ONCE_HTTP6) && is_direct(matter->event) && !is_promised(matter);
}

/* The final request of firmware that may boot what it was offered: it counts, be the arming expired or the target
 * another one by now. */
static void keep_promise(const struct matter *matter, struct once_step *step)
{
    step->serve = reach(matter->event) == FINAL;
    step->write = mark(step, matter);
    if (!step->serve)
        step->write = ONCE_CLOSE;
}

static void first_step(const struct matter *matter, struct once_step *step)
{
    bool request = matter->event->message == ONCE_REQUEST;

    if (request && is_promised(matter)) {
        keep_promise(matter, step);
        return;
    }
    step->expired = has_expired(matter->record, matter->now->wall);
    if (!step->expired && !(request && is_unpromised(matter)))
        take_action(matter, actions[FIRST][reach(matter->event)], step);
}

bool once_is_over(const struct once_record *record)
{
    return record->phase >= ONCE_OVER;
}

void once_step(const struct once_record *record, const struct once_event *event, const struct once_time *now,
               struct once_step *ret)
{
    const struct matter matter = {record, event, now};

    ret->serve = ret->expired = ret->new_boot = ret->promised = false;
    ret->write = ONCE_KEEP;
    ret->record = *record;
    if (once_is_over(record) || event->message == ONCE_RENEW)
        return;
    enum relation is = relation(&matter);
    if (is == FIRST)
        first_step(&matter, ret);
    else
        take_action(&matter, actions[is][reach(event)], ret);
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

const char *netboot_once_state_name(enum netboot_once_state state)
{
    static const char *const names[] = {
        [NETBOOT_ONCE_ARMED] = "armed",
        [NETBOOT_ONCE_IN_PROGRESS] = "in-progress",
        [NETBOOT_ONCE_USED] = "used",
        [NETBOOT_ONCE_WAITING] = "waiting",
        [NETBOOT_ONCE_DONE] = "done",
        [NETBOOT_ONCE_EXPIRED] = "expired",
        [NETBOOT_ONCE_NEVER_DONE] = "never-done",
    };

    return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : NULL;
}
