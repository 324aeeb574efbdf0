/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The file of boot once, DIR/state/once: a head, then batches. A batch is whole or not there at all; the last one that
 * was begun in a crash is cut off.
 *
 *     head    magic, format, inode, id, serial before the first batch, check; time of the last touch, check
 *     batch   magic, size, serial, wall time, count, check over what is in it and the batch before, check; entries; end
 *     entry   kind, sizes, key, octets
 *
 * The file is never to tell of a time before: that would arm anew what was used. So everything is given up, and the
 * file put aside, where it is damaged, has another inode than its head names, was written or touched at another time
 * than it says, or ends before the last batch that was written since the machine started (run directory).
 */
#ifndef NETBOOTD_ONCE_LOG_H
#define NETBOOTD_ONCE_LOG_H

#include "once/log_entry.h"

struct once_log {
    int directory, file, run;
    uint64_t id, serial; /* of the last batch */
    uint64_t chain;      /* its check */
    uint64_t end;        /* octets of the file that count */
    bool dirty;          /* there may be others behind */
    bool renamed;        /* the directory may not be on disk */
};

/* What is written at once. */
struct log_batch {
    uint8_t *octets;
    size_t size, room;
    uint32_t count;
    bool failed; /* no memory */
};

/* Opens the log, or makes one.. What was given up, and why, is in `notice`
 * (code 0: nothing). -EBUSY: another process has it. */
int log_open(struct once_log *ret, const char *state_directory, const char *run_directory, log_reader *reader,
             void *user, struct netboot_error *notice, struct netboot_error *error);
void log_close(struct once_log *log);

void log_add(struct log_batch *batch, enum log_kind kind, const struct store_key *key, struct netboot_bytes octets);
/* Writes and syncs it. On failure it is as if it had never been written. An empty one is not written. */
int log_write(struct once_log *log, struct log_batch *batch);
/* Makes an empty batch of it. */
void log_free(struct log_batch *batch);
/* Octets that an entry takes. */
size_t log_entry_size(size_t key_size, size_t octets);

/* Puts a file in place of it that has only this batch. On failure the file stays as it is. */
int log_rewrite(struct once_log *log, struct log_batch *batch);

#endif
