/* SPDX-License-Identifier: MPL-2.0 */
/* Queries of programs that were built with another version of the structure. */
#ifndef NETBOOT_QUERY_H
#define NETBOOT_QUERY_H

#include "base/sized.h"

#define QUERY_LEAST SIZED_UP_TO(struct netboot_query, options)

/* The query as this version knows it, in `room`; an empty query if it is smaller than the first version. */
const struct netboot_query *query_as_known(const struct netboot_query *query, struct netboot_query *room);

#endif
