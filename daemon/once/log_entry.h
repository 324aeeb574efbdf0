/* SPDX-License-Identifier: MPL-2.0 */
/* What the log is made of, for those who write and read it. */
#ifndef NETBOOTD_ONCE_LOG_ENTRY_H
#define NETBOOTD_ONCE_LOG_ENTRY_H

#include "store/key.h"

/* LOG_FORGET is in no file: what was read so far is void. */
enum log_kind { LOG_FORGET, LOG_HOST, LOG_GONE, LOG_ACT, LOG_KINDS };

/* Gets each entry that there is, in order. False: it makes no sense, the file is damaged. */
typedef bool log_reader(void *user, enum log_kind kind, const struct store_key *key, struct netboot_bytes octets);

#endif
