/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A model of machines, a network and two DHCP servers around the state machine of boot once.
 *
 * A case is made of a seed: a kind of machine, an arming, and a few boots with losses, duplicates, delays, resets at
 * any moment, servers that are killed between mark and send, marks that cannot be written, clocks that are set, a state
 * store that is lost, targets that change. Whatever the case, the final stage of the target may be served in one boot
 * only (or as many as an arming until done allows); and where nothing has been served so far, a final reply carries it,
 * unless the mark could not be written. A boot is served when such a reply leaves for it, whether or not it arrives, or
 * when it takes one that was meant for a boot before: chained iPXE repeats its transaction ids.
 *
 * usage: model [--seeds N] [--first N] [--without doubt|close|mark] [--calm] [--trace]
 */
#include "once.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Random numbers */

static uint64_t random_state;

static uint64_t draw(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t between(uint64_t low, uint64_t high)
{
    return low + draw() % (high - low + 1);
}

static bool chance(unsigned percent)
{
    return draw() % 100 < percent;
}

/* ---- Machines */

/* What a stage of a boot loads when its reply comes. */
enum load { LOADER, SCRIPT, DIRECT, CUSTOM_IPXE };

struct kind {
    const char *name;
    enum once_method first[4]; /* methods of firmware, in its order */
    unsigned firmware;         /* how many; 0: iPXE in ROM */
    unsigned families;         /* of iPXE: 4, 6, 10 for both; 0: none */
    enum load load;            /* what firmware gets of the target */
    bool whole;                /* firmware's exchange is one message */
    unsigned cards;
    uint64_t start_ms;   /* from power to the first message, at least */
    uint64_t request_ms; /* from the first offer to firmware's request */
};

/* clang-format off */
static const struct kind kinds[] = {
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
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- The world */

enum { CLIENT_TO_SERVER, SERVER_TO_CLIENT };

struct packet {
    uint64_t at; /* arrives */
    int direction;
    unsigned boot, exchange; /* that the client was in */
    struct once_event event;
    bool once; /* a reply with the target armed */
};

#define PACKETS 4096
struct world {
    uint64_t seed, now;
    bool trace, calm;
    const char *without;
    const struct kind *kind;

    struct packet packets[PACKETS];
    unsigned count;
    unsigned loss, duplication, delay; /* percent */

    /* State store and servers */
    bool has_record;
    struct once_record record;
    uint64_t doubt, clock, clock_ms;
    int64_t wall;
    unsigned unwritable; /* percent */
    uint64_t stuck_until;
    uint64_t down_until[2];
    unsigned kill;

    /* The target */
    bool has_script, has_file;

    /* The machine */
    unsigned boot, exchange;
    uint32_t chained_transaction[2];
    unsigned live_card;

    /* Verdict */
    unsigned served_boots, allowed;
    bool marked; /* for some boot, be it one that was gone already */
    bool boot_served[64];
    char why[256];
};

static void say(const struct world *world, const char *format, ...)
{
    va_list arguments;

    if (!world->trace)
        return;
    printf("%9.3f ", (double)world->now / 1000);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

static void fail(struct world *world, const char *why)
{
    if (!world->why[0])
        snprintf(world->why, sizeof(world->why), "%s", why);
    say(world, "*** %s", why);
}

static const char *const method_names[] = {"PXE4", "PXE6", "HTTP4", "HTTP6", "iPXE4", "iPXE6"};
static const char *const message_names[] = {"begin", "request", "whole", "renew"};

/* ---- The network */

/* A reply that is under way for longer than a machine needs to be back at the same place is beyond any server. */
static uint64_t delay(const struct world *world, int direction)
{
    if (world->delay && chance(world->delay))
        return between(10, direction == CLIENT_TO_SERVER ? 8000 : 1000);
    return between(1, 20);
}

static void put_packet(struct world *world, struct packet packet)
{
    if (world->count == PACKETS)
        abort();
    packet.at = world->now + delay(world, packet.direction);
    world->packets[world->count++] = packet;
}

static void send_packet(struct world *world, const struct packet *packet)
{
    unsigned copies = world->duplication && chance(world->duplication) ? 2 : 1;

    for (unsigned i = 0; i < copies; i++)
        if (!(world->loss && chance(world->loss)))
            put_packet(world, *packet);
}

static int next_packet(const struct world *world)
{
    int found = -1;

    for (unsigned i = 0; i < world->count; i++)
        if (found < 0 || world->packets[i].at < world->packets[found].at)
            found = (int)i;
    return found;
}

/* ---- The servers: the order of what state_serve.c does */

static struct once_time time_of(const struct world *world)
{
    return (struct once_time){
        .wall = (uint64_t)(world->wall + (int64_t)(world->now / 1000)),
        .ms = world->now + world->clock_ms,
        .clock = world->clock,
        .doubt = world->doubt,
        .certain = true,
    };
}

static bool cannot_write(const struct world *world)
{
    return world->now < world->stuck_until || (world->unwritable && chance(world->unwritable));
}

static bool leaves_out(const struct world *world, const char *what)
{
    return world->without && strcmp(world->without, what) == 0;
}

/* False: the mark could not be written. */
static bool write_step(struct world *world, struct once_step *step)
{
    if (step->write == ONCE_KEEP || (step->write == ONCE_CLOSE && leaves_out(world, "close")))
        return true;
    if (!cannot_write(world)) {
        if (!(step->write == ONCE_MARK && leaves_out(world, "mark")))
            world->record = step->record;
        return true;
    }
    if ((step->new_boot || step->promised) && !leaves_out(world, "doubt"))
        world->doubt = draw();
    if (step->write == ONCE_MARK)
        step->serve = false;
    return step->write != ONCE_MARK;
}

static void count_boot(struct world *world)
{
    if (world->boot_served[world->boot])
        return;
    world->boot_served[world->boot] = true;
    if (++world->served_boots > world->allowed)
        fail(world, "the target was served in one boot too many");
}

static void judge(struct world *world, const struct packet *packet, const struct once_step *step, bool written)
{
    const struct once_event *event = &packet->event;
    bool final = event->able && event->last && (event->message == ONCE_REQUEST || event->message == ONCE_WHOLE);

    if (!final)
        return;
    bool by_offer = event->method == ONCE_HTTP4 || event->method == ONCE_HTTP6;
    world->marked |= !written && step->promised; /* it was offered, which may be enough */
    if (!step->serve) {
        if (!(by_offer && event->message == ONCE_REQUEST && !world->calm) && !world->marked && written &&
            !step->expired && world->has_record)
            fail(world, "a final reply without the target, though it was never served");
        return;
    }
    world->marked = true;
    /* A request that was late: there is no such boot any more. */
    if (packet->boot == world->boot)
        count_boot(world);
}

static void serve(struct world *world, const struct packet *packet)
{
    struct once_event event = packet->event;
    unsigned server = event.method % 2;
    struct once_step step = {.serve = false};
    bool written = true;

    if (world->now < world->down_until[server])
        return;
    /* What the target has for it now. */
    bool ipxe = event.method >= ONCE_IPXE4;
    event.able = ipxe ? world->has_script || world->has_file : world->has_script || world->has_file;
    event.last = ipxe || world->has_file;
    event.has_script = world->has_script;
    struct packet asked = *packet;
    asked.event = event;
    if (world->has_record) {
        struct once_time now = time_of(world);
        once_step(&world->record, &event, &now, &step);
        written = write_step(world, &step);
    }
    judge(world, &asked, &step, written);
    say(world, "boot %u %s %s %08x -> %s%s%s", packet->boot, method_names[event.method], message_names[event.message],
        event.transaction, step.serve ? "ONCE" : "lasting", step.write == ONCE_MARK && step.serve ? ", marked" : "",
        written ? "" : ", not written");
    if (step.write == ONCE_MARK && world->kill && chance(world->kill)) {
        world->down_until[server] = world->now + between(200, 5000);
        say(world, "server %u is killed", server);
        return;
    }
    struct packet reply = asked;
    reply.direction = SERVER_TO_CLIENT;
    reply.once = step.serve;
    send_packet(world, &reply);
}

/* ---- What goes on beside the packets */

static void disturb(struct world *world)
{
    if (world->calm)
        return;
    if (chance(1) && chance(30)) {
        world->wall -= (int64_t)between(1, 100000);
        say(world, "the wall clock is set back");
    }
    if (chance(1) && chance(30)) {
        world->has_script = chance(80);
        say(world, "the target changes: script %d, file %d", world->has_script, world->has_file);
    }
    if (chance(1) && chance(10)) {
        world->has_record = false;
        say(world, "the state store is lost");
    }
    if (chance(1) && chance(30)) {
        world->clock = draw();
        world->clock_ms = between(0, 100000);
        world->down_until[0] = world->down_until[1] = world->now + between(100, 3000);
        say(world, "the servers' machine is started anew");
    }
    if (world->unwritable && chance(1)) {
        world->stuck_until = world->now + between(100, 20000);
        say(world, "a writer is stopped");
    }
}

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
        .message = firmware && world->kind->whole ? ONCE_WHOLE
                   : exchange->requesting         ? ONCE_REQUEST
                                                  : ONCE_BEGIN,
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
    if (packet->event.message == ONCE_BEGIN && !exchange->requesting) {
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
    } else if (packet->event.message != ONCE_BEGIN && (exchange->requesting || packet->event.message == ONCE_WHOLE)) {
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

static void run_boot(struct world *world)
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

/* ---- Cases */

static void arm(struct world *world)
{
    static const uint8_t token[ONCE_TOKEN_SIZE];

    world->allowed = chance(75) ? 1 : (unsigned)between(1, 3);
    world->record = (struct once_record){
        .token = {token, sizeof(token)},
        .armed = (uint64_t)world->wall,
        .expires = (uint64_t)world->wall + (chance(90) ? 86400 : between(1, 100)),
        .window = chance(80) ? ONCE_WINDOW_MS : between(0, 60) * 1000,
        .tries = (uint16_t)world->allowed,
        .until_done = world->allowed > 1,
        .phase = ONCE_ARMED,
    };
    if (world->calm) {
        world->record.expires = 0;
        world->record.window = ONCE_WINDOW_MS;
    }
    world->has_record = true;
}

static bool run_case(struct world *world, uint64_t seed)
{
    unsigned percents[] = {0, 0, 5, 20, 50};
    struct world fresh = {.seed = seed, .trace = world->trace, .calm = world->calm, .without = world->without};

    random_state = seed;
    *world = fresh;
    world->kind = &kinds[draw() % KINDS];
    world->now = between(1000, 100000);
    world->clock = draw();
    world->wall = 1700000000;
    world->has_file = world->kind->load == DIRECT || world->kind->load == CUSTOM_IPXE;
    world->has_script = world->kind->load != DIRECT || chance(30);
    if (!world->calm) {
        world->loss = percents[draw() % 5];
        world->duplication = percents[draw() % 4];
        world->delay = percents[draw() % 4];
        world->unwritable = chance(50) ? 0 : percents[draw() % 5];
        world->kill = chance(70) ? 0 : 20;
    }
    for (unsigned i = 0; i < 2; i++)
        world->chained_transaction[i] = (uint32_t)draw() | 1;
    arm(world);
    say(world, "%s; %u boots; window %u s", world->kind->name, world->allowed, (unsigned)(world->record.window / 1000));
    unsigned boots = (unsigned)between(2, 5) + world->allowed;
    for (unsigned i = 0; i < boots && !world->why[0]; i++)
        run_boot(world);
    return !world->why[0];
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    if (!*text || *end) {
        fprintf(stderr, "model: '%s' is no number\n", text);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    static struct world world;
    uint64_t seeds = 20000, first = 1, violations = 0, served[4] = {0}, by_kind[KINDS] = {0};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0)
            world.trace = true;
        else if (strcmp(argv[i], "--calm") == 0)
            world.calm = true;
        else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
            seeds = number(argv[++i]);
        else if (strcmp(argv[i], "--first") == 0 && i + 1 < argc)
            first = number(argv[++i]);
        else if (strcmp(argv[i], "--without") == 0 && i + 1 < argc)
            world.without = argv[++i];
        else
            return fprintf(stderr, "model: '%s' is not known\n", argv[i]), 2;
    }
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        if (!run_case(&world, seed)) {
            if (violations++ < 10)
                printf("seed %llu: %s: %s\n", (unsigned long long)seed, world.kind->name, world.why);
        }
        served[world.served_boots < 3 ? world.served_boots : 3]++;
        by_kind[world.kind - kinds]++;
    }
    printf("%llu cases: served in 0/1/2/3+ boots %llu/%llu/%llu/%llu; %llu violations\n", (unsigned long long)seeds,
           (unsigned long long)served[0], (unsigned long long)served[1], (unsigned long long)served[2],
           (unsigned long long)served[3], (unsigned long long)violations);
    for (size_t i = 0; i < KINDS; i++)
        if (by_kind[i] == 0 && seeds >= 1000)
            return fprintf(stderr, "model: no case of %s\n", kinds[i].name), 1;
    return violations == 0 ? 0 : 1;
}
