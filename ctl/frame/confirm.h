/* SPDX-License-Identifier: MPL-2.0 */
/* Asking before much is changed. */
#ifndef NETBOOTCTL_CONFIRM_H
#define NETBOOTCTL_CONFIRM_H

#include "frame/session.h"

#define CONFIRM_HOSTS 100 /* up to so many need no question */

/* Asks whether a change of that many hosts is meant; with --yes or --dry-run it is. On a terminal it asks `question`,
 * given without a question mark; elsewhere it is MISUSED. An exit code, after saying that nothing was changed. Call it
 * while you hold nothing: whoever is asked may be at lunch. */
int confirm(const struct session *session, uint64_t hosts, const char *question);

/*
 * A question about a change that has to be made to know how much it changes. The change is made and given up, the
 * question is asked, and the change is made again. If the store has changed meanwhile, that is said, and the question
 * is asked again.
 *
 *     do
 *         make the change; if question_is_open(), give it up
 *     while (question_is_open() said so, and question_put() is DONE)
 */
struct question {
    bool answered;
    uint64_t hosts, generation; /* what the question was about */
};

bool question_is_open(const struct question *question, const struct session *session, uint64_t hosts,
                      uint64_t generation);
/* As confirm(). */
int question_put(struct question *question, const struct session *session, uint64_t hosts, uint64_t generation,
                 const char *text);

#endif
