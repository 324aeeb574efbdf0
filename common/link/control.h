/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What people and their programs ask netbootd: the messages of its control socket, and the client's side. Numbers are
 * in host order: both are on one machine.
 *
 *     CONTROL_ARM | _DISARM | _DONE, each followed by any number of CONTROL_HOSTS; then CONTROL_DO
 *                                             -->
 *                                             <--  CONTROL_RESULT
 *     CONTROL_GET, with one host              -->
 *                                             <--  CONTROL_ROWS with one row, or CONTROL_RESULT
 *     CONTROL_JOURNAL                         -->
 *                                             <--  CONTROL_FIGURES, or CONTROL_RESULT
 *     CONTROL_RUN, with stdout and stderr     -->   (a command of netbootctl's that changes hosts, as netbootd's user)
 *                                             <--  CONTROL_EXIT, or CONTROL_RESULT
 *     CONTROL_LIST, _ACTS, _SERVERS           -->
 *                                             <--  any number of CONTROL_ROWS, _ACT, _SERVER; then CONTROL_RESULT
 */
#ifndef NETBOOT_LINK_CONTROL_H
#define NETBOOT_LINK_CONTROL_H

#include "link/armed.h"
#include "netboot-store.h"
#include "store/key.h"

#include <errno.h>

#define CONTROL_VERSION 1
#define CONTROL_MESSAGE_MAX 65536

enum control_kind {
    CONTROL_ARM = 1,
    CONTROL_DISARM,
    CONTROL_DONE,
    CONTROL_HOSTS,
    CONTROL_DO,
    CONTROL_GET,
    CONTROL_LIST,
    CONTROL_ACTS,
    CONTROL_SERVERS,
    CONTROL_JOURNAL,
    CONTROL_RESULT,
    CONTROL_ROWS,
    CONTROL_ACT,
    CONTROL_SERVER,
    CONTROL_RUN,
    CONTROL_EXIT,
    CONTROL_FIGURES,
    CONTROL_KINDS
};

struct control_head {
    uint32_t version, kind; /* enum control_kind */
    uint32_t count;         /* of what follows it */
};

/* Which host an arming is of: that of this targets store, in this row, and no other one that the row had or will
 * have. */
struct control_host {
    uint64_t store, born;
    struct store_key key;
};

/* CONTROL_ARM; of _DISARM and _DONE `by` alone counts. */
struct control_order {
    struct control_head head;
    uint64_t expires; /* as struct netboot_once_request, as are the next ones */
    int32_t window;
    uint32_t tries;
    bool until_done;
    char target[NETBOOT_NAME_MAX + 1];
    char by[NETBOOT_ONCE_BY_SIZE]; /* of root and of netbootd's own user it is believed */
};

/* CONTROL_HOSTS, CONTROL_GET */
#define CONTROL_HOSTS_MAX 300
struct control_hosts {
    struct control_head head;
    struct control_host hosts[CONTROL_HOSTS_MAX]; /* head.count are sent */
};

struct control_result {
    struct control_head head;
    int32_t code; /* 0, or a negative errno value */
    char text[NETBOOT_ERROR_SIZE];
};

struct control_row {
    struct control_host host;
    struct netboot_once once;
};
#define CONTROL_ROWS_MAX 24
struct control_rows {
    struct control_head head;
    struct control_row rows[CONTROL_ROWS_MAX];
};

/* What somebody did. */
struct control_act {
    struct control_head head;
    uint64_t wall;            /* seconds since 1970 */
    uint32_t action;          /* CONTROL_ARM, _DISARM, _DONE */
    uint64_t hosts;           /* how many */
    struct control_host host; /* one of them */
    char target[NETBOOT_NAME_MAX + 1], by[NETBOOT_ONCE_BY_SIZE];
};

/* A DHCP server that is connected. */
struct control_server {
    struct control_head head;
    char name[NETBOOT_ONCE_BY_SIZE];
    int32_t pid;
    uint64_t generation, since; /* since: seconds since 1970 */
};

/* Of the journal, for those who may not read its files as well. */
struct control_figures {
    struct control_head head;
    int32_t trouble;           /* why it cannot be written at the moment, negative errno value; 0: it can */
    uint64_t identity, newest; /* as struct netboot_journal_state, as are the next ones */
    uint64_t entries, machines, size, limit, dropped;
    uint64_t written; /* since netbootd started */
};

/* Words, each ended by a NUL: head.count octets of them. */
#define CONTROL_WORDS_SIZE 60000
#define CONTROL_WORDS_MAX 2000
struct control_run {
    struct control_head head;
    char words[CONTROL_WORDS_SIZE];
};

#define CONTROL_NO_FILES (-EBADF) /* result of one that came without its two files: it may be sent again */

struct control_exit {
    struct control_head head;
    int32_t status; /* of the program */
};

_Static_assert(sizeof(struct control_hosts) <= CONTROL_MESSAGE_MAX, "a message");
_Static_assert(sizeof(struct control_rows) <= CONTROL_MESSAGE_MAX, "a message");

static inline struct control_head control_head(enum control_kind kind, uint32_t count)
{
    return (struct control_head){CONTROL_VERSION, kind, count};
}

static inline bool control_same_host(const struct control_host *a, const struct control_host *b)
{
    return a->store == b->store && a->born == b->born && key_equals(&a->key, b->key.octets, b->key.size);
}

/* Octets of messages with a number of hosts, or rows. */
size_t control_hosts_size(uint32_t count);
size_t control_rows_size(uint32_t count);
/* Whether octets that came are a sound message: version, kind, size, lengths, and texts that end. Texts that come are
 * ended here. */
bool control_is_sound(void *message, size_t size);

/* ---- The client. Every call: 0, or a negative errno value with a text. */

#define CONTROL_CLOSED (-1)

/* A connection, or a negative errno value. */
int control_open(const char *directory, struct netboot_error *error);
/* CONTROL_CLOSED is fine. */
void control_close(int control);

/* What is to be done, of which nothing is done before control_do(). */
int control_order(int control, const struct control_order *order, const struct control_host *hosts, size_t count,
                  unsigned deadline_ms, struct netboot_error *error);
/* All orders, one after the other; each is for all of its hosts, or none, and the first that fails ends it. */
int control_do(int control, unsigned deadline_ms, struct netboot_error *error);

/* -ENOENT: nothing is armed for that host, and nothing was. */
int control_get(int control, const struct control_host *host, struct netboot_once *ret, struct netboot_error *error);
/* Sends CONTROL_LIST, _ACTS or _SERVERS, and calls `each` with every message that comes, until it returns other than 0,
 * which is returned. */
int control_list(int control, enum control_kind kind, int (*each)(const void *message, void *user), void *user,
                 struct netboot_error *error);

int control_figures(int control, struct control_figures *ret, unsigned deadline_ms, struct netboot_error *error);

/* Runs a command of netbootctl's as netbootd's user, if it is one that operators may give. Its output goes to the two
 * file descriptors. Its exit code, or a negative errno value with a text. */
int control_run(int control, const char *const *words, int out, int err, unsigned deadline_ms,
                struct netboot_error *error);

#endif
