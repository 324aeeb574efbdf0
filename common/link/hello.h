/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How a DHCP server and netbootd meet. A server opens a connection and says HELLO_SERVER; it is told a session, and
 * handed the set of armed hosts and the ring of its journal. Further connections of that session carry questions.
 * Numbers are in host order: both are on one machine.
 */
#ifndef NETBOOT_LINK_HELLO_H
#define NETBOOT_LINK_HELLO_H

#include "netboot-store.h"

#define HELLO_MAGIC UINT64_C(0x6e6574626f6f7464)
#define HELLO_VERSION 1

enum hello_kind { HELLO_SERVER = 1, HELLO_QUESTIONS };

struct hello {
    uint64_t magic;
    uint32_t version;
    uint32_t kind;                     /* enum hello_kind */
    uint64_t session;                  /* HELLO_QUESTIONS: of the server */
    char server[NETBOOT_ONCE_BY_SIZE]; /* HELLO_SERVER: its name */
    bool journal, join;                /* HELLO_SERVER: whether it wants the ring, and the joins */
};

/* To HELLO_SERVER, with file descriptors: the armed set; the ring, where the journal is wanted; the joins, where they
 * are, which needs the journal. */
struct welcome {
    uint64_t magic;
    uint32_t version;
    uint64_t session;
};

/* What a server says of itself now and then. */
struct report {
    uint64_t generation; /* that it reads; 0: it has no store */
    uint32_t unasked;    /* as in struct question: this tells it also where no question follows */
    uint32_t reserved;
};

#endif
