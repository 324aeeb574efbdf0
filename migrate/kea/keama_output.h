/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What keama writes: JSON with comments, in which what it could not convert is there too, each line behind `//`. All of
 * it is read. A member that is commented out has "//" before its key; an object in a list that is, a member "//". The
 * comment `# @N` before an object, or before a plain member of one that has none, becomes its member "@": the number of
 * the statement that it was made from.
 */
#ifndef NETBOOTCTL_MIGRATE_KEAMA_OUTPUT_H
#define NETBOOTCTL_MIGRATE_KEAMA_OUTPUT_H

#include <cjson/cJSON.h>
#include <netboot.h>

/* `text` ends in a NUL. NULL with the reason. */
cJSON *keama_output_parse(const char *text, struct netboot_error *error);

#endif
