/* SPDX-License-Identifier: MPL-2.0 */
/*
 * All that is armed to boot once, and what became of it. Kept in memory, and in the log (once/log.h).
 *
 * What changes for good is on disk before anybody is told: marks, closings, armings, disarmings, reports. Questions
 * that wait together share one write and one sync. Notes, and what only adds to a mark, are in memory alone: each start
 * is a doubt, so that after it every packet is of a new boot, and nothing of them is asked for any more.
 *
 * One thread. Nothing here waits for anything but the disk.
 */
#ifndef NETBOOTD_ONCE_BOOK_H
#define NETBOOTD_ONCE_BOOK_H

#include "link/control.h"
#include "link/question.h"

#include "netboot-store.h"

struct book;

/* Opens DIR/state, which is made where it is missing, and puts what is armed into the empty set `armed`. -EBUSY:
 * another netbootd has it. */
int book_open(const char *state_directory, const char *run_directory, struct armed_set *armed, struct book **ret,
              struct netboot_error *error);
/* Why everything was disarmed at the start; NULL: it was not. */
const char *book_notice(const struct book *book);
/* What waits is not written. NULL is fine. */
void book_close(struct book *book);

/* ---- Servers
 *
 * Read all that there is on all connections, then settle: a question that waited for too long is of a packet before
 * those that were asked since.
 */

/* A sound question. `asker` is the number of the server, or of its connection: the sequence numbers are the asker's. It
 * is never used again for another one. */
void book_ask(struct book *book, const struct question *question, const char *server, uint64_t asker);
/* Decides all that was asked, writes it, and answers. Who is not waiting any more gets no answer, and its packet counts
 * as one that was answered with the lasting target. */
void book_settle(struct book *book, void (*each)(uint64_t asker, const struct answer *answer, void *user), void *user);
/* What became of the answer "once". Not sent: the mark is taken back, unless something else was asked of the host
 * since. A question that was not settled so far counts as late. */
void book_sent(struct book *book, uint64_t asker, uint64_t sequence, bool sent);
/* The asker is gone: what it was answered counts as sent. Raises a doubt. */
void book_hang_up(struct book *book, uint64_t asker);
/* Some packet may not have been asked about: each is of a new boot. When a server connects, and when it says that it
 * could not ask (before its question is asked). */
void book_raise_doubt(struct book *book);

/* ---- People */

/* All hosts or none. When it returns 0 the arming is on disk and in the armed set. -EINVAL; -ENOSPC: too many are
 * armed; what the disk says. */
int book_arm(struct book *book, const struct control_host *hosts, size_t count,
             const struct netboot_once_request *request, struct netboot_error *error);
/* A host that is not armed is fine. `by` may be NULL. */
int book_disarm(struct book *book, const struct control_host *hosts, size_t count, const char *by,
                struct netboot_error *error);
/* -ENOENT: one has nothing that could be done. */
int book_done(struct book *book, const struct control_host *hosts, size_t count, const char *by,
              struct netboot_error *error);

/* -ENOENT: nothing was armed. */
int book_find(const struct book *book, const struct control_host *host, struct netboot_once *ret);
void book_each(const struct book *book,
               void (*each)(const struct control_host *host, const struct netboot_once *once, void *user), void *user);

enum book_act_kind { ACT_ARM = 1, ACT_DISARM, ACT_DONE };

#define BOOK_ACTS 1000
struct book_act {
    uint64_t when; /* seconds since 1970 */
    enum book_act_kind kind;
    uint32_t hosts;
    struct store_key key; /* of the first one */
    char target[NETBOOT_NAME_MAX + 1];
    char by[NETBOOT_ONCE_BY_SIZE];
};
/* The last ones, in the order of time. */
void book_each_act(const struct book *book, void (*each)(const struct book_act *act, void *user), void *user);

/* ---- Now and then */

/* Writes what is only in memory but belongs on disk, and makes the log small. About once a second. The log is made
 * small rarely, but may take a while then. */
void book_tidy(struct book *book);
/* Looks at about so many further hosts, and forgets those that are gone. How many. */
size_t book_sweep(struct book *book, bool (*is_there)(const struct control_host *host, void *user), void *user,
                  size_t budget);

#endif
