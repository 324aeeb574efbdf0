/* SPDX-License-Identifier: MPL-2.0 */
/*
 * netbootd in the model: the real book, on a disk that is a row in memory. What was written is there after a restart,
 * what was not is lost.
 */
#include "world.h"

#include "once/clock.h"
#include "once/log.h"
#include "once/stored.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct world *the_world; /* in which the book asks the time and writes */

bool leaves_out(const struct world *world, const char *what)
{
    return world->without && strcmp(world->without, what) == 0;
}

/* ---- Clocks and chance */

void once_clock(struct once_time *ret)
{
    ret->wall = (uint64_t)(the_world->wall + (int64_t)(the_world->now / 1000));
    ret->ms = the_world->now + the_world->clock_ms;
    ret->clock = the_world->clock;
}

uint64_t once_clock_ns(void)
{
    return the_world->now * 1000000 + the_world->netbootd.late_ns;
}

void once_random(uint8_t *ret, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ret[i] = size == sizeof(uint64_t) && leaves_out(the_world, "doubt") ? 1 : (uint8_t)draw();
}

/* ---- The machine, without one of its safeguards */

void __real_once_step(const struct once_record *record, const struct once_event *event, const struct once_time *now,
                      struct once_step *ret);
void __wrap_once_step(const struct once_record *record, const struct once_event *event, const struct once_time *now,
                      struct once_step *ret);

void __wrap_once_step(const struct once_record *record, const struct once_event *event, const struct once_time *now,
                      struct once_step *ret)
{
    __real_once_step(record, event, now, ret);
    if (ret->write == ONCE_CLOSE && leaves_out(the_world, "close")) {
        ret->record = *record;
        ret->write = ONCE_KEEP;
    }
}

/* ---- The disk: one host */

static struct {
    bool there;
    struct store_key key;
    uint8_t octets[ONCE_RECORD_MAX];
    size_t size;
} disk, next;

void disk_clear(void)
{
    disk.there = false;
}

void log_add(struct log_batch *batch, enum log_kind kind, const struct store_key *key, struct netboot_bytes octets)
{
    struct once_record record;

    if (batch->count++ == 0)
        next = disk;
    if (kind == LOG_ACT)
        return;
    if (kind == LOG_HOST && leaves_out(the_world, "mark") && stored_read(octets, &record) == 0 &&
        record.phase != ONCE_ARMED)
        return;
    next.there = kind == LOG_HOST;
    next.key = *key;
    next.size = octets.size;
    if (octets.size > 0)
        memcpy(next.octets, octets.data, octets.size);
}

static bool cannot_write(const struct world *world)
{
    return world->now < world->stuck_until || (world->unwritable && chance(world->unwritable));
}

int log_write(struct once_log *log, struct log_batch *batch)
{
    struct netbootd *netbootd = &the_world->netbootd;

    (void)log;
    if (batch->count == 0)
        return 0;
    if (the_world->trouble && chance(the_world->trouble)) { /* a slow disk */
        netbootd->late_ns = between(0, 300) * 1000000;
        netbootd->stalled_until = the_world->now + netbootd->late_ns / 1000000;
        the_world->marked = true; /* what was asked at the same time may stand against taking back */
        say(the_world, "the disk takes %u ms", (unsigned)(netbootd->late_ns / 1000000));
    }
    if (cannot_write(the_world)) {
        say(the_world, "it cannot be written");
        return -ENOSPC;
    }
    disk = next;
    netbootd->dies |= the_world->kill && chance(the_world->kill / 4);
    return 0;
}

int log_rewrite(struct once_log *log, struct log_batch *batch)
{
    return log_write(log, batch);
}

void log_free(struct log_batch *batch)
{
    *batch = (struct log_batch){.octets = NULL};
}

size_t log_entry_size(size_t key_size, size_t octets)
{
    return key_size + octets;
}

int log_open(struct once_log *ret, const char *state_directory, const char *run_directory, log_reader *reader,
             void *user, struct netboot_error *notice, struct netboot_error *error)
{
    (void)state_directory;
    (void)run_directory;
    (void)error;
    *ret = (struct once_log){.file = -1};
    notice->code = 0;
    if (disk.there && !reader(user, LOG_HOST, &disk.key, (struct netboot_bytes){disk.octets, disk.size}))
        abort();
    return 0;
}

void log_close(struct once_log *log)
{
    (void)log;
}

/* ---- Its life */

static struct armed_set *armed_set(void)
{
    static struct armed_set set;

    if (!set.slots && armed_create(&set, NULL) != 0)
        abort();
    return &set;
}

struct control_host host_of(const struct world *world)
{
    return (struct control_host){
        .key = {.size = 7, .octets = {1, 0x52, 0x54, 0, 0, 0, 0}},
          .store = 1, .born = world->born
    };
}

void netbootd_start(struct world *world)
{
    struct control_host host = host_of(world);

    the_world = world;
    armed_remove(armed_set(), armed_hash(&host.key));
    if (book_open("", "", armed_set(), &world->netbootd.book, NULL) != 0)
        abort();
    world->netbootd.set = armed_set();
    say(world, "netbootd runs");
}

void netbootd_kill(struct world *world)
{
    world->marked = true; /* what was to be taken back may not have been */
    book_close(world->netbootd.book);
    world->netbootd = (struct netbootd){.book = NULL};
    for (unsigned i = 0; i < 2; i++)
        if (world->servers[i].connected)
            lose_connection(world, i);
}

bool arm(struct world *world)
{
    struct control_host host = host_of(world);
    struct netboot_error error;
    unsigned tries = chance(75) ? 1 : (unsigned)between(1, 3);
    struct netboot_once_request request = {.size = sizeof(request), .target = "install", .until_done = tries > 1};

    request.tries = tries;
    request.expires = (uint64_t)world->wall + world->now / 1000 + (chance(90) || world->calm ? 86400 : between(1, 100));
    request.window = chance(80) || world->calm ? -1 : (int)between(0, 60);
    unsigned unwritable = world->unwritable;
    if (world->arming == 0)
        world->unwritable = 0;
    int code = book_arm(world->netbootd.book, &host, 1, &request, &error);
    world->unwritable = unwritable;
    if (code != 0)
        return false;
    say(world, "armed: %s; %u boots; window %d s", world->kind->name, tries, request.window);
    world->arming++;
    world->is_armed = true;
    world->allowed = world->served_boots + is_under_way(world) + tries;
    world->marked = world->promised = false;
    world->marking = 0;
    return true;
}

/* ---- Its loop */

static void answer(uint64_t asker, const struct answer *answer, void *user)
{
    struct world *world = user;

    if (!world->netbootd.dies)
        take_answer(world, asker, answer);
    else if (answer->verdict == ANSWER_ONCE)
        world->marked = true;
}

static void read_message(struct world *world, const struct message *message)
{
    struct netbootd *netbootd = &world->netbootd;
    const struct question *question = &message->question;

    if (message->kind == MESSAGE_HANG_UP) {
        if (!leaves_out(world, "hang-up") && !leaves_out(world, "connections"))
            book_hang_up(netbootd->book, message->session);
        return;
    }
    if (message->kind == MESSAGE_CONNECT) {
        netbootd->unasked[message->server] = 0;
        if (!leaves_out(world, "connect") && !leaves_out(world, "connections"))
            book_raise_doubt(netbootd->book);
        return;
    }
    if (question->unasked > netbootd->unasked[message->server] && !leaves_out(world, "unasked"))
        book_raise_doubt(netbootd->book);
    netbootd->unasked[message->server] = question->unasked;
    bool late = message->kind == QUESTION_NOT_SENT ||
                (message->kind == QUESTION_ASK && question->deadline_ns <= once_clock_ns());
    if (late && leaves_out(world, "late") && message->kind == QUESTION_ASK)
        return;
    netbootd->asked += message->kind == QUESTION_ASK;
    if (message->kind == QUESTION_ASK)
        book_ask(netbootd->book, question, "dhcp", message->session);
    else if (question->sequence != 0)
        book_sent(netbootd->book, message->session, question->sequence, message->kind == QUESTION_SENT);
}

/* All of one connection, which is any. */
static void read_connection(struct world *world)
{
    struct netbootd *netbootd = &world->netbootd;
    struct message first = netbootd->messages[draw() % netbootd->count];
    unsigned kept = 0;

    for (unsigned i = 0; i < netbootd->count; i++)
        if (netbootd->messages[i].session == first.session && netbootd->messages[i].connection == first.connection)
            read_message(world, &netbootd->messages[i]);
        else
            netbootd->messages[kept++] = netbootd->messages[i];
    netbootd->count = kept;
}

void netbootd_read(struct world *world)
{
    struct netbootd *netbootd = &world->netbootd;

    while (netbootd->book && netbootd->count > 0 && world->now >= netbootd->stalled_until) {
        netbootd->late_ns = 0;
        netbootd->asked = 0;
        while (netbootd->count > 0)
            read_connection(world);
        book_settle(netbootd->book, answer, world);
        if (chance(10))
            book_tidy(netbootd->book);
        if (netbootd->dies) {
            say(world, "netbootd is killed");
            netbootd_kill(world);
            netbootd->starts_at = world->now + between(10, 5000);
            wake_at(world, netbootd->starts_at);
        } else if (netbootd->stalled_until > world->now) {
            wake_at(world, netbootd->stalled_until);
        }
    }
}

void tell(struct world *world, const struct message *message)
{
    struct netbootd *netbootd = &world->netbootd;

    if (!netbootd->book)
        return;
    if (netbootd->count == MESSAGES)
        abort();
    netbootd->messages[netbootd->count++] = *message;
}
