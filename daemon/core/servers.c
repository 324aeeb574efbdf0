/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DHCP servers. Whatever comes from one is checked: it may have been broken into. It can ask about hosts and say what
 * it sent, and it can make itself late; it cannot arm.
 */
#include "core/servers.h"

#include "base/clock.h"
#include "base/failure.h"
#include "core/closer.h"
#include "core/log.h"
#include "link/hello.h"
#include "link/peer.h"
#include "link/socket.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERVERS_MAX 64
#define CONNECTIONS_MAX (SERVERS_MAX * (PEER_QUESTIONS + 1))
#define HELLO_US 5000000   /* that a connection may take to say who it is */
#define QUESTIONS_MAX 1024 /* that are settled together */
#define SERVERS_OF_ONE 8   /* of one process */
#define HELLOS 4           /* in a round: each may cost a ring */
#define RECORDS 1024       /* that are taken out of rings in a round */
#define SOURCES_MAX (2 * SERVERS_MAX)
#define MESSAGES_MAX 8 /* of one connection in a round: a server has one question under way */

enum connection_kind { STRANGER, MAIN, QUESTIONS };

struct connection {
    struct watch watch; /* first */
    struct core *core;
    enum connection_kind kind;
    struct server *server;
    struct connection *next; /* of the server's, or of the strangers */
    uint64_t opened_us;
    pid_t pid;
};

/* A ring of the journal: emptied bit by bit, also when its server is gone. */
struct source {
    struct source *next;
    struct ring ring;
    char name[NETBOOT_ONCE_BY_SIZE];
    bool joins, hung_up;
};

struct server {
    struct server *next;
    struct connection *main, *questions;
    unsigned question_count;
    uint64_t session;
    uint32_t unasked;
    char name[NETBOOT_ONCE_BY_SIZE];
    pid_t pid;
    struct report report;
    struct source *source; /* NULL: it keeps no journal */
    uint64_t since;
};

static struct connection *strangers;
static struct source *sources; /* the next one first */
static unsigned source_count;
static unsigned hellos; /* in this round */

/* What waits for an answer. */
static struct {
    struct connection *connection;
    uint64_t asker, sequence;
} asked[QUESTIONS_MAX];
static size_t asked_count;

/* ---- The end of connections */

static void connection_end(struct watch *watch)
{
    free(watch);
}

static void forget_asked(const struct connection *connection)
{
    for (size_t i = 0; i < asked_count; i++)
        if (asked[i].connection == connection)
            asked[i].connection = NULL;
}

static void unlink_from(struct connection **list, const struct connection *connection)
{
    while (*list && *list != connection)
        list = &(*list)->next;
    if (*list)
        *list = connection->next;
}

static void drop_connection(struct connection *connection)
{
    connection->core->connection_count--;
    forget_asked(connection);
    loop_remove(&connection->core->loop, &connection->watch);
}

static struct keeper_time now(void)
{
    struct timespec wall;

    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct keeper_time){.running = clock_us() / 1000,
                                .wall = (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000};
}

static size_t drain(struct core *core, struct source *source)
{
    const struct keeper_server who = {.name = source->name, .joins = source->joins};
    const struct keeper_time time_now = now();

    return keeper_drain(core->keeper, &source->ring, &who, &time_now, source->hung_up);
}

static struct source *source_create(const struct server *server, bool joins)
{
    struct source *source = source_count < SOURCES_MAX ? calloc(1, sizeof(*source)) : NULL;

    if (!source || ring_create(&source->ring, NULL) != 0) {
        free(source);
        return NULL;
    }
    memcpy(source->name, server->name, sizeof(source->name));
    source->joins = joins;
    source->next = sources;
    sources = source;
    source_count++;
    return source;
}

static void source_end(struct source *source)
{
    struct source **at = &sources;

    while (*at != source)
        at = &(*at)->next;
    *at = source->next;
    source_count--;
    ring_close(&source->ring);
    free(source);
}

static void put_last(struct source *source)
{
    struct source **at = &sources;

    sources = source->next;
    source->next = NULL;
    while (*at)
        at = &(*at)->next;
    *at = source;
}

/* Taken since the last round. */
static size_t records;

/* A server that has just ended is in the journal when it is said to be gone, where little was left in its ring. */
static void drain_last(struct core *core, struct source *source)
{
    source->hung_up = true;
    if (records <= RECORDS - KEEPER_BATCH)
        records += drain(core, source);
}

bool servers_drain(struct core *core)
{
    bool more = false;

    records = 0;
    for (unsigned left = source_count; left > 0; left--) {
        struct source *source = sources;
        if (records > RECORDS - KEEPER_BATCH)
            return true;
        put_last(source);
        size_t count = drain(core, source);
        records += count;
        more |= count == KEEPER_BATCH;
        if (source->hung_up && count == 0)
            source_end(source);
    }
    return more;
}

void servers_tick(struct core *core)
{
    const struct keeper_time time_now = now();

    keeper_tick(core->keeper, &time_now);
}

static void drop_server(struct core *core, struct server *server, const char *why)
{
    struct server **at = &core->servers;

    core_log("%s (pid %d) is gone: %s", server->name, (int)server->pid, why);
    book_hang_up(core->book, server->session);
    if (server->source)
        drain_last(core, server->source);
    while (server->questions) {
        struct connection *connection = server->questions;
        server->questions = connection->next;
        drop_connection(connection);
    }
    drop_connection(server->main);
    while (*at != server)
        at = &(*at)->next;
    *at = server->next;
    core->server_count--;
    free(server);
}

static void drop(struct connection *connection, const char *why)
{
    if (connection->kind != STRANGER) {
        drop_server(connection->core, connection->server, why);
        return;
    }
    unlink_from(&strangers, connection);
    drop_connection(connection);
}

/* ---- Questions */

static bool room_for_questions(void)
{
    return asked_count < QUESTIONS_MAX;
}

/* Whatever it could not ask about may have been the beginning of a boot. */
static void note_unasked(const struct connection *connection, uint32_t unasked)
{
    if (unasked != connection->server->unasked)
        book_raise_doubt(connection->core->book);
    connection->server->unasked = unasked;
}

static void ask(struct connection *connection, const struct question *question)
{
    struct server *server = connection->server;
    struct book *book = connection->core->book;

    if (question->kind != QUESTION_ASK) {
        book_sent(book, server->session, question->sequence, question->kind == QUESTION_SENT);
        return;
    }
    note_unasked(connection, question->unasked);
    asked[asked_count].connection = connection;
    asked[asked_count].asker = server->session;
    asked[asked_count++].sequence = question->sequence;
    book_ask(book, question, server->name, server->session);
}

static void read_questions(struct connection *connection)
{
    struct question question;
    ssize_t size;

    for (unsigned i = 0; i < MESSAGES_MAX && room_for_questions(); i++) {
        size = socket_receive(connection->watch.fd, &question, sizeof(question), NULL);
        if (size == -EAGAIN)
            return;
        if (size > 0 && question_is_sound(&question, (size_t)size)) {
            ask(connection, &question);
            continue;
        }
        drop(connection, size == 0 ? "it hung up" : "it sent what is no question");
        return;
    }
}

static void answer_one(uint64_t asker, const struct answer *answer, void *user)
{
    (void)user;
    for (size_t i = 0; i < asked_count; i++)
        if (asked[i].asker == asker && asked[i].sequence == answer->sequence && asked[i].connection) {
            socket_send(asked[i].connection->watch.fd, answer, sizeof(*answer), NULL, 0);
            asked[i].connection = NULL;
            return;
        }
}

void servers_settle(struct core *core)
{
    hellos = 0;
    if (asked_count == 0)
        return;
    book_settle(core->book, answer_one, NULL);
    asked_count = 0;
}

/* ---- Servers */

static void take_report(struct connection *connection, const struct report *report)
{
    note_unasked(connection, report->unasked);
    connection->server->report = *report;
}

static void read_report(struct connection *connection)
{
    struct report report;
    ssize_t size = socket_receive(connection->watch.fd, &report, sizeof(report), NULL);

    if (size == sizeof(report))
        take_report(connection, &report);
    else if (size != -EAGAIN)
        drop(connection, size == 0 ? "it hung up" : "it sent what is no report");
}

static struct server *find_session(const struct core *core, uint64_t session, pid_t pid)
{
    struct server *server = core->servers;

    while (server && (server->session != session || server->pid != pid))
        server = server->next;
    return server;
}

/* A name for people: what it says, without what a terminal would take for something else. */
static void take_name(struct server *server, const struct hello *hello)
{
    snprintf(server->name, sizeof(server->name), "%.*s", (int)sizeof(hello->server) - 1, hello->server);
    for (char *at = server->name; *at; at++)
        if ((unsigned char)*at < 0x21 || (unsigned char)*at > 0x7e)
            *at = '?';
    if (!server->name[0])
        snprintf(server->name, sizeof(server->name), "a server");
}

static bool welcome(struct connection *connection, struct server *server)
{
    struct core *core = connection->core;
    const struct source *source = server->source;
    const int fds[] = {core->armed.fd, source ? source->ring.fd : -1, keeper_joins(core->keeper)->fd};
    size_t count = !source ? 1 : source->joins ? 3 : 2;
    struct welcome message;

    memset(&message, 0, sizeof(message)); /* what is between its members too is seen by others */
    message.magic = HELLO_MAGIC;
    message.version = HELLO_VERSION;
    message.session = server->session;
    return socket_send(connection->watch.fd, &message, sizeof(message), fds, count) == 0;
}

static bool may_join(const struct core *core, pid_t pid)
{
    unsigned same = 0;

    for (const struct server *server = core->servers; server; server = server->next)
        same += server->pid == pid;
    return core->server_count < SERVERS_MAX && same < SERVERS_OF_ONE;
}

static bool become_server(struct connection *connection, const struct hello *hello)
{
    struct core *core = connection->core;
    struct server *server = may_join(core, connection->pid) ? calloc(1, sizeof(*server)) : NULL;

    if (!server)
        return false;
    take_name(server, hello);
    server->pid = connection->pid;
    server->since = (uint64_t)time(NULL);
    if ((hello->journal && !(server->source = source_create(server, hello->join))) ||
        getrandom(&server->session, sizeof(server->session), 0) != sizeof(server->session) ||
        !welcome(connection, server)) {
        if (server->source)
            source_end(server->source);
        free(server);
        return false;
    }
    unlink_from(&strangers, connection);
    connection->kind = MAIN;
    connection->server = server;
    connection->next = NULL;
    server->main = connection;
    server->next = core->servers;
    core->servers = server;
    core->server_count++;
    book_raise_doubt(core->book); /* it may have served boots while it was not connected */
    core_log("%s (pid %d) is connected", server->name, (int)server->pid);
    return true;
}

static bool become_questions(struct connection *connection, const struct hello *hello)
{
    struct server *server = find_session(connection->core, hello->session, connection->pid);

    if (!server || server->question_count == PEER_QUESTIONS)
        return false;
    unlink_from(&strangers, connection);
    connection->kind = QUESTIONS;
    connection->server = server;
    connection->next = server->questions;
    server->questions = connection;
    server->question_count++;
    return true;
}

static bool is_hello(const struct hello *hello, ssize_t size)
{
    return size == sizeof(*hello) && hello->magic == HELLO_MAGIC && hello->version == HELLO_VERSION &&
           *(const uint8_t *)&hello->journal <= 1 && *(const uint8_t *)&hello->join <= 1;
}

/* Others wait for the next round. */
static void read_hello(struct connection *connection)
{
    struct hello hello;

    if (hellos == HELLOS)
        return;
    ssize_t size = socket_receive(connection->watch.fd, &hello, sizeof(hello), NULL);
    bool known = false;

    if (size == -EAGAIN)
        return;
    if (is_hello(&hello, size)) {
        hellos++;
        if (hello.kind == HELLO_SERVER)
            known = become_server(connection, &hello);
        else if (hello.kind == HELLO_QUESTIONS)
            known = become_questions(connection, &hello);
    } else if (size > 0) {
        core_log("process %d is no DHCP server with this version of libnetboot: restart it", (int)connection->pid);
    }
    if (!known)
        drop(connection, "");
}

static void connection_ready(struct watch *watch)
{
    static void (*const reads[])(struct connection *) = {
        [STRANGER] = read_hello, [MAIN] = read_report, [QUESTIONS] = read_questions};
    struct connection *connection = (struct connection *)watch;

    reads[connection->kind](connection);
}

/* ---- The door */

static void take_in(struct core *core, int fd)
{
    struct connection *connection = core->connection_count < CONNECTIONS_MAX ? calloc(1, sizeof(*connection)) : NULL;
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    if (!connection || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        free(connection);
        closer_close(fd);
        return;
    }
    socket_let_pass(fd, false);
    *connection = (struct connection){
        .watch = {.fd = fd, .ready = connection_ready, .end = connection_end},
        .core = core,
        .next = strangers,
        .opened_us = clock_us(),
        .pid = peer.pid
    };
    if (loop_add(&core->loop, &connection->watch) != 0) {
        free(connection);
        closer_close(fd);
        return;
    }
    strangers = connection;
    core->connection_count++;
}

int servers_open(struct core *core, struct netboot_error *error)
{
    core->servers_door = (struct door){.core = core, .take_in = take_in};
    return door_open(&core->servers_door, &core->loop, core->directory, SERVERS_SOCKET, 0660, error);
}

void servers_close(struct core *core)
{
    while (strangers)
        drop(strangers, "");
    while (core->servers)
        drop_server(core, core->servers, "netbootd ends");
    for (unsigned i = 0; i < SOURCES_MAX * RING_SLOTS / RECORDS && sources; i++)
        servers_drain(core);
    while (sources)
        source_end(sources);
    loop_remove(&core->loop, &core->servers_door.watch);
}

void servers_expire(void)
{
    uint64_t now = clock_us();

    for (struct connection *connection = strangers, *next; connection; connection = next) {
        next = connection->next;
        if (now - connection->opened_us > HELLO_US)
            drop(connection, "");
    }
}

void servers_each(const struct core *core, void (*each)(const struct server_facts *facts, void *user), void *user)
{
    for (const struct server *server = core->servers; server; server = server->next) {
        const struct server_facts facts = {server->name, server->pid, server->report.generation, server->since};
        each(&facts, user);
    }
}
