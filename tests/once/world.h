/* SPDX-License-Identifier: MPL-2.0 */
/* What the parts of the model of boot once share: see model.c. */
#ifndef ONCE_MODEL_WORLD_H
#define ONCE_MODEL_WORLD_H

#include "once/machine.h"

#include <stddef.h>

/* ---- Random numbers, from the case's seed */

void draw_from(uint64_t seed);
uint64_t draw(void);
uint64_t between(uint64_t low, uint64_t high);
bool chance(unsigned percent);

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

#define KINDS 22
extern const struct kind kinds[KINDS];

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

/* A line of the trace; the verdict. */
void say(const struct world *world, const char *format, ...);
void fail(struct world *world, const char *why);

extern const char *const method_names[];

/* ---- The network */

void send_packet(struct world *world, const struct packet *packet);
/* The one that arrives first, -1 where none is under way. */
int next_packet(const struct world *world);

/* ---- The servers, and what goes on beside the packets */

void serve(struct world *world, const struct packet *packet);
void count_boot(struct world *world);
void disturb(struct world *world);

/* ---- The machine */

void run_boot(struct world *world);

#endif
