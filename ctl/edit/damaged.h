/* SPDX-License-Identifier: MPL-2.0 */
/* Records that cannot be read. */
#ifndef NETBOOTCTL_DAMAGED_H
#define NETBOOTCTL_DAMAGED_H

#include "netboot-store.h"

/* Says of each what it is and how to get rid of it, one a line. FAILED. */
int damaged_tell(struct netboot_view *view);

#endif
