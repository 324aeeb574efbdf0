/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reading the log, and what it takes to believe it.
 *
 * A crash may leave a batch behind the last good one: cut short, or with whole sectors that were never written, which
 * are zero then. That, and nothing else, is cut off: a batch that is there but for one wrong octet may be the mark of a
 * boot.
 */
#include "once/log_read.h"

#include "base/failure.h"
#include "once/log_format.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define FILE_MOST (UINT64_C(1) << 30)
#define SECOND_NS UINT64_C(1000000000)

/* ---- Batches */

static bool head_is_sound(const uint8_t *octets, size_t size)
{
    return size >= BATCH_HEAD && be_get32(octets + BATCH_MAGIC) == BATCH_MAGIC_NUMBER &&
           be_get64(octets + BATCH_CHECK) == log_hash(0, octets, BATCH_CHECK);
}

/* The size of the batch, which follows those read so far; 0: it is not whole. */
static size_t batch_size(const struct log_contents *contents)
{
    const uint8_t *octets = contents->octets + contents->end;
    size_t room = contents->size - contents->end;

    if (!head_is_sound(octets, room) || be_get64(octets + BATCH_SERIAL) != contents->serial + 1)
        return 0;
    size_t size = be_get32(octets + BATCH_SIZE);
    if (size < BATCH_HEAD + BATCH_END || size % 8 != 0 || size > room)
        return 0;
    bool sound =
        be_get64(octets + BATCH_CONTENT_CHECK) == log_hash(contents->chain, octets + BATCH_HEAD, size - BATCH_HEAD);
    return sound ? size : 0;
}

/* ---- The tail */

static bool has_empty_sector(const struct log_contents *contents, size_t from, size_t to)
{
    while (from < to) {
        size_t next = smaller((from / SECTOR + 1) * SECTOR, to);
        if (is_zero(contents->octets + from, next - from))
            return true;
        from = next;
    }
    return false;
}

/* Whether the head of a later batch follows: then what is before it was whole once. */
static bool is_followed(const struct log_contents *contents)
{
    for (size_t at = contents->end + 8; at + BATCH_HEAD <= contents->size; at += 8)
        if (head_is_sound(contents->octets + at, contents->size - at) &&
            be_get64(contents->octets + at + BATCH_SERIAL) > contents->serial)
            return true;
    return false;
}

/* Whether what follows the last whole batch is one that a crash broke off. */
static bool is_torn(const struct log_contents *contents)
{
    size_t room = contents->size - contents->end;
    const uint8_t *octets = contents->octets + contents->end;

    if (is_followed(contents))
        return false;
    if (room < BATCH_HEAD)
        return true;
    if (!head_is_sound(octets, room))
        return has_empty_sector(contents, contents->end, contents->end + BATCH_HEAD);
    size_t size = be_get32(octets + BATCH_SIZE);
    return be_get64(octets + BATCH_SERIAL) == contents->serial + 1 &&
           (size > room || has_empty_sector(contents, contents->end, contents->end + size));
}

/* ---- The file */

static int read_all(int file, struct log_contents *ret, struct netboot_error *why)
{
    struct stat status;
    size_t done = 0;

    if (fstat(file, &status) != 0 || (uint64_t)status.st_size > FILE_MOST || status.st_size < HEAD_SIZE)
        return failure(why, -EBADMSG, "it has %lld octets", (long long)status.st_size);
    ret->size = (size_t)status.st_size;
    if (!(ret->octets = malloc(ret->size)))
        return failure(why, -ENOMEM, "there is no memory to read it");
    while (done < ret->size) {
        ssize_t got = pread(file, ret->octets + done, ret->size - done, (off_t)done);
        if (got <= 0)
            return failure(why, -EBADMSG, "it cannot be read: %s", got < 0 ? strerror(errno) : "it is cut short");
        done += (size_t)got;
    }
    return 0;
}

static int read_head(int file, struct log_contents *ret, struct netboot_error *why)
{
    const uint8_t *head = ret->octets;
    struct stat status;

    if (memcmp(head + HEAD_MAGIC, LOG_MAGIC, HEAD_FORMAT) != 0 ||
        be_get64(head + HEAD_CHECK) != log_hash(0, head, HEAD_CHECK))
        return failure(why, -EBADMSG, "its head is damaged");
    if (be_get64(head + HEAD_FORMAT) != LOG_FORMAT)
        return failure(why, -EBADMSG, "it has format %llu, not %d", (unsigned long long)be_get64(head + HEAD_FORMAT),
                       LOG_FORMAT);
    if (fstat(file, &status) != 0 || be_get64(head + HEAD_INODE) != (uint64_t)status.st_ino)
        return failure(why, -EBADMSG, "it is a copy: its head names another inode");
    ret->id = be_get64(head + HEAD_ID);
    ret->serial = be_get64(head + HEAD_SERIAL);
    ret->chain = log_hash(ret->id, head, HEAD_CHECK);
    ret->end = HEAD_SIZE;
    if (be_get64(head + HEAD_TOUCHED_CHECK) == log_hash(ret->id, head + HEAD_TOUCHED, 8))
        ret->touched = be_get64(head + HEAD_TOUCHED);
    return 0;
}

int log_read(int file, struct log_contents *ret, struct netboot_error *why)
{
    size_t size;
    int code = read_all(file, ret, why);

    if (code == 0)
        code = read_head(file, ret, why);
    if (code != 0)
        return code;
    while ((size = batch_size(ret)) > 0) {
        const uint8_t *batch = ret->octets + ret->end;
        ret->serial++;
        ret->written = be_get64(batch + BATCH_WALL);
        ret->chain = be_get64(batch + BATCH_CHECK);
        ret->end += size;
    }
    if (ret->end < ret->size && !is_torn(ret))
        return failure(why, -EBADMSG, "it is damaged at octet %zu", ret->end);
    return 0;
}

/* ---- Whether it is the last one */

static uint64_t ns_of(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * SECOND_NS + (uint64_t)time->tv_nsec;
}

/* A file that is put back keeps its own time, or gets one of its own. The kernel's time stamps lag behind by up to a
 * tick. Before a batch is written the head says so: where a crash broke it off, its time fits as well, unless the head
 * did not reach the disk. Then what is armed goes, which is the safe side. */
static bool times_fit(const struct stat *status, const struct log_contents *contents, struct netboot_error *why)
{
    uint64_t touched = contents->touched > 0 ? contents->touched : contents->written;

    if (ns_of(&status->st_mtim) + SECOND_NS < contents->written) {
        failure(why, -ESTALE, "its time is before what was written last");
        return false;
    }
    if (ns_of(&status->st_ctim) > touched + 10 * SECOND_NS) {
        failure(why, -ESTALE, "it was changed after what was written last");
        return false;
    }
    return true;
}

/* False: that netbootd wrote more since this machine started. */
static bool run_fits(int run, const struct log_contents *contents, struct netboot_error *why)
{
    uint8_t octets[RUN_SIZE];

    if (run < 0 || pread(run, octets, RUN_SIZE, 0) != RUN_SIZE ||
        be_get64(octets + RUN_CHECK) != log_hash(0, octets, RUN_CHECK))
        return true;
    if (be_get64(octets + RUN_ID) == contents->id && be_get64(octets + RUN_SERIAL) <= contents->serial)
        return true;
    failure(why, -ESTALE, "it lacks what was written since this machine started");
    return false;
}

bool log_is_last(int file, int run, const struct log_contents *contents, struct netboot_error *why)
{
    struct stat status;

    if (fstat(file, &status) != 0) {
        failure(why, -errno, "it has no times");
        return false;
    }
    return run_fits(run, contents, why) && times_fit(&status, contents, why);
}

/* ---- Entries */

static bool deliver_batch(struct netboot_bytes rest, uint32_t count, log_reader *reader, void *user)
{
    for (; count > 0; count--) {
        struct store_key key = {.size = 0};
        if (rest.size < ENTRY_HEAD)
            return false;
        unsigned kind = rest.data[ENTRY_KIND];
        size_t size = be_get16(rest.data + ENTRY_SIZE);
        key.size = rest.data[ENTRY_KEY_SIZE];
        if (kind == LOG_FORGET || kind >= LOG_KINDS || key.size > KEY_SIZE || rest.size - ENTRY_HEAD < key.size + size)
            return false;
        memcpy(key.octets, rest.data + ENTRY_HEAD, key.size);
        rest = bytes_after(rest, ENTRY_HEAD + key.size);
        if (!reader(user, (enum log_kind)kind, &key, (struct netboot_bytes){rest.data, size}))
            return false;
        rest = bytes_after(rest, size);
    }
    return true;
}

bool log_deliver(const struct log_contents *contents, log_reader *reader, void *user)
{
    for (size_t at = HEAD_SIZE; at < contents->end;) {
        const uint8_t *batch = contents->octets + at;
        size_t size = be_get32(batch + BATCH_SIZE);
        struct netboot_bytes content = {batch + BATCH_HEAD, size - BATCH_HEAD - BATCH_END};
        if (!deliver_batch(content, be_get32(batch + BATCH_COUNT), reader, user))
            return false;
        at += size;
    }
    return true;
}
