/* SPDX-License-Identifier: MPL-2.0 */
/*
 * explain --chain: all that a machine loads until it is up, in every way in which it can come.
 *
 * For each platform and way the decision is asked as explain asks it; what firmware loads is a step, what iPXE gets is
 * one, and so is each file that iPXE's script names, in scripts that scripts chain too. Each step is looked for below
 * the data root (--root) or asked for at its server (--fetch). What a script knows only when it runs is said so.
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
    STEP_OPTIONAL, /* it is not there, and the script goes on without */
    STEP_UNKNOWN,  /* it depends on what only the machine knows, or is not on the site's server */
    STEP_MISSING,
    STEP_NONE, /* the machine is sent no file */
    STEP_AS_IS /* the server's reply stays as it is, or without boot fields */
};
const char *step_state_name(enum step_state state); /* "unchecked", ... */

/* One file, or why there is none. Texts are the caller's; NULL: absent. */
struct step {
    const char *what;   /* "firmware", "script", "kernel", ... */
    const char *script; /* that names it */
    unsigned line;      /* of the script; 0: none */
    unsigned depth;     /* of scripts above it */
    const char *file;   /* as store or script have it */
    struct location location;
    enum step_state state;
    int64_t size; /* -1: not known */
    char problem[FETCH_TEXT_SIZE + NETBOOT_REASON_SIZE];
    char fix[ACCESS_PATH_SIZE + 64];
};

#define CHAIN_READERS 2
struct chain {
    struct session *session;
    const char *root;    /* --root; NULL: not looked for there */
    struct fetch *fetch; /* --fetch; NULL: nobody is asked */
    struct account readers[CHAIN_READERS];
    cJSON *who;                                                  /* arguments of explain that say who it is */
    const char *family;                                          /* --family; NULL: both */
    char address4[INET6_ADDRSTRLEN], address6[INET6_ADDRSTRLEN]; /* where it is; "": not known */
    cJSON *ways;                                                 /* what is found */
    cJSON *asked;                                                /* what servers have said of URLs */
    bool missing;                                                /* something that a machine needs */
};

/* One way in which the machine comes. */
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
    const char *note; /* on the whole way; NULL: none */
};

/* Whether the options ask for a chain; then the whole command: an exit code. */
bool chain_wanted(const struct session *session);
int chain_run(struct session *session);

/* platform.c: all ways of a platform, into `ways`. DONE, or an exit code after saying why. */
int chain_platform(struct chain *chain, uint16_t platform);
/* journey.c: asks what is sent that way; journey_free() in either case. An exit code. */
int journey_begin(struct journey *journey, struct chain *chain, enum way way, uint16_t platform);
void journey_free(struct journey *journey);
/* The steps of what is sent. False: out of memory. */
bool journey_walk(struct journey *journey);

/* check.c: sets state, size, problem and fix of a step that has a location. */
void step_check(const struct journey *journey, struct step *step, bool optional);
/* The text of a script that is there; free() it. NULL: not to be had. */
char *step_content(const struct journey *journey, const struct step *step);
/* steps.c: where the machine is; without servers where there is no site. */
const struct netboot_site *journey_site(const struct journey *journey);
/* Takes it into the journey. False: out of memory. */
bool step_add(struct journey *journey, const struct step *step);
/* scripts.c: the files that a script names, and theirs. */
bool script_steps(struct journey *journey, const struct step *script, unsigned depth);
/* print.c */
void chain_print(const cJSON *object);

#endif
