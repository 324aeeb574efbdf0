/* SPDX-License-Identifier: MPL-2.0 */
/* Statements of dhcpd that Kea has not, or has in another way: what becomes of each. */
#ifndef NETBOOTCTL_MIGRATE_RULES_H
#define NETBOOTCTL_MIGRATE_RULES_H

#include "migrate/base/findings.h"
#include "migrate/dhcpd/statement.h"

/* Statements that begin with `words`. */
struct rule {
    const char *words;
    enum severity severity;
    const char *why;
    const char *fix;
    unsigned differs;
    bool silent; /* is taken care of elsewhere: no finding here */
};

/* NULL: keama may have it. */
const struct rule *rule_find(const struct statement *statement);

#endif
