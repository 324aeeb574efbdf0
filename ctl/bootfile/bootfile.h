/* SPDX-License-Identifier: MPL-2.0 */
/* Boot files on this computer. Nothing here prints. */
#ifndef NETBOOTCTL_BOOTFILE_H
#define NETBOOTCTL_BOOTFILE_H

#include "netboot-store.h"

#define SCRIPT_SIZE_MAX (1024 * 1024) /* no script is larger */

/* Whether the name is one of an iPXE script: it ends in .ipxe, or is "script.ipxe-52-54-00-...". */
bool bootfile_is_script(const char *name);
/* The whole text of the file with a NUL; free() it. NULL with the reason. */
char *bootfile_text(const char *path, struct netboot_error *error);
/* If the file at `path` (or URL) is a shim by its name, writes what it loads next, from beside it, to `ret` of `size`
 * octets. Returns the name of that file, a part of `ret`; NULL: it is no shim. */
const char *bootfile_after_shim(const char *path, char *ret, size_t size);

#endif
