/* SPDX-License-Identifier: MPL-2.0 */
/* One question with what becomes of it. */
#ifndef NETBOOTCTL_REPORT_PACKET_H
#define NETBOOTCTL_REPORT_PACKET_H

#include "compare.h"

#include <cjson/cJSON.h>

/* With `compare` the verdict too; `comparison` is NULL where there is no answer to compare with. NULL: out of memory.
 */
cJSON *report_packet_to_json(const struct exchange *exchange, const struct evaluation *evaluation, bool compare,
                             const struct comparison *comparison);
/* A block of lines for people. */
void report_packet_print(const cJSON *object);

#endif
