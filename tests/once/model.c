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
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

    draw_from(seed);
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
