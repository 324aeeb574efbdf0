/* SPDX-License-Identifier: MPL-2.0 */
/* Reading the log, and whether to believe it. */
#ifndef NETBOOTD_ONCE_LOG_READ_H
#define NETBOOTD_ONCE_LOG_READ_H

#include "once/log_entry.h"

/* What a file tells. */
struct log_contents {
    uint8_t *octets;
    size_t size, end; /* of the file; of what counts */
    uint64_t id, serial, chain;
    uint64_t written, touched; /* ns since 1970; 0: unknown */
};

/* Reads and checks the file. 0, or -EBADMSG with the reason in `why`: it is damaged, or none of ours. */
int log_read(int file, struct log_contents *ret, struct netboot_error *why);
/* Whether it is the file that was written last. `run`: the file in the run directory, -1: none. */
bool log_is_last(int file, int run, const struct log_contents *contents, struct netboot_error *why);
bool log_deliver(const struct log_contents *contents, log_reader *reader, void *user);

#endif
