/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/ring_file.h"

#include "base/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define JOURNAL_COPIES 16 /* with each entry; a machine may write longer ones than others */

/* ---- Writing */

static ssize_t write_at(const struct ring_file *file, uint64_t offset, const void *octets, size_t size)
{
    ssize_t written = pwrite(file->file.fd, octets, size, (off_t)(JOURNAL_RING_OFFSET + offset));

    return written == (ssize_t)size ? 0 : written < 0 ? -errno : -ENOSPC;
}

/* At the head, in place of whatever was there. */
static int place(struct ring_file *file, struct journal_index *index, struct journal_entry_header *header,
                 struct netboot_bytes record, uint64_t *ret_offset, size_t *ret_size)
{
    static const uint8_t zeros[JOURNAL_ENTRY_MAX];
    struct journal_file *ring = &file->file;
    struct journal_row row;
    ssize_t code = 0;

    header->sequence = ring->sequence + 1;
    size_t size = journal_entry_encode(ring, header, record, &row);
    if (size > ring->capacity - ring->head) {
        index_overwrite(index, file->which, ring->head, ring->capacity);
        if ((code = write_at(file, ring->head, zeros, ring->capacity - ring->head)) != 0)
            return (int)code;
        ring->head = 0;
    }
    index_overwrite(index, file->which, ring->head, ring->head + size);
    file->marked = false;
    if ((code = write_at(file, ring->head, row.octets, size)) != 0)
        return (int)code;
    ring->sequence++;
    *ret_offset = ring->head;
    *ret_size = size;
    ring->head += size;
    return 0;
}

/* ---- What is copied forward */

static uint64_t most_wanted(const struct ring_file *file)
{
    return file->file.capacity / 2;
}

size_t ring_file_share(const struct ring_file *file, const struct journal_index *index)
{
    uint64_t size = index->files[file->which].size, entries = index->files[file->which].entries;
    size_t accounts = index->files[file->which].accounts;

    if (!file->copies || size <= most_wanted(file) || accounts == 0)
        return JOURNAL_MACHINE_ENTRIES;
    size_t share = most_wanted(file) / (size / entries) / accounts;
    return share < 1 ? 1 : share < JOURNAL_MACHINE_ENTRIES ? share : JOURNAL_MACHINE_ENTRIES;
}

/* The octets between the head and the first entry that is wanted. */
static uint64_t gap(const struct ring_file *file, const struct journal_index *index)
{
    const struct journal_item *oldest = index->files[file->which].oldest;
    uint64_t capacity = file->file.capacity;

    return oldest ? (oldest->offset + capacity - file->file.head) % capacity : capacity;
}

static bool is_wanted(const struct ring_file *file, const struct journal_index *index, const struct journal_item *item)
{
    const struct journal_key *account = item_account(item);
    uint64_t size = index->files[file->which].size;

    if (size <= most_wanted(file))
        return true;
    return size <= file->file.capacity / 8 * 5 && account &&
           account->accounted[file->which] <= ring_file_share(file, index);
}

static void copy_forward(struct ring_file *file, struct journal_index *index, struct journal_item *item)
{
    struct journal_entry_header header;
    struct netboot_bytes record;
    struct journal_row row;
    uint64_t offset;
    size_t size;

    bool is_read = journal_file_read(&file->file, item->offset, item->size, item->number, &row, &header, &record);
    index_take_out(index, item);
    header.replaces = 0;
    if (is_read && place(file, index, &header, record, &offset, &size) == 0) {
        index_put_last(index, item, offset);
        return;
    }
    index_put_last(index, item, item->offset);
    index_forget(index, item);
}

/* What is near the head goes in any case: before a restart it was forgotten already. */
static void make_room(struct ring_file *file, struct journal_index *index)
{
    const uint64_t least = 4 * JOURNAL_ENTRY_MAX, enough = file->file.capacity / 8;
    struct journal_item *item;

    for (unsigned i = 0; (item = index->files[file->which].oldest); i++) {
        uint64_t room = gap(file, index);
        if (room >= enough || (room >= least && i >= JOURNAL_COPIES))
            return;
        if (room >= least && is_wanted(file, index, item))
            copy_forward(file, index, item);
        else
            index_forget(index, item);
    }
}

int ring_file_append(struct ring_file *file, struct journal_index *index, struct journal_entry_header *header,
                     struct netboot_bytes record, struct journal_placed *ret)
{
    if (file->file.fd < 0)
        return -EBADF;
    if (file->copies)
        make_room(file, index);
    *ret = (struct journal_placed){
        .file = file->which, .number = header->number, .replaces = header->replaces, .account = header->account};
    return place(file, index, header, record, &ret->offset, &ret->size);
}

int ring_file_mark(struct ring_file *file, uint64_t number, uint64_t dropped)
{
    const struct journal_mark mark = {file->file.sequence, file->file.head, number, dropped};
    int code = file->marked || file->file.fd < 0 ? 0 : journal_file_write_mark(&file->file, &mark);

    file->marked = code == 0;
    return code;
}

void ring_file_close(struct ring_file *file)
{
    journal_file_close(&file->file);
}

/* ---- Opening */

static void path_of(const char *directory, unsigned which, const char *suffix, char ret[4096])
{
    snprintf(ret, 4096, "%s/journal/%s%s", directory, journal_file_names[which], suffix);
}

static int move(const char *directory, unsigned which, const char *from_suffix, const char *to_suffix)
{
    char from[4096], to[4096];

    path_of(directory, which, from_suffix, from);
    path_of(directory, which, to_suffix, to);
    return rename(from, to) == 0 ? 0 : -errno;
}

/* An empty file that is open. */
static int make(struct ring_file *file, const char *directory, uint64_t capacity)
{
    int code;

    journal_file_close(&file->file);
    if ((code = journal_file_open(directory, file->which, O_RDWR | O_CREAT | O_EXCL, &file->file)) != 0)
        return code;
    if (getrandom(&file->file.secret, sizeof(file->file.secret), 0) != sizeof(file->file.secret))
        return -EIO;
    file->file.capacity = capacity;
    return journal_file_write_header(&file->file);
}

/* The entries of a file of another size, the oldest first. */
static int copy_entries(struct ring_file *file, struct journal_index *index, const struct journal_file *old,
                        const struct journal_index *from)
{
    struct journal_entry_header header;
    struct entry_record record;
    struct netboot_bytes octets;
    struct journal_placed placed;
    struct journal_row row;
    int code = 0;

    for (struct journal_item *item = from->files[file->which].oldest; item && code == 0; item = item->newer) {
        if (!journal_file_read(old, item->offset, item->size, item->number, &row, &header, &octets) ||
            record_decode(&record_entry, octets, &record) != 0)
            continue;
        header.replaces = 0;
        if ((code = ring_file_append(file, index, &header, octets, &placed)) == 0)
            code = index_add(index, &placed, &record);
    }
    return code;
}

/* Under another name first: kill -9 at any moment leaves one of both, or the other. */
static int change_size(struct ring_file *file, const char *directory, uint64_t capacity, struct journal_index *index)
{
    struct journal_file old = file->file;
    struct journal_index from;
    int code = index_init(&from, old.capacity);

    file->file = (struct journal_file){.fd = -1};
    if (code == 0)
        code = journal_file_load(&old, file->which, &from);
    if (code == 0)
        code = move(directory, file->which, "", ".old");
    if (code == 0 && (code = make(file, directory, capacity)) == 0)
        code = copy_entries(file, index, &old, &from);
    if (code == 0) {
        char path[4096];
        path_of(directory, file->which, ".old", path);
        unlink(path);
    } else {
        index_forget_file(index, file->which);
        may_fail(move(directory, file->which, ".old", ""));
    }
    if (from.buckets > 0)
        index_fini(&from);
    journal_file_close(&old);
    return code;
}

static int open_existing(struct ring_file *file, const char *directory, uint64_t capacity, struct journal_index *index)
{
    int code = journal_file_read_header(&file->file);

    if (code == -EBADMSG) {
        code = move(directory, file->which, "", ".damaged");
        return code == 0 ? make(file, directory, capacity) : code;
    }
    if (code == 0 && file->file.capacity != capacity)
        return change_size(file, directory, capacity, index);
    return code == 0 ? journal_file_load(&file->file, file->which, index) : code;
}

int ring_file_open(struct ring_file *file, const char *directory, unsigned which, uint64_t size,
                   struct journal_index *index)
{
    uint64_t capacity = (size - JOURNAL_RING_OFFSET) / 8 * 8;
    char path[4096], old[4096];

    *file = (struct ring_file){.file = {.fd = -1}, .which = which, .copies = which == JOURNAL_KNOWN};
    path_of(directory, which, "", path);
    path_of(directory, which, ".old", old);
    if (access(old, F_OK) == 0) /* a change of the size did not come to its end */
        may_fail(rename(old, path));
    int code = journal_file_open(directory, which, O_RDWR, &file->file);
    if (code == -ENOENT)
        code = make(file, directory, capacity);
    else if (code == 0)
        code = open_existing(file, directory, capacity, index);
    if (code != 0)
        ring_file_close(file);
    return code;
}
