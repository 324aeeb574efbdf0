/* SPDX-License-Identifier: MPL-2.0 */
/* What the parts of the model of boot once share: see model.c. */
#ifndef ONCE_MODEL_WORLD_H
#define ONCE_MODEL_WORLD_H

#include "once/book.h"
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

/* The last two are none: a server's question has no answer so far; netbootd, or a server's connection, is due. */
enum { CLIENT_TO_SERVER, SERVER_TO_CLIENT, DEADLINE, WAKE };

struct packet {
    uint64_t at; /* arrives */
    int direction;
    unsigned boot, exchange; /* that the client was in */
    struct once_event event;
    bool once;         /* a reply with the target armed */
    uint64_t question; /* of a deadline: its number */
};

/* A server, its question connections, and what it asked on each. */
#define CONNECTIONS 3
struct connection {
    bool asking;
    uint64_t question, arming;
    struct packet packet;
};

struct server {
    bool connected;
    uint64_t session; /* number; a new one each time that it connects */
    uint64_t down_until, connects_at, quiet_until;
    uint32_t unasked;
    struct connection connections[CONNECTIONS];
};

/* What is under way to netbootd. */
enum { MESSAGE_CONNECT = QUESTION_NOT_SENT + 1, MESSAGE_HANG_UP };
struct message {
    unsigned kind, server, connection;
    uint64_t session;
    struct question question;
};
#define MESSAGES 256

struct netbootd {
    struct book *book; /* NULL: it does not run */
    struct armed_set *set;
    uint64_t starts_at, stalled_until, late_ns;
    uint64_t unasked[2]; /* as told */
    bool dies;           /* between writing and answering */
    unsigned asked;      /* at once */
    struct message messages[MESSAGES];
    unsigned count;
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

    /* netbootd and servers */
    struct netbootd netbootd;
    struct server servers[2];
    uint64_t session, question; /* numbers given so far */
    uint64_t clock, clock_ms;
    int64_t wall;
    unsigned unwritable, trouble; /* percent */
    uint64_t stuck_until;
    unsigned kill;

    /* The arming */
    bool is_armed;
    uint64_t arming, born; /* which; of the host */

    /* The target */
    bool has_script, has_file;

    /* The machine */
    unsigned boot, exchange;
    uint32_t chained_transaction[2];
    unsigned live_card;

    /* Verdict */
    unsigned served_boots, allowed;
    bool marked;   /* for some boot, be it one that was gone already */
    bool promised; /* likewise, which a doubt makes a mark */
    unsigned promised_boot;
    uint64_t marking; /* the question that was answered by a mark, if nothing was asked since */
    bool was_marked;  /* before it */
    bool boot_served[64];
    char why[256];
};

/* A line of the trace; the verdict. */
void say(const struct world *world, const char *format, ...);
void fail(struct world *world, const char *why);

extern const char *const method_names[];

/* ---- The network */

void send_packet(struct world *world, const struct packet *packet);
/* At that time, for certain. */
void put_at(struct world *world, struct packet packet, uint64_t at);
/* The one that arrives first, -1 where none is under way. */
int next_packet(const struct world *world);

/* ---- netbootd: the real book, and a disk, clocks and a network of the model's */

bool leaves_out(const struct world *world, const char *what);
struct control_host host_of(const struct world *world);
void netbootd_start(struct world *world);
/* Its memory is gone, and its connections. */
void netbootd_kill(struct world *world);
/* What a server sends; it is read at once, if netbootd is not busy. */
void tell(struct world *world, const struct message *message);
void netbootd_read(struct world *world);
void disk_clear(void);
/* Arms the host; false: it cannot be written. */
bool arm(struct world *world);

/* ---- The servers, and what goes on beside the packets */

void serve(struct world *world, const struct packet *packet);
void take_answer(struct world *world, uint64_t session, const struct answer *answer);
void pass_deadline(struct world *world, uint64_t question);
/* What netbootd and the servers do by themselves when it is time for it. */
void wake(struct world *world);
void wake_at(struct world *world, uint64_t at);
void lose_connection(struct world *world, unsigned server);
void connect_all(struct world *world);
unsigned is_under_way(const struct world *world);
void count_boot(struct world *world);
void disturb(struct world *world);

/* ---- The machine */

void run_boot(struct world *world);

#endif
