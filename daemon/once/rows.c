/* SPDX-License-Identifier: MPL-2.0 */
#include "once/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_FIRST 1024

int rows_init(struct rows *rows)
{
    *rows = (struct rows){.bucket_count = BUCKETS_FIRST};
    rows->buckets = calloc(rows->bucket_count, sizeof(struct row *));
    return rows->buckets ? 0 : -ENOMEM;
}

static struct row **bucket_of(const struct rows *rows, const struct store_key *key)
{
    return &rows->buckets[armed_hash(key) & (rows->bucket_count - 1)];
}

static void free_row(struct row *row)
{
    free(row->octets_before);
    free(row->octets);
    free(row);
}

void rows_fini(struct rows *rows)
{
    for (size_t i = 0; i < rows->bucket_count && rows->buckets; i++)
        for (struct row *row = rows->buckets[i], *next; row; row = next) {
            next = row->next;
            free_row(row);
        }
    free(rows->buckets);
}

struct row *rows_find(const struct rows *rows, const struct store_key *key)
{
    for (struct row *row = *bucket_of(rows, key); row; row = row->next)
        if (key_equals(&row->key, key->octets, key->size))
            return row;
    return NULL;
}

/* Without memory it stays as it is, which only costs time. */
static void grow(struct rows *rows)
{
    struct rows wider = {.bucket_count = rows->bucket_count * 2};

    if (rows->count < rows->bucket_count || !(wider.buckets = calloc(wider.bucket_count, sizeof(struct row *))))
        return;
    for (size_t i = 0; i < rows->bucket_count; i++)
        for (struct row *row = rows->buckets[i], *next; row; row = next) {
            struct row **bucket = bucket_of(&wider, &row->key);
            next = row->next;
            row->next = *bucket;
            *bucket = row;
        }
    free(rows->buckets);
    rows->buckets = wider.buckets;
    rows->bucket_count = wider.bucket_count;
}

struct row *rows_add(struct rows *rows, const struct store_key *key)
{
    struct row *row = calloc(1, sizeof(*row));

    if (!row)
        return NULL;
    grow(rows);
    row->key = *key;
    row->fresh = true;
    row->next = *bucket_of(rows, key);
    *bucket_of(rows, key) = row;
    rows->count++;
    return row;
}

static void drop_from(struct row **list, struct row *row, size_t offset)
{
    while (*list && *list != row)
        list = (struct row **)((char *)*list + offset);
    if (*list)
        *list = *(struct row **)((char *)row + offset);
}

static size_t weight(const struct row *row)
{
    return row->octets ? log_entry_size(row->key.size, row->size) : 0;
}

void rows_remove(struct rows *rows, struct row *row)
{
    if (row->changed)
        drop_from(&rows->changed, row, offsetof(struct row, next_changed));
    if (row->listed)
        drop_from(&rows->unwritten, row, offsetof(struct row, next_unwritten));
    rows_unlink_over(rows, row);
    drop_from(bucket_of(rows, &row->key), row, offsetof(struct row, next));
    rows->octets -= weight(row);
    rows->count--;
    free_row(row);
}

/* ---- Changes */

int row_get(const struct row *row, struct once_record *ret)
{
    return stored_read((struct netboot_bytes){row->octets, row->size}, ret);
}

static void begin_change(struct rows *rows, struct row *row)
{
    if (row->changed) {
        rows->octets -= weight(row);
        free(row->octets);
        return;
    }
    rows->octets -= weight(row);
    row->changed = true;
    row->octets_before = row->octets;
    row->size_before = row->size;
    row->unwritten_before = row->unwritten;
    row->next_changed = rows->changed;
    rows->changed = row;
}

static void set_unwritten(struct rows *rows, struct row *row)
{
    row->unwritten = true;
    if (row->listed)
        return;
    row->listed = true;
    row->next_unwritten = rows->unwritten;
    rows->unwritten = row;
}

bool row_put_octets(struct rows *rows, struct row *row, struct netboot_bytes octets, bool write)
{
    uint8_t *copy = malloc(octets.size);

    if (!copy)
        return false;
    memcpy(copy, octets.data, octets.size);
    begin_change(rows, row);
    row->octets = copy;
    row->size = octets.size;
    rows->octets += weight(row);
    if (write)
        set_unwritten(rows, row);
    return true;
}

bool row_put(struct rows *rows, struct row *row, struct once_record *record, bool write)
{
    uint8_t octets[ONCE_RECORD_MAX];
    ssize_t size = stored_write(record, octets);

    return size > 0 && row_put_octets(rows, row, (struct netboot_bytes){octets, (size_t)size}, write);
}

static struct row *take_changed(struct rows *rows)
{
    struct row *row = rows->changed;

    if (row) {
        rows->changed = row->next_changed;
        row->changed = false;
    }
    return row;
}

void rows_keep(struct rows *rows)
{
    for (struct row *row; (row = take_changed(rows));) {
        free(row->octets_before);
        row->octets_before = NULL;
        row->fresh = false;
    }
}

void rows_undo(struct rows *rows)
{
    for (struct row *row; (row = take_changed(rows));) {
        if (row->fresh) {
            rows_remove(rows, row);
            continue;
        }
        rows->octets -= weight(row);
        free(row->octets);
        row->octets = row->octets_before;
        row->size = row->size_before;
        row->octets_before = NULL;
        row->unwritten = row->unwritten_before;
        rows->octets += weight(row);
    }
}

/* ---- Those that are over */

void rows_link_over(struct rows *rows, struct row *row)
{
    rows_unlink_over(rows, row);
    row->over = true;
    row->older = rows->newest;
    *(rows->newest ? &rows->newest->newer : &rows->oldest) = row;
    rows->newest = row;
    rows->over++;
}

void rows_unlink_over(struct rows *rows, struct row *row)
{
    if (!row->over)
        return;
    *(row->older ? &row->older->newer : &rows->oldest) = row->newer;
    *(row->newer ? &row->newer->older : &rows->newest) = row->older;
    row->older = row->newer = NULL;
    row->over = false;
    rows->over--;
}
