/* SPDX-License-Identifier: MPL-2.0 */
#include "world.h"

#include <string.h>

static const char *const phase_names[] = {
    [PHASE_BEGIN] = "begin", [PHASE_REQUEST] = "request", [PHASE_WHOLE] = "whole", [PHASE_RENEW] = "renew"};

/* ---- The servers: the order of what once_serve.c does */

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

void count_boot(struct world *world)
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
    bool final = event->able && event->last && (event->message == PHASE_REQUEST || event->message == PHASE_WHOLE);

    if (!final)
        return;
    bool by_offer = event->method == ONCE_HTTP4 || event->method == ONCE_HTTP6;
    world->marked |= !written && step->promised; /* it was offered, which may be enough */
    if (!step->serve) {
        if (!(by_offer && event->message == PHASE_REQUEST && !world->calm) && !world->marked && written &&
            !step->expired && world->has_record)
            fail(world, "a final reply without the target, though it was never served");
        return;
    }
    world->marked = true;
    /* A request that was late: there is no such boot any more. */
    if (packet->boot == world->boot)
        count_boot(world);
}

void serve(struct world *world, const struct packet *packet)
{
    struct once_event event = packet->event;
    unsigned server = event.method % 2;
    struct once_step step = {.serve = false};
    bool written = true;

    if (world->now < world->down_until[server])
        return;
    /* What the target has for it now. */
    bool ipxe = event.method >= ONCE_IPXE4;
    event.able = world->has_script || world->has_file;
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
    say(world, "boot %u %s %s %08x -> %s%s%s", packet->boot, method_names[event.method], phase_names[event.message],
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

void disturb(struct world *world)
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
