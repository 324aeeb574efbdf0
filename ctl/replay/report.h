/* SPDX-License-Identifier: MPL-2.0 */
/* What replay shows: a block for each packet, then a table by client, as text or as one JSON object. */
#ifndef NETBOOTCTL_REPORT_H
#define NETBOOTCTL_REPORT_H

#include "compare.h"
#include "frame/output.h"

/* What was captured and could not be read. */
struct report_losses {
    uint64_t cut_off;    /* by the snapshot length */
    uint64_t malformed;  /* no server would understand them */
    uint64_t incomplete; /* fragments of which others are missing */
};

struct report_totals {
    uint64_t shown;         /* questions of boot clients, and those whose answer would change */
    uint64_t ordinary;      /* questions of ordinary clients, whose answer stays */
    uint64_t unanswered;    /* other questions without an answer */
    uint64_t retransmitted; /* questions without an answer that repeat an earlier one */
    uint64_t verdicts[VERDICT_COUNT];
};

struct report {
    bool json, compare, all, summary_only;
    struct report_totals totals;
    uint64_t improvements[64]; /* how often each was the reason */
    struct listing packets;
    struct report_client *clients, **last_client;
    void *index; /* the same clients by name */
};

/* Set the four options before. Each returns an exit code. */
int report_begin(struct report *report);
int report_exchange(struct report *report, const struct exchange *exchange, const struct evaluation *evaluation,
                    const struct comparison *comparison);
/* `code` is the exit code so far. */
int report_end(struct report *report, const struct exchange_counts *counts, const struct report_losses *losses,
               int code);
void report_free(struct report *report);

#endif
