/* SPDX-License-Identifier: MPL-2.0 */
/* Who a host is: what dhcpd knows it by, as Kea does. */
#ifndef NETBOOTCTL_MIGRATE_MEND_HOSTS_H
#define NETBOOTCTL_MIGRATE_MEND_HOSTS_H

#include "mend.h"

/* Who a host is; "" is absent. */
struct identity {
    char mac[64];
    char *client; /* client identifier or DUID, hex; NULL */
};

/* The statement that the host has, or gets from its groups; NULL. */
const struct statement *host_statement(const struct host *host, const char *words);
/* What Kea cannot know it by is found. */
void host_identity_read(struct mend *mend, const struct host *host, struct identity *ret);
/* Kea does not know the host: all that it is to have is another's. */
void host_find_identity(struct mend *mend, const struct statement *statement, const char *why, const char *fix);

#endif
