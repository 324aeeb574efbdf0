/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Conditions where they are written. dhcpd carries out what is global, then the shared network's, the subnet's, the
 * pool's, the classes' and the host's, and the last one counts. Kea looks for an option in the reservation, the pool,
 * the subnet, the network, then in classes: first those that are tested early, then those that the network, subnet and
 * pool require, in their order. So an option that a condition or a class may change is taken out of the subnet and put
 * into a class that the subnet requires: those of the subnet's conditions before it, the last one first.
 */
#ifndef NETBOOTCTL_MIGRATE_MEND_SCOPES_H
#define NETBOOTCTL_MIGRATE_MEND_SCOPES_H

#include "mend.h"

/* A branch of an `if` as a class. */
struct branch {
    cJSON *class;
    const struct statement *owner; /* the scope that it is written in; NULL: the whole */
    bool used;
};

struct scopes {
    struct mend *mend;
    cJSON *classes;
    struct branch *rows; /* in the order of the text */
    size_t count;
    const cJSON *subnet; /* at hand */
    cJSON *required;     /* of it: what is to become "require-client-classes" */
};

/* mend_scopes_class.c */

bool is_same_option(const cJSON *one, const cJSON *other);
/* The option of a scope or class like `option`; NULL. */
cJSON *option_in(const cJSON *scope, const cJSON *option);
/* Whether the class is made of a dhcpd class. */
bool is_ordinary(const struct mend *mend, const cJSON *class);
/* A class that is tested only where it is required, at the end of the list; NULL: out of memory, noted. */
cJSON *class_required_new(struct mend *mend, cJSON *classes, const char *name, const char *test);
/* Takes the option out of `from` and gives it to the class. */
void option_move(struct mend *mend, cJSON *from, cJSON *option, cJSON *class);
/* The class's test becomes "member('NAME') and (TEST)". */
void class_narrow(struct mend *mend, cJSON *class, const char *name);
void name_add(struct mend *mend, cJSON *list, const char *name);

/* mend_scopes_host.c: conditions of hosts and their groups. */

/* Gives the reservation the classes of the scopes around the host that have conditions. */
void scopes_reserve(struct mend *mend, const struct statement *host, cJSON *reservation);
/* Makes the classes of hosts' conditions work; adds to `required` those that matter in the subnet. */
void scopes_hosts_mend(struct scopes *scopes);
void scopes_hosts_require(struct scopes *scopes);

/* mend_scopes_pool.c: conditions in pools. */

/* The branch cannot be made to work: it is found, and has no options any more. */
void scopes_find_branch(struct scopes *scopes, struct branch *branch);
/* Of one subnet; `user` is the struct scopes. After all subnets have what they require. */
void scopes_pools_mend(struct mend *mend, cJSON *network, cJSON *subnet, void *user);

#endif
