/* SPDX-License-Identifier: MPL-2.0 */
/* Asking before much is changed. */
#ifndef NETBOOTCTL_CONFIRM_H
#define NETBOOTCTL_CONFIRM_H

#include "frame/session.h"

#define CONFIRM_HOSTS 100 /* so many need no question */

/* Whether it is meant to change that many hosts. With --yes and --dry-run it is. On a terminal it is asked, `question`
 * without a question mark; without one it is MISUSED. An exit code, after saying that nothing was changed. To be called
 * while nothing is held: whoever is asked may be at lunch. */
int confirm(const struct session *session, uint64_t hosts, const char *question);

/*
 * A question about a change that has to be made to know how much it changes: it is made and given up, then it is asked,
 * then it is made again. If the store has become another one meanwhile, that is said, and asked anew.
 *
 *     do
 *         make the change; if question_is_open(), give it up
 *     while (question_is_open() said so, and question_put() is DONE)
 */
struct question {
    bool answered;
    uint64_t hosts, generation; /* that it was about */
};

bool question_is_open(const struct question *question, const struct session *session, uint64_t hosts,
                      uint64_t generation);
/* As confirm(). */
int question_put(struct question *question, const struct session *session, uint64_t hosts, uint64_t generation,
                 const char *text);

#endif
