/* SPDX-License-Identifier: MPL-2.0 */
/* Calls keama with a reduced configuration, without what it stumbles over. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_KEAMA_H
#define NETBOOTCTL_MIGRATE_KEAMA_H

#include "reduce.h"

#include <cjson/cJSON.h>

/* `directory` is for its input and output, which are removed. Fills *ret with what keama_output_parse() gives, in
 * which the numbers are those of `reduction`. -ENOENT: there is no keama; -EINVAL and others with the reason. */
int keama_run(const char *keama, const char *directory, struct reduction *reduction, cJSON **ret,
              struct netboot_error *error);

#endif
