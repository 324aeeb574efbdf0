/* SPDX-License-Identifier: MPL-2.0 */
/* What a migration has to say: what moved, what changed on purpose, what needs a person. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_FINDINGS_H
#define NETBOOTCTL_MIGRATE_FINDINGS_H

#include "json/record/arena.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum severity {
    FINDING_MOVED,   /* is as it was, only elsewhere: worth a line of details */
    FINDING_CHANGED, /* answers differ on purpose, or without harm: an operator should know */
    FINDING_PERSON,  /* is not in what was written: somebody has to decide or write it */
    SEVERITY_COUNT
};

/* Fields of an answer that may differ because of a finding, for the proof: a set. */
enum answer_field {
    ANSWER_BOOT = 1 << 0, /* boot file, next server, TFTP server name, vendor class */
    ANSWER_ADDRESS = 1 << 1,
    ANSWER_ROUTERS = 1 << 2,
    ANSWER_DNS = 1 << 3,
    ANSWER_LEASE_TIME = 1 << 4,
    ANSWER_SILENCE = 1 << 5, /* whether there is an answer at all */
    ANSWER_OPTIONS = 1 << 6, /* other options */
    ANSWER_SUBNET = 1 << 7   /* which subnet of a shared network the address is of, and with it what that one gives */
};

#define OPTIONS_ANY "any"
#define FINDING_BOOTP "BOOTP clients" /* whom */

struct finding {
    enum severity severity;
    const char *file;    /* NULL: of no one place */
    unsigned line;       /* from 1; 0: of the whole file */
    const char *text;    /* what it is about, one line: the statement, or a subject ("host web1") */
    const char *why;     /* what became of it, and why, as a sentence */
    const char *fix;     /* what to do or to write; NULL: nothing */
    unsigned differs;    /* enum answer_field */
    const char *options; /* the codes behind ANSWER_OPTIONS, "42 119"; NULL or OPTIONS_ANY: any */
    unsigned family;     /* 4, 6; 0: both */
    /* Whose answers differ: "host NAME", "subnet PREFIX", "shared-network NAME", "class NAME"; NULL: anybody's. */
    const char *whom;
    const cJSON *cases; /* of ANSWER_BOOT: exactly which differences (cases.h); NULL: none */
    bool executed; /* only where dhcpd carries out the statement: its condition is true, its class is the client's */
};

/* Zero-initialised is empty. */
struct findings {
    struct finding *rows;
    size_t count, room;
    size_t counts[SEVERITY_COUNT];
    cJSON *moved; /* {"subnets": 3, ...}, in the order of the first call */
    struct arena memory;
    bool no_memory; /* something could not be kept: the migration fails */
};

/* Keeps a copy, texts and cases too. One that says the same of the same place is kept once. */
void findings_add(struct findings *findings, const struct finding *finding);
/* Counts what moved: `what` is a plural ("hosts"). */
void findings_moved(struct findings *findings, const char *what, size_t count);
/* By severity, then file (in the order in which files came up) and line. */
void findings_sort(struct findings *findings);
void findings_free(struct findings *findings);

const char *severity_name(enum severity severity); /* "moved", "changed", "person" */
/* {"moved": {..}, "findings": [{severity, file, line, text, why, fix, differs, options, family, whom, executed,
 * cases}]}; NULL: out of memory. */
cJSON *findings_to_json(const struct findings *findings);
/* What findings_to_json() wrote. -EINVAL, -ENOMEM. */
int findings_from_json(const cJSON *json, struct findings *ret);

#endif
