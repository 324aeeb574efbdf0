/* SPDX-License-Identifier: MPL-2.0 */
/* What statements are, as far as a reduction wants to know. */
#ifndef NETBOOTCTL_MIGRATE_REDUCE_WORDS_H
#define NETBOOTCTL_MIGRATE_REDUCE_WORDS_H

#include "reduce.h"

/* A shared network, subnet or pool, with its block. */
bool is_network(const struct statement *statement);
/* Says who a host is and where, which is not keama's to convert. */
bool is_identity(const struct statement *statement);
/* A branch of an `if`, or a `switch`. */
bool is_conditional(const struct statement *statement);
/* A value of one text or of octets, with a sign before it or not. */
bool is_constant(const struct statement *statement);
/* A value that is computed for each client. */
bool is_computed(const struct statement *statement);
/* filename, next-server, server-name: they have places of their own in Kea's scopes, where keama has one in some. */
bool is_boot_field(const struct statement *statement);
/* Whether both set the same thing: the later one is what counts. */
bool statement_sets_same(const struct statement *one, const struct statement *other);
/* Whether one in the list sets the same thing. */
bool statement_is_set_in(const struct statement *list, const struct statement *statement);

#endif
