/* SPDX-License-Identifier: MPL-2.0 */
/* Forgets hosts that are gone, a few at a time. */
#include "once/inside.h"

#include "base/bytes.h"

#define SWEEP_MOST 256 /* gone ones, in one go */

struct sweep {
    struct row *gone[SWEEP_MOST];
    size_t count;
};

static bool is_gone(const struct row *row, bool (*is_there)(const struct control_host *host, void *user), void *user)
{
    struct once_record record;

    if (row_get(row, &record) != 0)
        return false;
    const struct control_host host = {.store = record.store, .born = record.born, .key = row->key};
    return !is_there(&host, user);
}

/* Bucket by bucket, from where it stopped. */
static void collect(struct book *book, struct sweep *sweep,
                    bool (*is_there)(const struct control_host *host, void *user), void *user, size_t budget)
{
    const struct rows *rows = &book->rows;

    for (size_t i = 0; i < rows->bucket_count; i++) {
        size_t seen = 0;
        book->sweep_at &= rows->bucket_count - 1;
        for (struct row *row = rows->buckets[book->sweep_at]; row && sweep->count < SWEEP_MOST; row = row->next) {
            if (is_gone(row, is_there, user))
                sweep->gone[sweep->count++] = row;
            seen++;
        }
        book->sweep_at++;
        if (seen >= budget || sweep->count == SWEEP_MOST)
            return;
        budget -= seen;
    }
}

size_t book_sweep(struct book *book, bool (*is_there)(const struct control_host *host, void *user), void *user,
                  size_t budget)
{
    struct sweep sweep = {.count = 0};
    struct log_batch batch = {.octets = NULL};
    int code = 0;

    collect(book, &sweep, is_there, user, budget);
    if (sweep.count > 0)
        code = book_write_gone(book, &batch, sweep.gone, sweep.count);
    log_free(&batch);
    return code == 0 ? sweep.count : 0;
}
