/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A model of machines, a network, two DHCP servers and netbootd around the book of boot once.
 *
 * A case is made of a seed: a kind of machine, an arming, and a few boots with losses, duplicates, delays, resets at
 * any moment; questions that are not asked, or answered late, replies that cannot be sent, servers that are killed
 * between answer and send, connections that end; a netbootd that stands still, is killed, or is between writing and
 * answering; a disk that is slow or full; clocks that are set, a state that is lost, targets that change, hosts that
 * are deleted and made again, or armed anew. Whatever the case, the final stage of the target may be served in one boot
 * only (or as many as an arming until done allows); and where nothing has been served so far, a final reply carries it,
 * unless it could not be asked for, or not be marked. A boot is served when such a reply leaves for it, whether or not
 * it arrives, or when it takes one that was meant for a boot before: chained iPXE repeats its transaction ids.
 *
 * usage: model [--seeds N] [--first N] [--without SAFEGUARD] [--calm] [--trace]
 *
 * Safeguards: doubt, close, mark, connect, hang-up, connections (both), unasked, late, born, not-sent.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Cases */

static void begin(struct world *world)
{
    world->born = 1;
    netbootd_start(world);
    for (unsigned i = 0; i < 2; i++)
        connect_all(world);
    if (!arm(world))
        abort();
}

static bool run_case(struct world *world, uint64_t seed)
{
    unsigned percents[] = {0, 0, 5, 20, 50};
    disk_clear();
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
        world->trouble = chance(40) ? 0 : percents[draw() % 5];
    }
    for (unsigned i = 0; i < 2; i++)
        world->chained_transaction[i] = (uint32_t)draw() | 1;
    begin(world);
    unsigned boots = (unsigned)between(2, 5) + world->allowed;
    for (unsigned i = 0; i < boots && !world->why[0]; i++)
        run_boot(world);
    netbootd_kill(world);
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
