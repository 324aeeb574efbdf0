/* SPDX-License-Identifier: MPL-2.0 */
#include "once/inside.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "once/clock.h"
#include "once/machine.h"

#include <stdlib.h>

#define REWRITE_SIZE (UINT64_C(1) << 20)
#define REWRITE_TIMES 4
#define REWRITE_AGAIN_MS 60000

bool book_is_of(const struct once_record *record, const struct control_host *host)
{
    return record->store == host->store && record->born == host->born;
}

void book_remove(struct book *book, struct row *row)
{
    takings_drop_of_row(book, row);
    if (row->armed)
        armed_remove(book->armed, armed_hash(&row->key));
    rows_remove(&book->rows, row);
}

/* ---- Writing */

static void add_row(struct log_batch *batch, const struct row *row)
{
    log_add(batch, LOG_HOST, &row->key, (struct netboot_bytes){row->octets, row->size});
}

/* Lets servers know, now that it is on disk. */
static void publish(struct book *book, struct row *row)
{
    struct once_record record;
    struct armed_entry entry;

    if (row_get(row, &record) != 0)
        return;
    if (once_is_over(&record)) {
        if (row->armed)
            armed_remove(book->armed, armed_hash(&row->key));
        row->armed = false;
        if (!row->over)
            rows_link_over(&book->rows, row);
        return;
    }
    rows_unlink_over(&book->rows, row);
    memcpy(entry.token, record.token.data, sizeof(entry.token));
    bytes_to_text(record.target, entry.target, sizeof(entry.target));
    row->armed = armed_put(book->armed, armed_hash(&row->key), &entry) == 0;
}

static void note_written(struct book *book)
{
    while (book->rows.unwritten) {
        struct row *row = book->rows.unwritten;
        book->rows.unwritten = row->next_unwritten;
        row->listed = false;
        if (row->unwritten && !row->going)
            publish(book, row);
        row->unwritten = false;
    }
}

int book_write(struct book *book, struct log_batch *batch)
{
    for (const struct row *row = book->rows.unwritten; row; row = row->next_unwritten)
        if (row->unwritten && !row->going)
            add_row(batch, row);
    int code = log_write(&book->log, batch);
    if (code == 0)
        note_written(book);
    return code;
}

int book_write_gone(struct book *book, struct log_batch *batch, struct row *const *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i]->going = true;
        log_add(batch, LOG_GONE, &rows[i]->key, (struct netboot_bytes){NULL, 0});
    }
    int code = book_write(book, batch);
    for (size_t i = 0; i < count; i++)
        if (code == 0)
            book_remove(book, rows[i]);
        else
            rows[i]->going = false;
    return code;
}

/* ---- Opening */

static bool read_host(struct book *book, const struct store_key *key, struct netboot_bytes octets)
{
    struct once_record record;
    struct row *row = rows_find(&book->rows, key);

    if (key->size < 2 || stored_read(octets, &record) != 0 || record.target.size == 0)
        return false;
    if (!row && !(row = rows_add(&book->rows, key)))
        return false;
    if (!row_put_octets(&book->rows, row, octets, false))
        return false;
    rows_keep(&book->rows);
    rows_unlink_over(&book->rows, row);
    if (once_is_over(&record))
        rows_link_over(&book->rows, row);
    return true;
}

static void forget_all(struct book *book)
{
    rows_fini(&book->rows);
    rows_init(&book->rows);
    book->act_count = book->act_next = 0;
}

static bool read_entry(void *user, enum log_kind kind, const struct store_key *key, struct netboot_bytes octets)
{
    struct book *book = user;
    struct row *row;

    switch (kind) {
    case LOG_FORGET:
        forget_all(book);
        return true;
    case LOG_HOST:
        return read_host(book, key, octets);
    case LOG_GONE:
        if ((row = rows_find(&book->rows, key)))
            rows_remove(&book->rows, row);
        return true;
    case LOG_ACT:
        return acts_read(book, key, octets);
    case LOG_KINDS:
        break;
    }
    return false;
}

static void trim(struct book *book)
{
    while (book->rows.over > ROWS_OVER)
        book_remove(book, book->rows.oldest);
}

static void publish_all(struct book *book)
{
    for (size_t i = 0; i < book->rows.bucket_count; i++)
        for (struct row *row = book->rows.buckets[i]; row; row = row->next)
            publish(book, row);
}

int book_open(const char *state_directory, const char *run_directory, struct armed_set *armed, struct book **ret,
              struct netboot_error *error)
{
    struct book *book = calloc(1, sizeof(*book));

    if (!book)
        return failure_no_memory(error);
    book->armed = armed;
    int code = rows_init(&book->rows);
    if (code == 0)
        code = log_open(&book->log, state_directory, run_directory, read_entry, book, &book->notice, error);
    if (code != 0) {
        rows_fini(&book->rows);
        free(book);
        return code;
    }
    trim(book);
    publish_all(book);
    book_raise_doubt(book);
    *ret = book;
    return 0;
}

const char *book_notice(const struct book *book)
{
    return book->notice.code != 0 ? book->notice.text : NULL;
}

void book_close(struct book *book)
{
    if (!book)
        return;
    while (book->takings)
        takings_drop_of_row(book, book->takings->row);
    log_close(&book->log);
    rows_fini(&book->rows);
    free(book->asked);
    free(book);
}

void book_raise_doubt(struct book *book)
{
    once_random((uint8_t *)&book->doubt, sizeof(book->doubt));
}

/* ---- Now and then */

static void add_act(const struct book_act *act, void *user)
{
    acts_write(act, user);
}

/* Those that are over come first, in their order, since the reader keeps the newest. */
static void rewrite(struct book *book)
{
    struct log_batch batch = {.octets = NULL};
    const struct rows *rows = &book->rows;

    for (const struct row *row = rows->oldest; row; row = row->newer)
        add_row(&batch, row);
    for (size_t i = 0; i < rows->bucket_count; i++)
        for (const struct row *row = rows->buckets[i]; row; row = row->next)
            if (!row->over)
                add_row(&batch, row);
    book_each_act(book, add_act, &batch);
    if (log_rewrite(&book->log, &batch) == 0)
        note_written(book);
    log_free(&batch);
}

void book_tidy(struct book *book)
{
    struct log_batch batch = {.octets = NULL};
    struct once_time now;

    may_fail(book_write(book, &batch));
    log_free(&batch);
    trim(book);
    once_clock(&now);
    if (book->log.end < REWRITE_SIZE || book->log.end < book->rows.octets * REWRITE_TIMES ||
        now.ms < book->rewrite_after)
        return;
    book->rewrite_after = now.ms + REWRITE_AGAIN_MS;
    rewrite(book);
}
