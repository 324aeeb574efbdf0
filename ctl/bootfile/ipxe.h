/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lines of iPXE scripts that hold what operators wrote.
 *
 * iPXE splits a line at blanks; a word that is `||`, `&&` or `;` ends a command, one that begins with # the line, a
 * backslash at its end joins the next line. Then it fills in ${...} word by word. So a word of an operator's never ends
 * a line here, and one that iPXE would take for its own begins with a setting that does not exist.
 */
#ifndef NETBOOTCTL_IPXE_H
#define NETBOOTCTL_IPXE_H

#include "netboot.h"

#include <stdio.h>

/* Platforms and how iPXE tells them. */
struct ipxe_platform {
    uint16_t platform;
    const char *name; /* ${platform}-${buildarch} */
};
extern const struct ipxe_platform ipxe_platforms[]; /* ended by a NULL name */

/* Lines that set ${netboot-platform} to the platform's name. */
void ipxe_platform_print(FILE *file);
/* Text for people, on one line. */
void ipxe_text_print(FILE *file, struct netboot_bytes text);
/* A kernel's command line of the target `name`, its placeholders as iPXE's settings. */
void ipxe_command_line_print(FILE *file, struct netboot_bytes command_line, const char *name);
/* A path or URL as one word; a path is below the data root, which is at `root` ("./", "../") for the script. */
void ipxe_file_print(FILE *file, struct netboot_bytes path, const char *root, const char *name);

#endif
