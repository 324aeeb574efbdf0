/* SPDX-License-Identifier: MPL-2.0 */
/* One question and its answers. */
#ifndef NETBOOTCTL_REPORT_PACKET_H
#define NETBOOTCTL_REPORT_PACKET_H

#include "compare.h"

#include <cjson/cJSON.h>

/* With `compare`, the verdict as well; `comparison` is NULL without a captured answer. NULL: out of memory. */
cJSON *report_packet_to_json(const struct exchange *exchange, const struct evaluation *evaluation, bool compare,
                             const struct comparison *comparison);
/* A block of lines for people. */
void report_packet_print(const cJSON *object);

#endif
