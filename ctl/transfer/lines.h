/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The lines of an imported file, read and made into records by a thread of its own, so that the one that has the
 * change open does nothing but change. Bounded: the thread is at most a few batches ahead. Nothing here prints.
 */
#ifndef NETBOOTCTL_LINES_H
#define NETBOOTCTL_LINES_H

#include "frame/input.h"
#include "import_line.h"

struct line {
    uint64_t number;   /* from 1 */
    uint64_t consumed; /* octets of the file, with this line */
    int status;        /* 1: there is a record; else the negative errno value that `reason` is for */
    const char *reason;
    struct line_record record;
};

struct lines;

/* `input` is the thread's until lines_stop(). -ENOMEM, -EAGAIN. */
int lines_start(struct input *input, bool csv, struct lines **ret);
/* The next line that has a record or is wrong, until the next call; NULL past the last. */
struct line *lines_next(struct lines *lines);
/* After the last: 0, or the negative errno value that ended the reading. */
int lines_status(const struct lines *lines);
/* Ends the thread, even one that waits for input. NULL is fine. */
void lines_stop(struct lines *lines);

#endif
