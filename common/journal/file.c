/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/file.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x6e65742d6a6f7572) /* "net-jour" */
#define ENTRY_MAGIC 0x6e6a656eu            /* "njen" */
#define MARK_OFFSET 2048
#define SECOND_HEADER_OFFSET 4096

/* Octets of an entry's header. */
enum {
    AT_MAGIC = 0,   /* 4 */
    AT_SIZE = 4,    /* 2, of the record */
    AT_ACCOUNT = 6, /* 1, and one that is 0 */
    AT_CHECK = 8,   /* over all that follows, and what precedes */
    AT_SEQUENCE = 16,
    AT_NUMBER = 24,
    AT_REPLACES = 32,
    AT_RESERVED = 40,
    AT_RECORD = JOURNAL_ENTRY_HEADER
};

const char *const journal_file_names[JOURNAL_FILES] = {[JOURNAL_KNOWN] = "known", [JOURNAL_STRANGERS] = "strangers"};

/* ---- Blocks of numbers that end with a check over them */

enum { HEADER_NUMBERS = 4, MARK_NUMBERS = 4, NUMBERS_MOST = 4 };

static int write_numbers(int fd, off_t offset, uint64_t secret, const uint64_t *numbers, size_t count)
{
    uint8_t octets[8 * (NUMBERS_MOST + 1)];

    for (size_t i = 0; i < count; i++)
        be_put64(octets + 8 * i, numbers[i]);
    be_put64(octets + 8 * count, hash64(secret, octets, 8 * count));
    ssize_t written = pwrite(fd, octets, 8 * (count + 1), offset);
    return written == (ssize_t)(8 * (count + 1)) ? 0 : written < 0 ? -errno : -ENOSPC;
}

static bool read_numbers(int fd, off_t offset, uint64_t secret, uint64_t *ret, size_t count)
{
    uint8_t octets[8 * (NUMBERS_MOST + 1)];

    if (pread(fd, octets, 8 * (count + 1), offset) != (ssize_t)(8 * (count + 1)) ||
        be_get64(octets + 8 * count) != hash64(secret, octets, 8 * count))
        return false;
    for (size_t i = 0; i < count; i++)
        ret[i] = be_get64(octets + 8 * i);
    return true;
}

/* ---- The file */

int journal_file_open(const char *directory, unsigned which, int flags, struct journal_file *ret)
{
    char path[4096];
    struct stat status;

    if ((size_t)snprintf(path, sizeof(path), "%s/journal/%s", directory, journal_file_names[which]) >= sizeof(path))
        return -ENAMETOOLONG;
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return -EBADMSG;
    }
    *ret = (struct journal_file){.fd = fd, .device = status.st_dev, .inode = status.st_ino};
    return 0;
}

void journal_file_close(struct journal_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct journal_file){.fd = -1};
}

int journal_file_read_header(struct journal_file *file)
{
    uint64_t numbers[HEADER_NUMBERS];

    if (!read_numbers(file->fd, 0, 0, numbers, HEADER_NUMBERS) &&
        !read_numbers(file->fd, SECOND_HEADER_OFFSET, 0, numbers, HEADER_NUMBERS))
        return -EBADMSG;
    if (numbers[0] == MAGIC && numbers[1] > JOURNAL_FORMAT)
        return -ENOTSUP;
    if (numbers[0] != MAGIC || numbers[1] != JOURNAL_FORMAT || numbers[3] % 8 != 0 ||
        numbers[3] < 4 * JOURNAL_ENTRY_MAX || numbers[3] > INT64_MAX / 2)
        return -EBADMSG;
    file->secret = numbers[2];
    file->capacity = numbers[3];
    return 0;
}

int journal_file_write_header(const struct journal_file *file)
{
    const uint64_t numbers[HEADER_NUMBERS] = {MAGIC, JOURNAL_FORMAT, file->secret, file->capacity};
    int code = write_numbers(file->fd, 0, 0, numbers, HEADER_NUMBERS);

    return code == 0 ? write_numbers(file->fd, SECOND_HEADER_OFFSET, 0, numbers, HEADER_NUMBERS) : code;
}

int journal_file_is_there(const char *directory, unsigned which, const struct journal_file *file)
{
    struct journal_file found = *file;
    char path[4096];
    struct stat status;

    snprintf(path, sizeof(path), "%s/journal/%s", directory, journal_file_names[which]);
    if (stat(path, &status) != 0)
        return errno != ENOENT && errno != ENOTDIR;
    if (status.st_dev != file->device || status.st_ino != file->inode)
        return false;
    int code = journal_file_read_header(&found);
    return code == -EBADMSG ? code : code == 0 && found.secret == file->secret && found.capacity == file->capacity;
}

bool journal_file_read_mark(const struct journal_file *file, struct journal_mark *ret)
{
    uint64_t numbers[MARK_NUMBERS];

    if (!read_numbers(file->fd, MARK_OFFSET, file->secret, numbers, MARK_NUMBERS))
        return false;
    *ret = (struct journal_mark){numbers[0], numbers[1], numbers[2], numbers[3]};
    return true;
}

int journal_file_write_mark(const struct journal_file *file, const struct journal_mark *mark)
{
    const uint64_t numbers[MARK_NUMBERS] = {mark->sequence, mark->head, mark->number, mark->dropped};

    return write_numbers(file->fd, MARK_OFFSET, file->secret, numbers, MARK_NUMBERS);
}

void journal_file_add_state(const struct journal_file *file, unsigned which, const struct journal_index *index,
                            struct netboot_journal_state *state)
{
    struct journal_mark mark = {0};

    if (file->fd >= 0)
        journal_file_read_mark(file, &mark);
    state->identity ^= hash64(file->secret, &file->inode, sizeof(file->inode));
    state->newest = index->newest;
    state->machines = index->machines;
    state->entries += index->files[which].entries;
    state->size += index->files[which].size;
    state->limit += file->fd >= 0 ? JOURNAL_RING_OFFSET + file->capacity : 0;
    state->dropped = mark.dropped > state->dropped ? mark.dropped : state->dropped;
}

/* ---- An entry */

static size_t entry_size(size_t record_size)
{
    return (AT_RECORD + record_size + 7) / 8 * 8;
}

/* Over all but the check itself. */
static uint64_t check_of(uint64_t secret, const uint8_t *octets, size_t size)
{
    return hash64(secret ^ be_get64(octets), octets + AT_SEQUENCE, size - AT_SEQUENCE);
}

size_t journal_entry_encode(const struct journal_file *file, const struct journal_entry_header *header,
                            struct netboot_bytes record, struct journal_row *ret)
{
    uint8_t *octets = ret->octets;
    size_t size = entry_size(record.size);

    memset(octets, 0, AT_RECORD);
    memset(octets + size - 8, 0, 8);
    memmove(octets + AT_RECORD, record.data, record.size);
    be_put32(octets + AT_MAGIC, ENTRY_MAGIC);
    be_put16(octets + AT_SIZE, (uint16_t)record.size);
    octets[AT_ACCOUNT] = header->account;
    be_put64(octets + AT_SEQUENCE, header->sequence);
    be_put64(octets + AT_NUMBER, header->number);
    be_put64(octets + AT_REPLACES, header->replaces);
    be_put64(octets + AT_CHECK, check_of(file->secret, octets, size));
    return size;
}

/* There is room for all that will ever be written. */
static bool is_countable(uint64_t number)
{
    return number > 0 && number < UINT64_MAX / 2;
}

/* The size of the entry that is at `octets`, or 0. */
static size_t entry_decode(const struct journal_file *file, const uint8_t *octets, size_t room,
                           struct journal_entry_header *ret, struct netboot_bytes *ret_record)
{
    if (room < AT_RECORD || be_get32(octets + AT_MAGIC) != ENTRY_MAGIC)
        return 0;
    size_t record = be_get16(octets + AT_SIZE), size = entry_size(record);
    if (record > JOURNAL_RECORD_MAX || size > room ||
        be_get64(octets + AT_CHECK) != check_of(file->secret, octets, size))
        return 0;
    *ret = (struct journal_entry_header){be_get64(octets + AT_SEQUENCE), be_get64(octets + AT_NUMBER),
                                         be_get64(octets + AT_REPLACES), octets[AT_ACCOUNT]};
    *ret_record = (struct netboot_bytes){octets + AT_RECORD, record};
    return is_countable(ret->sequence) && is_countable(ret->number) ? size : 0;
}

bool journal_file_read(const struct journal_file *file, uint64_t offset, size_t size, uint64_t number,
                       struct journal_row *row, struct journal_entry_header *ret_header, struct netboot_bytes *ret)
{
    struct journal_entry_header header;

    if (file->fd < 0 || size > sizeof(row->octets) ||
        pread(file->fd, row->octets, size, (off_t)(JOURNAL_RING_OFFSET + offset)) != (ssize_t)size ||
        entry_decode(file, row->octets, size, &header, ret) != size || header.number != number)
        return false;
    *ret_header = header;
    return true;
}

/* ---- Reading all */

#define CHUNK ((size_t)1 << 20)

struct loading {
    struct journal_file *file;
    unsigned which;
    struct journal_index *index;
    bool in_order; /* of time, as far as it was read */
    bool may_begin_elsewhere;
    uint64_t last; /* sequence number of the entry that was read last */
};

static int take_entry(struct loading *loading, uint64_t offset, size_t size, const struct journal_entry_header *header,
                      struct netboot_bytes octets)
{
    struct entry_record record;

    loading->in_order = loading->in_order && header->sequence > loading->last;
    loading->last = header->sequence;
    if (header->sequence > loading->file->sequence) {
        loading->file->sequence = header->sequence;
        loading->file->head = offset + size;
    }
    if ((!loading->in_order && loading->may_begin_elsewhere) || record_decode(&record_entry, octets, &record) != 0)
        return 0;
    return index_add(
        loading->index,
        &(struct journal_placed){loading->which, offset, header->number, header->replaces, size, header->account},
        &record);
}

/* Reads the entries that begin in these octets of the ring. What is damaged, or was never written, is passed over. */
static int scan(struct loading *loading, uint8_t *chunk, uint64_t from, uint64_t to)
{
    struct journal_entry_header header;
    struct netboot_bytes record;
    int code = 0;

    while (from < to && code == 0) {
        size_t wanted = smaller(CHUNK, loading->file->capacity - from), at = 0;
        ssize_t read = pread(loading->file->fd, chunk, wanted, (off_t)(JOURNAL_RING_OFFSET + from));
        size_t end = read > 0 ? (size_t)read / 8 * 8 : 0;
        bool is_last = end < CHUNK;
        while (at < end && from + at < to && (is_last || at + JOURNAL_ENTRY_MAX <= end) && code == 0) {
            size_t size = entry_decode(loading->file, chunk + at, end - at, &header, &record);
            if (size > 0)
                code = take_entry(loading, from + at, size, &header, record);
            at += size > 0 ? size : 8;
        }
        if (is_last && read >= 0)
            break;
        from += read < 0 ? 4096 : at; /* a block of the disk that cannot be read is passed over */
    }
    return code;
}

/* Entries have to be taken in the order of time, which begins where the newest one ends. That the mark tells, or else a
 * first reading. What is in no order even then was put there by somebody else: it is taken as it comes. */
int journal_file_load(struct journal_file *file, unsigned which, struct journal_index *index)
{
    struct journal_mark mark = {0};
    uint8_t *chunk = malloc(CHUNK);
    int code = chunk ? 0 : -ENOMEM;

    if (journal_file_read_mark(file, &mark) && mark.head <= file->capacity && mark.head % 8 == 0)
        file->head = mark.head;
    for (unsigned tries = 0; tries < 2 && code == 0; tries++) {
        struct loading loading = {
            .file = file, .which = which, .index = index, .in_order = true, .may_begin_elsewhere = tries == 0};
        uint64_t from = file->head;
        file->sequence = 0;
        index_forget_file(index, which);
        code = scan(&loading, chunk, from, file->capacity);
        if (code == 0)
            code = scan(&loading, chunk, 0, from);
        if (loading.in_order)
            break;
    }
    if (file->sequence < mark.sequence) /* the newest ones are lost: none is given anew */
        file->sequence = mark.sequence;
    free(chunk);
    return code;
}

/* What was written where the next entry was to go. */
static int follow_at(struct journal_file *file, unsigned which, struct journal_index *index, uint64_t offset)
{
    struct journal_entry_header header;
    struct netboot_bytes octets;
    struct entry_record record;
    struct journal_row row;
    size_t wanted = smaller(sizeof(row.octets), file->capacity - offset);
    ssize_t read = pread(file->fd, row.octets, wanted, (off_t)(JOURNAL_RING_OFFSET + offset));
    size_t size = read > 0 ? entry_decode(file, row.octets, (size_t)read, &header, &octets) : 0;

    if (size == 0 || header.sequence != file->sequence + 1) /* one from a later round is no way to go on */
        return 0;
    if (offset < file->head)
        index_overwrite(index, which, file->head, file->capacity);
    index_overwrite(index, which, offset, offset + size);
    file->sequence = header.sequence;
    file->head = offset + size;
    int code = record_decode(&record_entry, octets, &record);
    if (code == 0)
        code = index_add(index,
                         &(struct journal_placed){which, offset, header.number, header.replaces, size, header.account},
                         &record);
    return code == -ENOMEM ? code : 1;
}

int journal_file_follow(struct journal_file *file, unsigned which, struct journal_index *index)
{
    int code;

    do {
        if ((code = follow_at(file, which, index, file->head)) == 0 && file->head > 0)
            code = follow_at(file, which, index, 0);
    } while (code > 0);
    return code;
}
