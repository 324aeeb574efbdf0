/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Questions and their answers in a stream of DHCP messages.
 *
 * An answer belongs to the oldest unanswered question that it can answer, with its transaction id, client and relay;
 * else to one without that relay (a capture beside a relay sees both sides); else it is one more answer to an answered
 * question. Time and number are bounded: a question that waits too long is given out as it is.
 */
#ifndef NETBOOTCTL_EXCHANGE_H
#define NETBOOTCTL_EXCHANGE_H

#include "wire/packet.h"

#define EXCHANGES_MAX 4096
#define EXCHANGE_SECONDS 10

struct message {
    uint64_t number; /* of the packet in the capture, from 1 */
    uint64_t time;   /* microseconds since 1970 */
    struct datagram datagram;
    struct packet packet;
};

struct exchange {
    struct message *question;
    struct message *answer;     /* NULL: none seen */
    uint64_t retransmission_of; /* number of an earlier packet that asks the same, or 0 */
    bool one_more;              /* the question had an answer before */
};

struct exchange_counts {
    uint64_t questions;        /* that have an answer with boot fields */
    uint64_t others;           /* Release, Confirm, ... and their answers */
    uint64_t repeated_answers; /* the same octets once more */
    uint64_t lone_answers;     /* without a question */
};

struct exchanges;

/* `in_order`: exchanges are given out in the order of the questions; else as soon as they are answered. */
struct exchanges *exchanges_new(bool in_order);
void exchanges_free(struct exchanges *exchanges);

/* Takes in one message. 0; -EBADMSG: it is no DHCP message; -ENOMEM. */
int exchanges_add(struct exchanges *exchanges, uint64_t number, uint64_t time, const struct datagram *datagram);
/* The next exchange that is done by `time` (UINT64_MAX: all are), or NULL. It lives until the next call. */
const struct exchange *exchanges_next(struct exchanges *exchanges, uint64_t time);
const struct exchange_counts *exchanges_counts(const struct exchanges *exchanges);

/* What a server would hand to the library: the question, and what the answer says. Without an answer, the usual one of
 * a server with a free address is assumed. */
void exchange_query(const struct exchange *exchange, struct netboot_query *ret);

#endif
