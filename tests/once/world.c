/* SPDX-License-Identifier: MPL-2.0 */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Random numbers */

static uint64_t random_state;

void draw_from(uint64_t seed)
{
    random_state = seed;
}

uint64_t draw(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t between(uint64_t low, uint64_t high)
{
    return low + draw() % (high - low + 1);
}

bool chance(unsigned percent)
{
    return draw() % 100 < percent;
}

void say(const struct world *world, const char *format, ...)
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

void fail(struct world *world, const char *why)
{
    if (!world->why[0])
        snprintf(world->why, sizeof(world->why), "%s", why);
    say(world, "*** %s", why);
}

/* ---- The network */

/* A reply that is under way for longer than a machine needs to be back at the same place is beyond any server. */
static uint64_t delay(const struct world *world, int direction)
{
    if (world->delay && chance(world->delay))
        return between(10, direction == CLIENT_TO_SERVER ? 8000 : 1000);
    return between(1, 20);
}

void put_at(struct world *world, struct packet packet, uint64_t at)
{
    if (world->count == PACKETS)
        abort();
    packet.at = at;
    world->packets[world->count++] = packet;
}

void send_packet(struct world *world, const struct packet *packet)
{
    unsigned copies = world->duplication && chance(world->duplication) ? 2 : 1;

    for (unsigned i = 0; i < copies; i++)
        if (!(world->loss && chance(world->loss)))
            put_at(world, *packet, world->now + delay(world, packet->direction));
}

int next_packet(const struct world *world)
{
    int found = -1;

    for (unsigned i = 0; i < world->count; i++)
        if (found < 0 || world->packets[i].at < world->packets[found].at)
            found = (int)i;
    return found;
}
