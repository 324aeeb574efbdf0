/* SPDX-License-Identifier: MPL-2.0 */
#include "world.h"

/* clang-format off */
const struct kind kinds[KINDS] = {
    {"PXE over IPv4, iPXE, one family",    {ONCE_PXE4},                                    1, 4,  LOADER,      false, 1, 1500, 3000},
    {"PXE over IPv4, iPXE, both families", {ONCE_PXE4},                                    1, 10, LOADER,      false, 1, 1500, 3000},
    {"UEFI PXE over IPv4, iPXE",           {ONCE_PXE4, ONCE_PXE6, ONCE_HTTP4, ONCE_HTTP6}, 4, 10, LOADER,      false, 1, 5000, 3500},
    {"UEFI PXE over IPv6, iPXE",           {ONCE_PXE6, ONCE_HTTP6},                        2, 6,  LOADER,      false, 1, 5000, 4000},
    {"UEFI PXE over IPv6, iPXE, both",     {ONCE_PXE6, ONCE_HTTP6},                        2, 10, LOADER,      false, 1, 5000, 4000},
    {"UEFI HTTP over IPv4, iPXE",          {ONCE_HTTP4},                                   1, 10, LOADER,      false, 1, 5000, 3500},
    {"UEFI HTTP over IPv6, iPXE",          {ONCE_HTTP6},                                   1, 10, LOADER,      false, 1, 5000, 4000},
    {"iPXE in ROM, IPv4",                  {0},                                            0, 4,  SCRIPT,      false, 1, 1800, 0   },
    {"iPXE in ROM, IPv6",                  {0},                                            0, 6,  SCRIPT,      false, 1, 1800, 0   },
    {"iPXE in ROM, both families",         {0},                                            0, 10, SCRIPT,      false, 1, 1800, 0   },
    {"UEFI, direct, IPv4",                 {ONCE_PXE4},                                    1, 0,  DIRECT,      false, 1, 5000, 3500},
    {"UEFI, direct, all methods",          {ONCE_PXE4, ONCE_PXE6, ONCE_HTTP4, ONCE_HTTP6}, 4, 0,  DIRECT,      false, 1, 5000, 3500},
    {"UEFI, direct, HTTP over IPv4",       {ONCE_HTTP4},                                   1, 0,  DIRECT,      false, 1, 5000, 3500},
    {"UEFI, direct, HTTP over IPv6",       {ONCE_HTTP6},                                   1, 0,  DIRECT,      false, 1, 5000, 3500},
    {"UEFI, direct, IPv6",                 {ONCE_PXE6, ONCE_HTTP6},                        2, 0,  DIRECT,      false, 1, 5000, 4000},
    {"UEFI, direct, four cards",           {ONCE_PXE4, ONCE_PXE6},                         2, 0,  DIRECT,      false, 4, 5000, 3500},
    {"UEFI, iPXE, four cards",             {ONCE_PXE4, ONCE_PXE6},                         2, 10, LOADER,      false, 4, 5000, 3500},
    {"iPXE in ROM, four cards",            {0},                                            0, 10, SCRIPT,      false, 4, 1800, 0   },
    {"an iPXE of the target's own",        {ONCE_PXE4},                                    1, 10, CUSTOM_IPXE, false, 1, 1500, 3000},
    {"UEFI, an iPXE of the target's own",  {ONCE_PXE4, ONCE_PXE6},                         2, 10, CUSTOM_IPXE, false, 1, 5000, 3500},
    {"one message, direct",                {ONCE_PXE6},                                    1, 0,  DIRECT,      true,  1, 5500, 0   },
    {"one message, iPXE",                  {ONCE_PXE4},                                    1, 10, LOADER,      true,  1, 5500, 0   },
};
/* clang-format on */

const char *const method_names[] = {"PXE4", "PXE6", "HTTP4", "HTTP6", "iPXE4", "iPXE6"};

/* ---- The machine: exchanges that run at the same time, and a reset at any moment */

struct exchange {
    bool on, offered, done;
    bool once; /* what its final reply carried */
    bool offered_once;
    unsigned id, sent;
    enum once_method method;
    uint32_t transaction;
    uint64_t next, phase_began;
    bool requesting;
    unsigned card;
};

static const uint64_t ipxe_times[] = {0, 1000, 3000, 7000, 15000};
static const uint64_t firmware_times[] = {0, 4000, 12000, 28000, 60000};

static const uint64_t *times_of(enum once_method method)
{
    return method >= ONCE_IPXE4 ? ipxe_times : firmware_times;
}

static void begin_exchange(struct world *world, struct exchange *exchange, enum once_method method, unsigned card)
{
    bool ipxe = method >= ONCE_IPXE4;
    bool chained = ipxe && world->kind->firmware > 0;

    *exchange =
        (struct exchange){.on = true,
                          .id = ++world->exchange,
                          .method = method,
                          .card = card,
                          .phase_began = world->now,
                          .next = world->now,
                          .transaction = chained ? world->chained_transaction[method % 2] : (uint32_t)draw() | 1};
    say(world, "boot %u: %s on card %u", world->boot, method_names[method], card);
}

static void transmit(struct world *world, struct exchange *exchange)
{
    struct packet packet = {.direction = CLIENT_TO_SERVER, .boot = world->boot, .exchange = exchange->id};
    bool firmware = exchange->method < ONCE_IPXE4;

    /* Firmware has another transaction id in its request over IPv6. */
    packet.event = (struct once_event){
        .method = exchange->method,
        .message = firmware && world->kind->whole ? PHASE_WHOLE
                   : exchange->requesting         ? PHASE_REQUEST
                                                  : PHASE_BEGIN,
        .has_mac = true,
        .mac = {0x52, 0x54, 0, 0, 0, (uint8_t)exchange->card},
        .transaction = exchange->transaction + (firmware && exchange->method % 2 && exchange->requesting ? 1 : 0),
    };
    if (exchange->card == world->live_card)
        send_packet(world, &packet);
    exchange->sent++;
}

/* The exchange's own clock. */
static void run_exchange(struct world *world, struct exchange *exchange)
{
    const uint64_t *times = times_of(exchange->method);
    const unsigned limit = 4;

    if (!exchange->on || exchange->done || world->now < exchange->next)
        return;
    if (exchange->sent == limit) {
        exchange->on = false; /* given up */
        return;
    }
    transmit(world, exchange);
    exchange->next = exchange->phase_began + times[exchange->sent];
}

static void take_reply(struct world *world, struct exchange *exchange, const struct packet *packet)
{
    uint64_t wait = exchange->method == ONCE_IPXE4   ? between(1500, 3000)
                    : exchange->method == ONCE_IPXE6 ? between(1, 10)
                                                     : world->kind->request_ms;

    if (!exchange->on || exchange->done || packet->event.method != exchange->method ||
        packet->event.mac[5] != exchange->card)
        return;
    if (packet->exchange != exchange->id && packet->event.transaction != exchange->transaction)
        return;
    if (packet->event.message == PHASE_BEGIN && !exchange->requesting) {
        if (exchange->method == ONCE_IPXE4 && !exchange->offered)
            exchange->offered = true;
        exchange->offered_once = packet->once;
        exchange->requesting = true;
        exchange->sent = 0;
        exchange->phase_began = world->now + wait;
        /* iPXE sends its second DISCOVER in any case. */
        if (exchange->method == ONCE_IPXE4 && wait > 1000) {
            exchange->requesting = false;
            transmit(world, exchange);
            exchange->sent = 0;
            exchange->requesting = true;
        }
        exchange->next = exchange->phase_began;
    } else if (packet->event.message != PHASE_BEGIN && (exchange->requesting || packet->event.message == PHASE_WHOLE)) {
        exchange->done = true;
        exchange->once = packet->once;
        /* UEFI's HTTP boot loads what the offer named. */
        if ((exchange->method == ONCE_HTTP4 || exchange->method == ONCE_HTTP6) && exchange->requesting)
            exchange->once = exchange->offered_once;
        if (exchange->once && packet->event.able && packet->event.last)
            count_boot(world);
    }
}

/* Runs packets and exchanges until all exchanges are done or given up, or the machine is reset. */
static bool run_exchanges(struct world *world, struct exchange *exchanges, unsigned count, uint64_t reset_at)
{
    for (;;) {
        bool busy = false;
        uint64_t next = reset_at;
        int packet = next_packet(world);

        for (unsigned i = 0; i < count; i++) {
            run_exchange(world, &exchanges[i]);
            if (exchanges[i].on && !exchanges[i].done) {
                busy = true;
                next = exchanges[i].next < next ? exchanges[i].next : next;
            }
        }
        packet = next_packet(world);
        if (!busy || world->now >= reset_at)
            return busy;
        if (packet >= 0 && world->packets[packet].at <= next) {
            struct packet arrived = world->packets[packet];
            world->packets[packet] = world->packets[--world->count];
            world->now = arrived.at > world->now ? arrived.at : world->now;
            disturb(world);
            if (arrived.direction == CLIENT_TO_SERVER)
                serve(world, &arrived);
            else if (arrived.direction == DEADLINE)
                pass_deadline(world, arrived.question);
            else if (arrived.direction == WAKE)
                wake(world);
            else
                for (unsigned i = 0; i < count; i++)
                    take_reply(world, &exchanges[i], &arrived);
        } else {
            world->now = next > world->now ? next : world->now + 1;
        }
    }
}

/* Time goes by with nothing but late packets. */
static void pass_time(struct world *world, uint64_t ms)
{
    struct exchange none = {.on = true, .next = world->now + ms, .sent = 4, .method = ONCE_PXE4};

    none.done = false;
    run_exchanges(world, &none, 1, world->now + ms);
}

/* What a calm boot has to show: each final reply carried the target. */
static void check_calm(struct world *world, const struct exchange *exchanges, unsigned count)
{
    if (!world->calm || world->boot > world->allowed)
        return;
    for (unsigned i = 0; i < count; i++)
        if (exchanges[i].done && !exchanges[i].once)
            fail(world, "a boot without any disturbance did not get the target in each reply");
}

static void run_ipxe(struct world *world, unsigned card, uint64_t reset_at)
{
    struct exchange exchanges[2];
    unsigned count = 0;

    if (world->kind->families == 4 || world->kind->families == 10)
        begin_exchange(world, &exchanges[count++], ONCE_IPXE4, card);
    if (world->kind->families == 6 || world->kind->families == 10) {
        begin_exchange(world, &exchanges[count++], ONCE_IPXE6, card);
        /* Over IPv6 it waits for a router, which may be late. */
        exchanges[count - 1].phase_began = exchanges[count - 1].next =
            world->now + (world->calm ? between(0, 500) : between(0, chance(10) ? 6000 : 500));
    }
    run_exchanges(world, exchanges, count, reset_at);
    if (world->now < reset_at)
        check_calm(world, exchanges, count);
}

/* Firmware: method after method, card after card, until one of them loads something. */
static void run_firmware(struct world *world, uint64_t reset_at)
{
    for (unsigned card = 0; card < world->kind->cards; card++)
        for (unsigned i = 0; i < world->kind->firmware; i++) {
            struct exchange exchange;
            begin_exchange(world, &exchange, world->kind->first[i], card);
            run_exchanges(world, &exchange, 1, reset_at);
            if (world->now >= reset_at)
                return;
            if (!exchange.done)
                continue;
            check_calm(world, &exchange, 1);
            if (world->kind->load == LOADER || world->kind->load == CUSTOM_IPXE) {
                pass_time(world, between(500, 7000));
                if (world->now < reset_at && world->kind->families)
                    run_ipxe(world, card, reset_at);
                return;
            }
            /* A file that cannot be loaded: on to the next method. */
            if (!chance(world->calm ? 0 : 25))
                return;
            pass_time(world, between(100, 20000));
            if (world->now >= reset_at)
                return;
        }
}

void run_boot(struct world *world)
{
    uint64_t reset_at = UINT64_MAX;

    world->boot++;
    if (!world->calm && chance(35))
        reset_at = world->now + between(0, 40000);
    pass_time(world, world->kind->start_ms + between(0, chance(50) ? 500 : 30000));
    world->live_card = (unsigned)draw() % world->kind->cards;
    if (world->kind->firmware == 0)
        for (unsigned card = 0; card < world->kind->cards && world->now < reset_at; card++)
            run_ipxe(world, card, reset_at);
    else
        run_firmware(world, reset_at);
    /* What was booted runs, for a moment or for long. */
    if (world->now < reset_at)
        pass_time(world, chance(60) ? between(100, 3000) : between(1000, 100000));
}
