/* SPDX-License-Identifier: MPL-2.0 */
/*
 * explain --chain: all that a machine loads until it is up, in every way of booting.
 *
 * For each platform and way, the decision is made as explain makes it. Steps are what firmware loads, what iPXE gets,
 * and each file that iPXE's script names, or a script that it chains. A step is looked for below the data root
 * (--root), or its server is asked for it (--fetch). A file that only a running script knows is reported as unknown.
 */
#ifndef NETBOOTCTL_CHAIN_H
#define NETBOOTCTL_CHAIN_H

#include "bootfile/account.h"
#include "fetch.h"
#include "frame/session.h"
#include "location.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>

enum step_state {
    STEP_UNCHECKED, /* neither --root nor --fetch looks for it */
    STEP_THERE,
    STEP_OPTIONAL, /* it is not there, and the script goes on without it */
    STEP_UNKNOWN,  /* only the machine knows its name, or it is not on the site's server */
    STEP_MISSING,
    STEP_NONE, /* the machine is sent no file */
    STEP_AS_IS /* the server's reply stays as it is, or without boot fields */
};
const char *step_state_name(enum step_state state); /* "unchecked", ... */

/* One file, or why there is none. Texts are the caller's; NULL: absent. */
struct step {
    const char *what;   /* "firmware", "script", "kernel", ... */
    const char *script; /* the script that names it */
    unsigned line;      /* of the script; 0: none */
    unsigned depth;     /* the number of scripts above it */
    const char *file;   /* as the store or the script has it */
    struct location location;
    enum step_state state;
    int64_t size; /* -1: not known */
    char problem[FETCH_TEXT_SIZE + NETBOOT_REASON_SIZE];
    char fix[ACCESS_PATH_SIZE + 64];
};

#define CHAIN_READERS 2
struct chain {
    struct session *session;
    const char *root;    /* --root; NULL: not given */
    struct fetch *fetch; /* --fetch; NULL: not given */
    struct account readers[CHAIN_READERS];
    cJSON *who;                                                  /* arguments of explain that say who it is */
    const char *family;                                          /* --family; NULL: both */
    char address4[INET6_ADDRSTRLEN], address6[INET6_ADDRSTRLEN]; /* of the machine; "": not known */
    cJSON *ways;                                                 /* all that was found */
    cJSON *asked;                                                /* what servers answered, by URL */
    bool missing;                                                /* something that a machine needs is missing */
};

/* One way of booting. */
struct journey {
    struct chain *chain;
    enum way way;
    uint16_t platform;
    struct netboot_client client; /* without its DUID */
    struct netboot_policy policy;
    struct netboot_decision decision;
    cJSON *steps;
    cJSON *seen;      /* scripts that have been read */
    bool broken;      /* a step is missing */
    bool no_server;   /* the site has none for this way */
    const char *note; /* about the whole way; NULL: none */
};

/* Whether the options ask for a chain; then the whole command: an exit code. */
bool chain_wanted(const struct session *session);
int chain_run(struct session *session);

/* platform.c: adds all ways of a platform to `ways`. DONE, or an exit code after saying why. */
int chain_platform(struct chain *chain, uint16_t platform);
/* journey.c: decides what is sent that way; journey_free() in either case. An exit code. */
int journey_begin(struct journey *journey, struct chain *chain, enum way way, uint16_t platform);
void journey_free(struct journey *journey);
/* Adds the steps that follow from that. False: out of memory. */
bool journey_walk(struct journey *journey);

/* check.c: sets state, size, problem and fix of a step that has a location. */
void step_check(const struct journey *journey, struct step *step, bool optional);
/* The text of a script; free() it. NULL: it cannot be had. */
char *step_content(const struct journey *journey, const struct step *step);
/* steps.c: the machine's site; a site without servers if there is none. */
const struct netboot_site *journey_site(const struct journey *journey);
/* Adds a step to the journey. False: out of memory. */
bool step_add(struct journey *journey, const struct step *step);
/* scripts.c: adds the files that a script names, and those that scripts among them name. */
bool script_steps(struct journey *journey, const struct step *script, unsigned depth);
/* print.c */
void chain_print(const cJSON *object);

#endif
