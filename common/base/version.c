/* SPDX-License-Identifier: MPL-2.0 */
#include "netboot.h"

const char *netboot_version(void)
{
    return NETBOOT_VERSION;
}
