/* SPDX-License-Identifier: MPL-2.0 */
/* Who is known to the journal: the hosts of a targets store. */
#ifndef NETBOOTD_JOURNAL_KNOWN_H
#define NETBOOTD_JOURNAL_KNOWN_H

#include "store/key.h"

/* A keeper_known, whose `user` is a struct netboot_store. Without a usable store, nobody is known. */
bool known_in_store(const struct store_key *id, void *user);

#endif
