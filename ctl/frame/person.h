/* SPDX-License-Identifier: MPL-2.0 */
/* People's names, and that of the one at the keyboard. */
#ifndef NETBOOTCTL_PERSON_H
#define NETBOOTCTL_PERSON_H

#include "netboot-store.h"

#include <sys/types.h>

#define PERSON_SIZE 64

/* By name where there is one, else by number. Each returns `text`. */
const char *user_name(uid_t user, char text[PERSON_SIZE]);
const char *group_name(gid_t group, char text[PERSON_SIZE]);

/* The user who typed the command, through sudo, doas or su as well; NULL: not known. As it was when this was called
 * first: the process may have become another user since. Returns `text`. */
const char *who_name(char text[NETBOOT_ONCE_BY_SIZE]);

#endif
