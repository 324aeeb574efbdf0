/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The proof: the old dhcpd and the new Kea, each in a network namespace of its own, are asked the same by the same
 * clients, and their answers compared. The namespaces belong to processes and go with them: nothing of the machine's
 * network is touched, and nothing is left behind however this ends.
 */
#ifndef NETBOOTCTL_MIGRATE_VERIFY_H
#define NETBOOTCTL_MIGRATE_VERIFY_H

#include "migrate/base/migration.h"
#include "migrate/boot/cases.h"
#include "migrate/dhcpd/statement.h"

#include <stdio.h>
#include <sys/types.h>

enum { OLD, NEW, SIDES };
enum { PACKET_ROOM = 1500, PROBE_XID = 1 << 22 };

/* The network that the bench probes from: the first three octets, the first four groups. */
#define BENCH_PROBE4 "198.19.254"
#define BENCH_PROBE6 "fdff:ffff:ffff:fff2::"

/* ---- server.c: the two servers */

struct server {
    const char *name; /* "dhcpd", "Kea" */
    pid_t process;
    char *log;                 /* file */
    int sockets[FAMILY_COUNT]; /* of ours, towards it; -1 */
    char interface[16];        /* of ours */
};

struct announcements;

struct bench {
    struct migration *migration;
    struct announcements *announcements;
    char *directory; /* temporary */
    struct server servers[SIDES];
};

/* Each: an exit code, after saying why. */
int bench_begin(struct bench *bench, struct migration *migration);
/* Starts both servers for a family; ends those of the family before. */
int bench_start(struct bench *bench, int family, const struct statement *top);
void bench_stop(struct bench *bench);
void bench_end(struct bench *bench);
/* An address that a server has towards us, in text; the network has /30. */
const char *bench_address(int side, bool ours);

/* ---- config.c: what they read */

/* The old configuration without what cannot work alone or elsewhere, and with our link. */
int config_old_write(struct bench *bench, int family, const struct statement *top, const char *path);
/* The new one, for this bench. */
int config_new_write(struct bench *bench, int family, const char *path);
/* Hosts made over OMAPI, for the old one's leases file. */
int leases_old_write(struct bench *bench, int family, const char *path);

/* ---- client.c: who asks */

struct kind {
    const char *name;
    int arch; /* -1: an ordinary client */
    const char *vendor_class, *user_class;
    bool requests; /* goes on from the offer to the lease */
    bool bootp;    /* speaks BOOTP only */
    bool rapid;    /* asks for the lease at once (rapid commit) */
};

/* The options that clients ask for: the usual ones, and all that the old configuration has. */
struct requested {
    uint16_t codes[240];
    size_t count;
};

struct client {
    int family;
    const struct kind *kind;
    const char *host;              /* its name, or NULL */
    const char *subnet;            /* text of the subnet that it asks from */
    const struct statement *scope; /* its statement */
    uint8_t mac[6];
    struct netboot_bytes id; /* client identifier or DUID; data NULL: none, or DUID-LL */
    uint8_t link[16];        /* the relay's address */
    uint32_t xid;
    const struct requested *requested;
    bool prefixes; /* asks for a delegated prefix, too */
};

struct clients {
    struct client *rows;
    size_t count, room;
    struct requested requested;
    bool no_memory;
};

/* Everybody who is worth asking: each kind in each subnet, each host (at most `sample`, 0: all). */
void clients_make(struct clients *clients, int family, const struct statement *top, size_t sample,
                  struct arena *memory);
/* ---- packet.c: how they ask */

/* What a server has offered, as its answer has it. */
struct offer {
    uint8_t address[4];                         /* DHCPv4 */
    struct netboot_bytes server;                /* identifier */
    struct netboot_bytes address_ia, prefix_ia; /* DHCPv6; data NULL: none */
};

void requested_read(struct requested *ret, int family, const struct statement *top, struct arena *memory);
/* The message with its relay's, in `room`; its size. `offer`: NULL, or what is requested now. */
size_t client_packet(const struct client *client, const struct offer *offer, uint8_t room[PACKET_ROOM]);

/* ---- announce.c: what the report has announced */

struct announcements {
    const struct findings *findings;
    const struct finding **marked; /* those that hang on a statement's execution, by line */
    size_t marked_count;
    bool *executed;      /* by finding: for the client that asked last */
    long at;             /* in dhcpd's log: what comes now is about this client */
    struct texts *cases; /* of network boot, each with the number of its finding, counted from 1 */
};

/* -ENOMEM, -EINVAL. `findings` are kept. */
int announcements_begin(struct announcements *announcements, const struct findings *findings);
void announcements_end(struct announcements *announcements);
/* Writes what makes dhcpd tell that it carries out the statement, if a finding is about it. */
void announcements_mark(const struct announcements *announcements, const struct statement *statement, FILE *out);
/* Before a client asks, and after it was answered. `log` is dhcpd's. */
void announcements_forget(struct announcements *announcements, const char *log);
void announcements_read(struct announcements *announcements, const char *log);
/* The finding that comes nearest to a difference of this client's in a field, and for ANSWER_OPTIONS in that option;
 * NULL: none announces it. */
const struct finding *announcement_find(const struct announcements *announcements, const struct client *client,
                                        unsigned field, unsigned code);

/* ---- boot.c: what they are told of network boot */

/* Calls for each field that differs; `finding` is the one that announces exactly that, NULL: none does. */
typedef void boot_difference(void *user, const struct finding *finding, const char *field, const char *old,
                             const char *new);
/* -ENOMEM. */
int boot_compare(const struct client *client, const struct boot_fields *old, const struct boot_fields *new,
                 const struct announcements *announcements, boot_difference *call, void *user);

/* The client that every server answers: it is on a network of the bench's own. */
struct client bench_probe(const struct client *client);

/* ---- compare.c: what they are told */

struct answer {
    uint8_t data[PACKET_ROOM * 2];
    size_t size; /* 0: none came */
};

/* What a client gets first, and what it gets on its request of that. */
enum leg { OFFER, LEASE, LEGS };

struct played {
    struct answer answers[LEGS][SIDES];
    bool leased; /* both offered something, and were asked for it */
};

/* ask.c: from the offer to the lease, for kinds that go on so far. */
void play(struct bench *bench, const struct client *client, struct played *played);

struct verdicts {
    cJSON *rows; /* differences: client, field, dhcpd, kea, announced */
    size_t leased;
    size_t asked, same, announced, different, silent; /* silent: no answer from either */
    bool no_memory;
};

void answers_compare(const struct client *client, const struct played *played, const struct statement *top,
                     const struct announcements *announcements, struct verdicts *verdicts);

/* The whole of migrate --verify. An exit code: 0 all the same or announced, 1 not. */
int migrate_verify(struct migration *migration, size_t sample);

#endif
