/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once: what the state machine works on. docs/boot-once.md has it as tables, with the reasons. */
#ifndef NETBOOT_ONCE_BOOT_H
#define NETBOOT_ONCE_BOOT_H

#include "link/question.h"
#include "record/record.h"

#include "netboot-store.h"

#define ONCE_WINDOW_MS 60000 /* unless the arming has another one */
#define ONCE_EXPIRY (24 * 3600)
#define ONCE_TRIES 3
#define ONCE_TOKEN_SIZE 16

/* A message of a network booting client, and what the target armed would do for it. */
struct once_event {
    enum once_method method;
    enum message_phase message;
    bool able;       /* the client can load what the target has for it */
    bool last;       /* and that is the boot's last stage: iPXE's file, or a file of the target's own for firmware */
    bool has_script; /* the target goes on in iPXE, if that is what its file for firmware is */
    bool has_mac;
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint32_t transaction;        /* xid, transaction-id; 0: not known */
    struct netboot_bytes server; /* that answers */
    struct netboot_bytes file;   /* that it would send */
};

struct once_time {
    uint64_t wall;  /* seconds since 1970, for expiry and for people */
    uint64_t ms;    /* of a clock that no one sets */
    uint64_t clock; /* which clock that is: another one after a restart of the machine */
    uint64_t doubt; /* changes when a new boot, or the mark of what was offered, could not be written down */
    bool certain;   /* `doubt` is known */
};

enum once_phase {
    ONCE_ARMED,
    ONCE_STARTED, /* armed, and something of a boot has been answered with it */
    ONCE_USED,    /* served; packets of the same boot may still come */
    ONCE_OVER,    /* a later boot has begun */
    ONCE_DONE,    /* reported done */
    ONCE_PHASES
};

/* Promised: firmware was offered the target's own file. UEFI's HTTP boot loads what the offer names, whatever the final
 * reply says. */
enum { ONCE_NONE, ONCE_BEGUN, ONCE_FINAL, ONCE_PROMISED };

/* What the present boot has been seen to do by one method. */
struct once_exchange {
    uint8_t state;
    bool has_mac;
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint32_t transaction;
    uint64_t ms; /* of its first message, or of its final reply */
};
#define ONCE_EXCHANGE_SIZE 21

struct once_record {
    struct netboot_bytes token;  /* of this arming */
    uint64_t store, born;        /* of which host: the id of the targets store that had it, and the host's number */
    struct netboot_bytes target; /* name */
    struct netboot_bytes by;     /* who armed it */
    uint64_t armed, expires;     /* seconds since 1970 */
    uint64_t window;             /* ms */
    uint16_t tries, until_done;  /* boots that it is for; whether a report ends it */
    uint16_t count, phase;       /* boots served */
    uint64_t started, used, done;
    struct netboot_bytes server; /* that served it */
    struct netboot_bytes file;   /* that was sent */
    uint16_t method;             /* by which */
    uint64_t ms, clock, doubt;   /* when it was served, see struct once_time */
    struct once_exchange exchanges[ONCE_METHODS];
    struct netboot_list stored; /* the same as octets, for the codec */
};

extern const struct record_type record_once;

enum once_write {
    ONCE_KEEP,  /* nothing is to be written */
    ONCE_NOTE,  /* if it can be */
    ONCE_CLOSE, /* it must be; what is served does not depend on it */
    ONCE_MARK   /* it must be, before the reply leaves; else the lasting target is served */
};

struct once_step {
    bool serve; /* the target armed; else the lasting one */
    bool expired;
    bool new_boot; /* the end of the boot before is part of what is written: that it cannot be raises a doubt */
    bool promised; /* what cannot be marked was offered already: likewise */
    enum once_write write;
    struct once_record record;
};

#endif
