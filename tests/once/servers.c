/* SPDX-License-Identifier: MPL-2.0 */
/* Two servers, one for each family: they ask netbootd, and serve what is lasting where they get no answer in time. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 100

static const char *const phase_names[] = {
    [PHASE_BEGIN] = "begin", [PHASE_REQUEST] = "request", [PHASE_WHOLE] = "whole", [PHASE_RENEW] = "renew"};

/* ---- The verdict */

void count_boot(struct world *world)
{
    if (world->boot_served[world->boot])
        return;
    world->boot_served[world->boot] = true;
    if (++world->served_boots > world->allowed)
        fail(world, "the target was served in one boot too many");
}

static bool is_final(const struct once_event *event)
{
    return event->able && event->last && (event->message == PHASE_REQUEST || event->message == PHASE_WHOLE);
}

/* A final reply leaves with the target. */
static void judge_sent(struct world *world, const struct packet *packet)
{
    if (!is_final(&packet->event))
        return;
    /* A request that was late: there is no such boot any more. */
    if (packet->boot == world->boot)
        count_boot(world);
}

/* What netbootd said. Nobody has to wait for a target that was never served. */
static void judge_answer(struct world *world, const struct connection *connection, const struct answer *answer)
{
    const struct packet *packet = &connection->packet;
    const struct once_event *event = &packet->event;
    bool by_offer = event->method == ONCE_HTTP4 || event->method == ONCE_HTTP6;
    bool direct = event->able && event->last && event->method < ONCE_IPXE4;

    world->marking = 0;
    if (answer->verdict == ANSWER_ONCE) {
        if (direct && event->message == PHASE_BEGIN) {
            world->promised = true;
            world->promised_boot = world->boot;
        }
        if (is_final(event)) {
            world->was_marked = world->marked;
            world->marked = true;
            world->marking = world->netbootd.asked == 1 ? connection->question : 0;
        }
        return;
    }
    if (is_final(event) && !(by_offer && !world->calm) && !world->marked && !world->promised && world->is_armed &&
        connection->arming == world->arming && answer->armed != NETBOOT_ARMED_UNMARKED &&
        answer->armed != NETBOOT_ARMED_EXPIRED)
        fail(world, "a final reply without the target, though it was never served");
}

/* ---- Replies */

static void reply(struct world *world, const struct packet *asked, bool once)
{
    struct packet reply = *asked;

    reply.direction = SERVER_TO_CLIENT;
    reply.once = once;
    if (once)
        judge_sent(world, asked);
    say(world, "boot %u %s %s %08x -> %s", asked->boot, method_names[asked->event.method],
        phase_names[asked->event.message], asked->event.transaction, once ? "ONCE" : "lasting");
    send_packet(world, &reply);
}

/* ---- Connections */

void wake_at(struct world *world, uint64_t at)
{
    put_at(world, (struct packet){.direction = WAKE}, at);
}

void connect_all(struct world *world)
{
    for (unsigned i = 0; i < 2; i++) {
        struct server *server = &world->servers[i];
        if (server->connected || !world->netbootd.book || world->now < server->down_until ||
            world->now < server->connects_at)
            continue;
        server->connected = true;
        say(world, "server %u connects", i);
        memset(server->connections, 0, sizeof(server->connections));
        server->session = ++world->session;
        server->unasked = 0;
        tell(world, &(struct message){.kind = MESSAGE_CONNECT, .server = i, .session = server->session});
        netbootd_read(world);
    }
}

static void send_unasked(struct world *world, unsigned number)
{
    struct server *server = &world->servers[number];
    struct message message = {.kind = QUESTION_NOT_SENT, .server = number, .session = server->session};

    message.question = (struct question){.kind = QUESTION_NOT_SENT, .unasked = server->unasked};
    if (server->connected)
        tell(world, &message);
}

/* A server that lives serves what is lasting to those that wait. */
void lose_connection(struct world *world, unsigned number)
{
    struct server *server = &world->servers[number];

    say(world, "server %u has no connection", number);
    server->connected = false;
    server->connects_at = world->now + between(1, 500);
    wake_at(world, server->connects_at);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        struct connection *connection = &server->connections[i];
        tell(world,
             &(struct message){.kind = MESSAGE_HANG_UP, .server = number, .connection = i, .session = server->session});
        if (connection->asking && world->now >= server->down_until)
            reply(world, &connection->packet, false);
        connection->asking = false;
    }
}

static void kill_server(struct world *world, unsigned number)
{
    struct server *server = &world->servers[number];

    server->down_until = world->now + between(200, 5000);
    say(world, "server %u is killed", number);
    if (server->connected)
        lose_connection(world, number);
    server->connects_at = server->down_until + between(1, 500);
    wake_at(world, server->connects_at);
}

void wake(struct world *world)
{
    if (!world->netbootd.book && world->netbootd.starts_at <= world->now)
        netbootd_start(world);
    netbootd_read(world);
    connect_all(world);
    for (unsigned i = 0; i < 2; i++)
        if (world->servers[i].connected && world->servers[i].unasked > world->netbootd.unasked[i] &&
            !leaves_out(world, "report"))
            send_unasked(world, i);
    netbootd_read(world);
}

/* ---- Questions */

static struct question question_of(const struct world *world, const struct once_event *event, uint64_t number,
                                   const uint8_t *token)
{
    struct control_host host = host_of(world);
    struct question question = {
        .kind = QUESTION_ASK,
        .sequence = number,
        .deadline_ns = (world->now + DEADLINE_MS) * 1000000,
        .store = host.store,
        .born = leaves_out(world, "born") ? 1 : host.born,
        .method = (uint8_t)event->method,
        .message = (uint8_t)event->message,
        .able = event->able,
        .last = event->last,
        .has_script = event->has_script,
        .has_mac = event->has_mac,
        .transaction = event->transaction,
        .key_size = (uint16_t)host.key.size,
    };

    memcpy(question.token, token, sizeof(question.token));
    memcpy(question.mac, event->mac, sizeof(question.mac));
    memcpy(question.key, host.key.octets, host.key.size);
    return question;
}

static struct connection *find_free(struct server *server)
{
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (!server->connections[i].asking)
            return &server->connections[i];
    return NULL;
}

static void ask(struct world *world, unsigned number, struct connection *connection, const struct packet *packet,
                const uint8_t *token)
{
    struct message message = {.kind = QUESTION_ASK, .server = number, .session = world->servers[number].session};
    struct packet deadline = {.direction = DEADLINE, .question = ++world->question};

    message.connection = (unsigned)(connection - world->servers[number].connections);
    connection->asking = true;
    connection->question = world->question;
    connection->arming = world->arming;
    connection->packet = *packet;
    put_at(world, deadline, world->now + DEADLINE_MS);
    message.question = question_of(world, &packet->event, world->question, token);
    message.question.unasked = world->servers[number].unasked;
    tell(world, &message);
    netbootd_read(world);
}

/* A packet that netbootd will not know of. The thread of the library tells so before long. */
static void leave_unasked(struct world *world, unsigned number, const struct packet *packet)
{
    world->servers[number].unasked++;
    say(world, "server %u cannot ask", number);
    reply(world, packet, false);
    if (!leaves_out(world, "report"))
        wake_at(world, world->now + between(1, 500));
}

static struct connection *find_asking(struct world *world, uint64_t question, unsigned *ret_server)
{
    for (*ret_server = 0; *ret_server < 2; ++*ret_server)
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            struct connection *connection = &world->servers[*ret_server].connections[i];
            if (connection->asking && connection->question == question)
                return connection;
        }
    return NULL;
}

static void tell_sent(struct world *world, unsigned server, const struct connection *connection, bool sent)
{
    struct message message = {.kind = sent ? QUESTION_SENT : QUESTION_NOT_SENT, .server = server};

    message.session = world->servers[server].session;
    message.connection = (unsigned)(connection - world->servers[server].connections);
    /* Taken back, unless something else was asked since. */
    if (!sent && world->marking == connection->question && !world->promised)
        world->marked = world->was_marked;
    if (!sent && leaves_out(world, "not-sent"))
        return;
    message.question = (struct question){
        .kind = message.kind, .unasked = world->servers[server].unasked, .sequence = connection->question};
    tell(world, &message);
}

void pass_deadline(struct world *world, uint64_t question)
{
    unsigned server;
    struct connection *connection = find_asking(world, question, &server);

    if (!connection)
        return;
    connection->asking = false;
    say(world, "server %u has no answer", server);
    reply(world, &connection->packet, false);
    tell_sent(world, server, connection, false);
    netbootd_read(world);
}

void take_answer(struct world *world, uint64_t session, const struct answer *answer)
{
    unsigned server;
    struct connection *connection = find_asking(world, answer->sequence, &server);

    if (!connection || world->servers[server].session != session) {
        world->marked |= answer->verdict == ANSWER_ONCE; /* silence means sent */
        return;
    }
    judge_answer(world, connection, answer);
    bool once = answer->verdict == ANSWER_ONCE, edited = !(world->trouble && chance(world->trouble / 2));
    if (once && world->kill && chance(world->kill)) {
        kill_server(world, server);
        return;
    }
    connection->asking = false;
    if (once)
        tell_sent(world, server, connection, edited);
    reply(world, &connection->packet, once && edited);
}

void serve(struct world *world, const struct packet *packet)
{
    unsigned number = packet->event.method % 2;
    struct server *server = &world->servers[number];
    struct packet asked = *packet;
    struct control_host host = host_of(world);
    struct armed_entry entry;

    if (world->now < server->down_until)
        return;
    /* What the target has for it now. */
    asked.event.able = world->has_script || world->has_file;
    asked.event.last = asked.event.method >= ONCE_IPXE4 || world->has_file;
    asked.event.has_script = world->has_script;
    if (!server->connected || !armed_find(world->netbootd.set, armed_hash(&host.key), &entry)) {
        reply(world, &asked, false);
        return;
    }
    struct connection *connection = find_free(server);
    if (world->trouble && chance(world->trouble / 2))
        server->quiet_until = world->now + (chance(70) ? 0 : between(200, 10000));
    if (!connection || world->now <= server->quiet_until)
        leave_unasked(world, number, &asked);
    else
        ask(world, number, connection, &asked, entry.token);
}

/* ---- What goes on beside the packets */

/* Whether this boot may still be served by what is armed now: it was offered, or a question is on its way. */
unsigned is_under_way(const struct world *world)
{
    bool asking = false;

    for (unsigned i = 0; i < 2; i++)
        for (unsigned j = 0; j < CONNECTIONS; j++)
            asking |= world->servers[i].connections[j].asking;
    return asking || (world->promised_boot != 0 && world->promised_boot == world->boot);
}

static void disturb_store(struct world *world)
{
    if (chance(1) && chance(30)) {
        world->has_script = chance(80);
        say(world, "the target changes: script %d, file %d", world->has_script, world->has_file);
    }
    if (chance(1) && chance(10)) {
        world->born++;
        world->arming++;
        world->is_armed = false;
        world->allowed = world->served_boots + is_under_way(world);
        say(world, "the host is deleted, and made again");
    }
    if (chance(1) && chance(20) && world->netbootd.book)
        arm(world);
}

static void disturb_netbootd(struct world *world)
{
    struct netbootd *netbootd = &world->netbootd;

    if (netbootd->book && world->kill && chance(1)) {
        say(world, "netbootd is killed");
        bool lost = chance(10);
        netbootd_kill(world);
        if (lost) {
            disk_clear();
            world->arming++;
            world->is_armed = false;
            say(world, "the state is lost");
        }
        netbootd->starts_at = world->now + between(10, 5000);
        wake_at(world, netbootd->starts_at);
    }
    if (netbootd->book && world->trouble && chance(world->trouble / 4)) {
        netbootd->stalled_until = world->now + between(1, chance(80) ? 200 : 3000);
        wake_at(world, netbootd->stalled_until);
        say(world, "netbootd stands still");
    }
    if (world->trouble && chance(1)) {
        unsigned number = draw() % 2;
        if (world->servers[number].connected)
            lose_connection(world, number);
    }
}

static void restart_machine(struct world *world)
{
    say(world, "the servers' machine is started anew");
    world->clock = draw();
    world->clock_ms = between(0, 100000);
    for (unsigned i = 0; i < 2; i++)
        kill_server(world, i);
    netbootd_kill(world);
    world->netbootd.starts_at = world->now + between(100, 3000);
    wake_at(world, world->netbootd.starts_at);
}

void disturb(struct world *world)
{
    if (world->calm)
        return;
    if (chance(1) && chance(30)) {
        world->wall -= (int64_t)between(1, 100000);
        say(world, "the wall clock is set back");
    }
    disturb_store(world);
    disturb_netbootd(world);
    if (chance(1) && chance(30))
        restart_machine(world);
    if (world->unwritable && chance(1)) {
        world->stuck_until = world->now + between(100, 20000);
        say(world, "the disk is full");
    }
}
