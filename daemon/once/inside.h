/* SPDX-License-Identifier: MPL-2.0 */
/* What the files of the book share. */
#ifndef NETBOOTD_ONCE_INSIDE_H
#define NETBOOTD_ONCE_INSIDE_H

#include "once/book.h"
#include "once/boot.h"
#include "once/log.h"
#include "once/stored.h"

/* ---- Rows: a host, and what was armed for it */

struct row {
    struct row *next;          /* in its bucket */
    struct row *older, *newer; /* of those that are over and kept for people */
    struct row *next_changed, *next_unwritten;
    struct taking *taking;
    const struct asked *last; /* of this settling, the question that was asked last */
    struct store_key key;
    uint8_t *octets; /* the record; NULL: there was none before this change */
    size_t size;
    uint8_t *octets_before; /* this change */
    size_t size_before;
    bool changed, unwritten_before, fresh;
    bool unwritten, listed; /* the disk has something else that is not only a note; is in that list */
    bool over, armed;       /* is in the list above; in the armed set */
    bool going;             /* the batch says that it is gone */
    uint8_t syncs;          /* since then */
    uint64_t syncs_since;   /* ms */
};

struct rows {
    struct row **buckets;
    size_t bucket_count, count, octets; /* all rows: as entries of the log */
    struct row *changed, *unwritten;
    struct row *oldest, *newest; /* over */
    size_t over;
};

#define ROWS_OVER 65536

int rows_init(struct rows *rows);
void rows_fini(struct rows *rows);
struct row *rows_find(const struct rows *rows, const struct store_key *key);
/* An empty row, which is gone again if the change is undone. NULL: no memory. */
struct row *rows_add(struct rows *rows, const struct store_key *key);
void rows_remove(struct rows *rows, struct row *row);

/* What the row has. -EBADMSG, which nothing that was read or written can be. */
int row_get(const struct row *row, struct once_record *ret);
/* Changes the row in memory. False: no memory, nothing changed. `write`: it is to be on disk too. */
bool row_put(struct rows *rows, struct row *row, struct once_record *record, bool write);
bool row_put_octets(struct rows *rows, struct row *row, struct netboot_bytes octets, bool write);
/* The end of a change: all that was put since the one before stays, or goes. */
void rows_keep(struct rows *rows);
void rows_undo(struct rows *rows);
/* Keeps a row that is over for people, as the newest of them; does not any more. */
void rows_link_over(struct rows *rows, struct row *row);
void rows_unlink_over(struct rows *rows, struct row *row);

/* ---- Questions */

struct asked {
    uint64_t asker, sequence, deadline_ns;
    bool late; /* the server went on without an answer */
    struct question question;
    char server[NETBOOT_ONCE_BY_SIZE];
    /* What came of it */
    struct row *row;
    struct answer answer;
    uint8_t *back; /* the record, had the client not been able to load the target; NULL: nothing was marked */
    size_t back_size;
};

/* A mark that may be taken back. */
struct taking {
    struct taking *next;
    uint64_t asker, sequence;
    struct row *row;
    uint8_t *octets;
    size_t size;
};

/* Without memory for it the mark stays. */
void takings_add(struct book *book, struct asked *asked);
/* The place of it in the list, or NULL. */
struct taking **takings_find(struct book *book, uint64_t asker, uint64_t sequence);
void takings_drop(struct taking **place);
void takings_drop_of_asker(struct book *book, uint64_t asker);
void takings_drop_of_row(struct book *book, struct row *row);

/* ---- The book */

struct book {
    struct once_log log;
    struct armed_set *armed;
    struct rows rows;
    uint64_t doubt;
    struct asked *asked;
    size_t asked_count, asked_room;
    struct taking *takings;
    struct book_act acts[BOOK_ACTS]; /* a ring */
    size_t act_count, act_next;
    size_t sweep_at;        /* bucket */
    uint64_t rewrite_after; /* ms */
    struct netboot_error notice;
};

/* Adds what is not on disk, and writes it. What is over leaves the armed set. */
int book_write(struct book *book, struct log_batch *batch);
void book_remove(struct book *book, struct row *row);
/* Writes that these rows are gone, and removes them; nothing on failure. */
int book_write_gone(struct book *book, struct log_batch *batch, struct row *const *rows, size_t count);

bool book_is_of(const struct once_record *record, const struct control_host *host);
void acts_add(struct book *book, const struct book_act *act);
void acts_write(const struct book_act *act, struct log_batch *batch);
/* False: it makes no sense. */
bool acts_read(struct book *book, const struct store_key *key, struct netboot_bytes octets);
void book_show(const struct once_record *record, uint64_t wall, struct netboot_once *ret);

#endif
