/* SPDX-License-Identifier: MPL-2.0 */
/* Arguments of a command as one JSON object. null counts as absent. Nothing here prints. */
#ifndef NETBOOT_ARGUMENTS_H
#define NETBOOT_ARGUMENTS_H

#include "netboot-store.h"

#include <cjson/cJSON.h>

/* Whether `arguments` (NULL: none at all) is an object that has no other keys than `known`, ended by NULL, and none of
 * them twice. `command` begins the reason. -EINVAL. */
int arguments_check(const char *command, const cJSON *arguments, const char *const *known, struct netboot_error *error);

/* The text of `key`; NULL if it is absent. -EINVAL: it is no string. */
int argument_text(const cJSON *arguments, const char *key, const char **ret, struct netboot_error *error);
/* A whole number, as JSON's or as a string of digits; *ret stays if it is absent. -EINVAL. */
int argument_number(const cJSON *arguments, const char *key, unsigned long least, unsigned long most,
                    unsigned long *ret, struct netboot_error *error);
/* Checks that `key` is absent or a JSON number: for programs, text is a mistake. -EINVAL. */
int argument_no_text(const cJSON *arguments, const char *key, struct netboot_error *error);
/* The identifier or name of a host. -EINVAL: absent, or none. */
int argument_id(const cJSON *arguments, const char *key, struct netboot_id *ret, struct netboot_error *error);

#endif
