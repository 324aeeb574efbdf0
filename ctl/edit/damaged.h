/* SPDX-License-Identifier: MPL-2.0 */
/* Records that cannot be read. */
#ifndef NETBOOTCTL_DAMAGED_H
#define NETBOOTCTL_DAMAGED_H

#include "netboot-store.h"

/* Says for each, on a line, what it is and how to delete it. FAILED. */
int damaged_tell(struct netboot_view *view);

#endif
