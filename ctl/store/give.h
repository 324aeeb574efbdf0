/* SPDX-License-Identifier: MPL-2.0 */
/* Stores belong to user netboot: the directory, and all that is a store's in it. */
#ifndef NETBOOTCTL_GIVE_H
#define NETBOOTCTL_GIVE_H

#include "netboot-store.h"

/* By root, where there is a user netboot: makes the directory, and gives root's to that user, with what is in it.
 * Nothing is given, and what a negative errno value is returned for has a text, if there is anything that no store has:
 * links, files of others, or if that user cannot come there. 1: an existing directory was given; else, and for a
 * directory of another user, 0. */
int give_store(const char *directory, struct netboot_error *error);

#endif
