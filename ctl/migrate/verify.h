/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The proof: the old dhcpd and the new Kea, each in a network namespace of its own, are asked the same by the same
 * clients, and their answers compared. The namespaces belong to processes and go with them: nothing of the machine's
 * network is touched, and nothing is left behind however this ends.
 */
#ifndef NETBOOTCTL_MIGRATE_VERIFY_H
#define NETBOOTCTL_MIGRATE_VERIFY_H

#include "migrate.h"
#include "statement.h"

#include <sys/types.h>

enum { OLD, NEW, SIDES };
enum { PACKET_ROOM = 1500 };

/* ---- verify_server.c: the two servers */

struct server {
    const char *name; /* "dhcpd", "Kea" */
    pid_t process;
    char *log;                 /* file */
    int sockets[FAMILY_COUNT]; /* of ours, towards it; -1 */
    char interface[16];        /* of ours */
};

struct bench {
    struct migration *migration;
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

/* ---- verify_config.c: what they read */

/* The old configuration without what cannot work alone or elsewhere, and with our link. */
int config_old_write(struct bench *bench, int family, const struct statement *top, const char *path);
/* The new one, for this bench. */
int config_new_write(struct bench *bench, int family, const char *path);
/* Hosts made over OMAPI, for the old one's leases file. */
int leases_old_write(struct bench *bench, int family, const char *path);

/* ---- verify_client.c: who asks */

struct kind {
    const char *name;
    int arch; /* -1: an ordinary client */
    const char *vendor_class, *user_class;
};

struct client {
    int family;
    const struct kind *kind;
    const char *host;   /* its name, or NULL */
    const char *subnet; /* text of the subnet that it asks from */
    uint8_t mac[6];
    struct netboot_bytes id; /* client identifier or DUID; data NULL: none, or DUID-LL */
    uint8_t link[16];        /* the relay's address */
    uint32_t xid;
};

struct clients {
    struct client *rows;
    size_t count, room;
    bool no_memory;
};

/* Everybody who is worth asking: each kind in each subnet, each host (at most `sample`, 0: all). */
void clients_make(struct clients *clients, int family, const struct statement *top, size_t sample,
                  struct memory *memory);
/* The message with its relay's, in `room`; its size. */
size_t client_packet(const struct client *client, uint8_t room[PACKET_ROOM]);

/* ---- verify_compare.c: what they are told */

struct answer {
    uint8_t data[PACKET_ROOM * 2];
    size_t size; /* 0: none came */
};

struct verdicts {
    cJSON *rows;                                      /* differences: client, field, dhcpd, kea, announced */
    size_t asked, same, announced, different, silent; /* silent: no answer from either */
    bool no_memory;
};

void answers_compare(const struct client *client, const struct answer answers[SIDES], const struct statement *top,
                     const struct findings *findings, struct verdicts *verdicts);

/* The whole of migrate --verify. An exit code: 0 all the same or announced, 1 not. */
int migrate_verify(struct migration *migration, size_t sample);

#endif
