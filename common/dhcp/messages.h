/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DHCP's exchanges of a client's message and a server's reply, and what each means for network boot. All is inline: for
 * the packet path, and for programs, as the library does not export it.
 *
 * BOOTP: RFC 951. DHCPv4: RFC 2131, sections 3.1, 4.3.2 and 4.3.5; rapid commit: RFC 4039, section 3.1.
 * DHCPv6: RFC 8415, section 18.3.
 */
#ifndef NETBOOT_MESSAGES_H
#define NETBOOT_MESSAGES_H

#include "../base/bytes.h"
#include "codes.h"

enum message_phase {
    PHASE_NONE,    /* no such exchange */
    PHASE_BARE,    /* the reply carries no boot fields */
    PHASE_BEGIN,   /* the reply is an offer: the client will ask again before it boots */
    PHASE_REQUEST, /* the client boots what the reply says */
    PHASE_WHOLE,   /* both at once */
    PHASE_RENEW    /* a lease is extended: no boot */
};

enum { MESSAGE_TYPES = 12, MESSAGE_REPLIES = 8 };

/* The exchange that a client begins with; its numbers are the same in both families. */
enum { MESSAGE_FIRST = DHCPDISCOVER, MESSAGE_OFFER = DHCPOFFER };
_Static_assert((int)SOLICIT == (int)DHCPDISCOVER && (int)ADVERTISE == (int)DHCPOFFER, "the same numbers");

/* The phase by the two message types alone. The usual reply to a message is the first one in its row. */
static inline enum message_phase message_exchange(enum netboot_family family, uint8_t message, uint8_t reply)
{
    /* clang-format off */
    static const uint8_t phases4[MESSAGE_TYPES][MESSAGE_REPLIES] = {
        [BOOTP]               = {[BOOTP] = PHASE_WHOLE},
        [DHCPDISCOVER]        = {[DHCPOFFER] = PHASE_BEGIN, [DHCPACK] = PHASE_WHOLE},
        [DHCPREQUEST]         = {[DHCPACK] = PHASE_REQUEST, [DHCPNAK] = PHASE_BARE},
        [DHCPINFORM]          = {[DHCPACK] = PHASE_WHOLE},
    };
    static const uint8_t phases6[MESSAGE_TYPES][MESSAGE_REPLIES] = {
        [SOLICIT]             = {[ADVERTISE] = PHASE_BEGIN, [REPLY] = PHASE_WHOLE},
        [REQUEST]             = {[REPLY] = PHASE_REQUEST},
        [CONFIRM]             = {[REPLY] = PHASE_BARE},
        [RENEW]               = {[REPLY] = PHASE_RENEW},
        [REBIND]              = {[REPLY] = PHASE_RENEW},
        [RELEASE]             = {[REPLY] = PHASE_BARE},
        [DECLINE]             = {[REPLY] = PHASE_BARE},
        [INFORMATION_REQUEST] = {[REPLY] = PHASE_WHOLE},
    };
    /* clang-format on */

    if (message >= MESSAGE_TYPES || reply >= MESSAGE_REPLIES)
        return PHASE_NONE;
    return (enum message_phase)(family == NETBOOT_V4 ? phases4 : phases6)[message][reply];
}

/* Whether the reply carries boot fields. */
static inline bool message_boots(const struct netboot_query *query)
{
    return message_exchange(query->family, query->message_type, query->reply_type) > PHASE_BARE;
}

/* RFC 2131, section 4.3.6: a client that already has an address (ciaddr) renews or rebinds. */
static inline enum message_phase message_phase(const struct netboot_query *query)
{
    enum message_phase phase = message_exchange(query->family, query->message_type, query->reply_type);

    if (query->family == NETBOOT_V4 && phase == PHASE_REQUEST && !is_zero(query->client_address, 4))
        return PHASE_RENEW;
    return phase;
}

/* The usual reply to a client's message, or -1: servers do not reply to it. */
static inline int message_usual_reply(enum netboot_family family, uint8_t message)
{
    for (int reply = 0; reply < MESSAGE_REPLIES; reply++)
        if (message_exchange(family, message, (uint8_t)reply) != PHASE_NONE)
            return reply;
    return -1;
}

/* Whether a server's message is a reply to any message of a client. */
static inline bool message_is_reply(enum netboot_family family, uint8_t reply)
{
    for (uint8_t message = 0; message < MESSAGE_TYPES; message++)
        if (message_exchange(family, message, reply) != PHASE_NONE)
            return true;
    return false;
}

/* A server's first reply of two: the client asks again before it boots. */
static inline bool message_is_offer(enum netboot_family family, uint8_t reply)
{
    return message_exchange(family, MESSAGE_FIRST, reply) == PHASE_BEGIN;
}

/* "DHCPDISCOVER", "Solicit", ...; NULL for unknown ones, and for BOOTP, whose messages have no types. */
static inline const char *message_name(enum netboot_family family, uint8_t type)
{
    static const char *const names4[MESSAGE_TYPES] = {
        NULL,      "DHCPDISCOVER", "DHCPOFFER",   "DHCPREQUEST", "DHCPDECLINE",
        "DHCPACK", "DHCPNAK",      "DHCPRELEASE", "DHCPINFORM",
    };
    static const char *const names6[MESSAGE_TYPES] = {
        NULL,     "Solicit", "Advertise", "Request", "Confirm",     "Renew",
        "Rebind", "Reply",   "Release",   "Decline", "Reconfigure", "Information-request",
    };

    return type < MESSAGE_TYPES ? (family == NETBOOT_V4 ? names4 : names6)[type] : NULL;
}

/* A short name of a reply that carries boot fields: "OFFER", "ACK", "ADVERTISE", "REPLY", "BOOTP"; NULL for others. */
static inline const char *message_reply_name(enum netboot_family family, uint8_t type)
{
    static const char *const names4[MESSAGE_REPLIES] = {[BOOTP] = "BOOTP", [DHCPOFFER] = "OFFER", [DHCPACK] = "ACK"};
    static const char *const names6[MESSAGE_REPLIES] = {[ADVERTISE] = "ADVERTISE", [REPLY] = "REPLY"};

    return type < MESSAGE_REPLIES ? (family == NETBOOT_V4 ? names4 : names6)[type] : NULL;
}

#endif
