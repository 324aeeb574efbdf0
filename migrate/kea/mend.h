/* SPDX-License-Identifier: MPL-2.0 */
/* What keama made of a configuration, made right: a "Dhcp4" or "Dhcp6" that Kea takes. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_MEND_H
#define NETBOOTCTL_MIGRATE_MEND_H

#include "reduce.h"

#include <cjson/cJSON.h>

struct mend {
    const struct reduction *reduction;
    struct findings *findings;
    struct arena *memory;
    cJSON *dhcp;      /* the object "Dhcp4" or "Dhcp6" */
    const cJSON *own; /* the boot fields that it is to have, fold.h; NULL: those of keama */
    int family;
    struct branch *branches; /* mend_scopes.h */
    size_t branch_count;
    bool bootp; /* libdhcp_bootp.so is needed */
    bool no_memory;
};

/* All of it. Counts what moved. -ENOMEM. */
int mend(struct mend *mend);

/* mend_tree.c: the statement that an object was made from; NULL: none is known. */
const struct statement *mend_statement(const struct mend *mend, const cJSON *object);
void mend_find(struct mend *mend, const struct statement *statement, const struct finding *finding);
/* Sets a member; one that is there is replaced. */
void mend_text(struct mend *mend, cJSON *object, const char *key, const char *text);
void mend_number(struct mend *mend, cJSON *object, const char *key, double number);
void mend_bool(struct mend *mend, cJSON *object, const char *key, bool value);
/* The member, made empty if it is not there. NULL: out of memory, noted. */
cJSON *mend_list(struct mend *mend, cJSON *object, const char *key);

/* Calls for each subnet, also those in shared networks (`network`; else NULL). */
typedef void mend_subnet(struct mend *mend, cJSON *network, cJSON *subnet, void *user);
void mend_each_subnet(struct mend *mend, mend_subnet *call, void *user);

/* The boot fields of a reservation, in that subnet; NULL: in all. */
void mend_boot_host(struct mend *mend, cJSON *reservation, const char *name, const cJSON *subnet);

/* Parts of mend(). */
void mend_options(struct mend *mend);
void mend_classes(struct mend *mend);
void mend_scopes_read(struct mend *mend); /* fills branches */
void mend_scopes(struct mend *mend);
void mend_networks(struct mend *mend);
void mend_lifetimes(struct mend *mend);
void mend_hosts(struct mend *mend);
void mend_boot(struct mend *mend);
void mend_globals(struct mend *mend);
void mend_spaces(struct mend *mend);
void mend_bootp(struct mend *mend); /* fills mend->bootp */
/* Whether BOOTP clients get addresses of a range, or of a pool. NULL: it is not known. */
bool mend_is_bootp_range(const struct statement *range);

#endif
