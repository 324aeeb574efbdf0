/* SPDX-License-Identifier: MPL-2.0 */
/* What is armed and what became of it, for people. */
#include "once/inside.h"

#include "base/bytes.h"
#include "once/clock.h"
#include "once/machine.h"

#include <errno.h>

void book_show(const struct once_record *record, uint64_t wall, struct netboot_once *ret)
{
    static const enum netboot_stage stages[] = {
        [ONCE_PXE4] = NETBOOT_STAGE_PXE,   [ONCE_PXE6] = NETBOOT_STAGE_PXE,   [ONCE_HTTP4] = NETBOOT_STAGE_HTTP,
        [ONCE_HTTP6] = NETBOOT_STAGE_HTTP, [ONCE_IPXE4] = NETBOOT_STAGE_IPXE, [ONCE_IPXE6] = NETBOOT_STAGE_IPXE,
    };

    *ret = (struct netboot_once){
        .state = once_state(record, wall),
        .until_done = record->until_done != 0,
        .tries = record->tries,
        .count = record->count,
        .window = (unsigned)(record->window / 1000),
        .armed = record->armed,
        .expires = record->expires,
        .started = record->started,
        .used = record->used,
        .done = record->done,
        .family = record->method % 2 == 0 ? NETBOOT_V4 : NETBOOT_V6,
        .stage = record->count > 0 && record->method < ONCE_METHODS ? stages[record->method] : NETBOOT_STAGE_NONE,
    };
    bytes_to_text(record->target, ret->target, sizeof(ret->target));
    bytes_to_text(record->by, ret->by, sizeof(ret->by));
    bytes_to_text(record->server, ret->server, sizeof(ret->server));
    bytes_to_text(record->file, ret->boot_file, sizeof(ret->boot_file));
}

static uint64_t wall(void)
{
    struct once_time now;

    once_clock(&now);
    return now.wall;
}

int book_find(const struct book *book, const struct control_host *host, struct netboot_once *ret)
{
    const struct row *row = rows_find(&book->rows, &host->key);
    struct once_record record;

    if (!row || row_get(row, &record) != 0 || !book_is_of(&record, host))
        return -ENOENT;
    book_show(&record, wall(), ret);
    return 0;
}

void book_each(const struct book *book,
               void (*each)(const struct control_host *host, const struct netboot_once *once, void *user), void *user)
{
    const struct rows *rows = &book->rows;
    struct once_record record;
    struct netboot_once once;
    uint64_t now = wall();

    for (size_t i = 0; i < rows->bucket_count; i++)
        for (const struct row *row = rows->buckets[i]; row; row = row->next) {
            if (row_get(row, &record) != 0)
                continue;
            const struct control_host host = {.store = record.store, .born = record.born, .key = row->key};
            book_show(&record, now, &once);
            each(&host, &once, user);
        }
}
