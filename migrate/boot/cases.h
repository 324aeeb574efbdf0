/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Exactly which differences a finding announces: this field of a reply to this client was this, and is that. They are
 * in report.json, and the proof looks for each difference among them. Nothing here prints.
 */
#ifndef NETBOOTCTL_MIGRATE_CASES_H
#define NETBOOTCTL_MIGRATE_CASES_H

#include "client.h"
#include "texts.h"

#include "json/show/fields.h"

#include <cjson/cJSON.h>

/*
 * The values are texts as fields_meaning() has them; of the file it is what the client loads, as scene.h has it. The
 * client's MAC is written as {mac} or {mac-hyphen} in them, so that machines that differ in it alone have one case.
 */
struct boot_case {
    unsigned family;    /* index */
    const char *host;   /* the client is this host; */
    const char *subnet; /* or it has no host entry and asks from there: a prefix, or its address alone; */
                        /* both NULL: any such client */
    struct client_kind kind;
    enum meaning field;
    const char *old, *new;
};

/* For the value of a server: dhcpd's own address, which no configuration tells. */
#define CASE_OWN_SERVER "{own}"

/* Zero-initialised but for `texts` is empty. */
struct cases {
    struct texts *texts;
    struct boot_case *rows;
    size_t count, room;
};

/* Keeps a copy. `mac` is the client's. -ENOMEM. */
int cases_add(struct cases *cases, const struct boot_case *added, const uint8_t mac[NETBOOT_MAC_SIZE]);
/* Array of {family, stage, form, architectures, field, dhcpd, kea, hosts or subnets}; NULL: out of memory. */
cJSON *cases_to_json(struct cases *cases);
void cases_free(struct cases *cases);

/* Gives each case of such an array a number (not 0) in the index; one that has one keeps it. -ENOMEM. */
int cases_index(struct texts *index, const cJSON *cases, long number);
/* The number of a case; 0: it is none. -ENOMEM. */
long cases_find(struct texts *index, const struct boot_case *wanted, const uint8_t mac[NETBOOT_MAC_SIZE]);

#endif
