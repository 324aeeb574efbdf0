/* SPDX-License-Identifier: MPL-2.0 */
/* What a person may store as a command line; netboot-store.h has the other checks. */
#ifndef NETBOOT_DECIDE_CHECK_H
#define NETBOOT_DECIDE_CHECK_H

#include "netboot-store.h"

/* Whether a text may be a kernel's command line: printable ASCII, the placeholders of netboot_file_check() but {site},
 * no "${", which is iPXE's. -EINVAL with the reason. */
int command_line_check(const char *value, struct netboot_error *error);

#endif
