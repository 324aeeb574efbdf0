/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a DHCP server asks netbootd about a boot message of a host that is armed, and the answers: the messages of a
 * question connection. It is a SOCK_SEQPACKET socket of this machine, so numbers are in host order, and one message is
 * one structure.
 *
 *     server                                   netbootd
 *     QUESTION_ASK, sequence n       -->
 *                                    <--       lasting | once (the mark is on disk), sequence n
 *     QUESTION_SENT or _NOT_SENT, n  -->       (after "once" only; silence means sent)
 *
 * A server that has no answer at the deadline serves the lasting target and says NOT_SENT at once.
 */
#ifndef NETBOOT_LINK_QUESTION_H
#define NETBOOT_LINK_QUESTION_H

#include "dhcp/messages.h"
#include "link/armed.h"
#include "store/key.h"

/* How a client gets its boot file. Firmware tries its four methods in this order; iPXE its two at the same time. */
enum once_method { ONCE_PXE4, ONCE_PXE6, ONCE_HTTP4, ONCE_HTTP6, ONCE_IPXE4, ONCE_IPXE6, ONCE_METHODS };

enum question_kind { QUESTION_ASK = 1, QUESTION_SENT, QUESTION_NOT_SENT };

struct question {
    uint32_t kind;     /* enum question_kind */
    uint32_t unasked;  /* boot messages of armed hosts that this server could not ask about, so far, all connections */
    uint64_t sequence; /* ascending on each connection */
    uint64_t deadline_ns; /* CLOCK_MONOTONIC: later, the server is gone. 0 in SENT and NOT_SENT, as is all below */
    uint64_t store;       /* id of the targets store */
    uint64_t generation;
    uint64_t born;                   /* number of the host */
    uint8_t token[ARMED_TOKEN_SIZE]; /* of the arming that the server saw */
    uint8_t method;                  /* enum once_method */
    uint8_t message;                 /* enum message_phase */
    bool able;                       /* the client can load what the target armed has for it */
    bool last;       /* and that is the boot's last stage: iPXE's file, or the target's own file for firmware */
    bool has_script; /* the target goes on in iPXE, if that is what its file for firmware is */
    bool has_mac;
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint32_t transaction; /* xid, transaction-id; 0: not known */
    uint16_t key_size, file_size;
    uint8_t key[KEY_SIZE + 1];    /* of the host in the targets store */
    char file[NETBOOT_FILE_SIZE]; /* that the reply would carry; file_size octets of it are sent */
};

enum answer_verdict { ANSWER_LASTING = 1, ANSWER_ONCE, ANSWER_WITHHOLD };

struct answer {
    uint64_t sequence;
    uint8_t verdict; /* enum answer_verdict */
    uint8_t armed;   /* enum netboot_armed: SERVED, or why the lasting target is served */
};

/* Octets of a message. */
size_t question_size(const struct question *question);
/* Whether `size` octets that came are a sound question: kind, lengths, enumerations, booleans. */
bool question_is_sound(const struct question *question, size_t size);
bool answer_is_sound(const struct answer *answer, size_t size);

#endif
