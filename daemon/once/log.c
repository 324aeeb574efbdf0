/* SPDX-License-Identifier: MPL-2.0 */
#include "once/log.h"

#include "base/failure.h"
#include "once/clock.h"
#include "once/log_format.h"
#include "once/log_read.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NEW_NAME LOG_NAME ".new"
#define DAMAGED_NAME LOG_NAME ".damaged"

static uint64_t wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- Batches in memory */

size_t log_entry_size(size_t key_size, size_t octets)
{
    return ENTRY_HEAD + key_size + octets;
}

/* Room for so many more octets. */
static uint8_t *extend(struct log_batch *batch, size_t size)
{
    if (batch->room - batch->size < size) {
        size_t room = (batch->size + size) * 2 + 4096;
        uint8_t *octets = realloc(batch->octets, room);
        if (!octets) {
            batch->failed = true;
            return NULL;
        }
        batch->octets = octets;
        batch->room = room;
    }
    uint8_t *place = batch->octets + batch->size;
    batch->size += size;
    return place;
}

void log_add(struct log_batch *batch, enum log_kind kind, const struct store_key *key, struct netboot_bytes octets)
{
    uint8_t *entry;

    if (batch->failed || (batch->count == 0 && !extend(batch, BATCH_HEAD)) ||
        !(entry = extend(batch, log_entry_size(key->size, octets.size))))
        return;
    entry[ENTRY_KIND] = (uint8_t)kind;
    entry[ENTRY_KEY_SIZE] = (uint8_t)key->size;
    be_put16(entry + ENTRY_SIZE, (uint16_t)octets.size);
    memcpy(entry + ENTRY_HEAD, key->octets, key->size);
    if (octets.size > 0)
        memcpy(entry + ENTRY_HEAD + key->size, octets.data, octets.size);
    batch->count++;
}

void log_free(struct log_batch *batch)
{
    free(batch->octets);
    *batch = (struct log_batch){.octets = NULL};
}

/* Makes it what is written behind the batch with that serial and check. 0, or -ENOMEM, -EFBIG. */
static int seal(struct log_batch *batch, uint64_t serial, uint64_t chain)
{
    size_t end = BATCH_END + (8 - batch->size % 8) % 8;
    uint8_t *octets = extend(batch, end);

    if (!octets || batch->failed)
        return -ENOMEM;
    memset(octets, END_OCTET, end);
    if (batch->size > UINT32_MAX)
        return -EFBIG;
    octets = batch->octets;
    be_put32(octets + BATCH_MAGIC, BATCH_MAGIC_NUMBER);
    be_put32(octets + BATCH_SIZE, (uint32_t)batch->size);
    be_put64(octets + BATCH_SERIAL, serial);
    be_put64(octets + BATCH_WALL, wall_ns());
    be_put32(octets + BATCH_COUNT, batch->count);
    be_put32(octets + BATCH_FILL, UINT32_MAX);
    be_put64(octets + BATCH_CONTENT_CHECK, log_hash(chain, octets + BATCH_HEAD, batch->size - BATCH_HEAD));
    be_put64(octets + BATCH_CHECK, log_hash(0, octets, BATCH_CHECK));
    return 0;
}

/* ---- Writing */

static int write_at(int file, const uint8_t *octets, size_t size, uint64_t at)
{
    ssize_t put = pwrite(file, octets, size, (off_t)at);

    if (put < 0)
        return -errno;
    return (size_t)put == size ? 0 : -ENOSPC;
}

/* Says in the head that the file is touched now, lest its time be taken for that of an older one put back. */
static void touch(int file, uint64_t id)
{
    uint8_t octets[HEAD_SIZE - HEAD_TOUCHED];

    be_put64(octets, wall_ns());
    be_put64(octets + 8, log_hash(id, octets, 8));
    may_fail(write_at(file, octets, sizeof(octets), HEAD_TOUCHED));
}

/* Lost, it would only be missed by whoever puts an older file back. */
static void tell_run(const struct once_log *log)
{
    uint8_t octets[RUN_SIZE];

    be_put64(octets + RUN_ID, log->id);
    be_put64(octets + RUN_SERIAL, log->serial);
    be_put64(octets + RUN_CHECK, log_hash(0, octets, RUN_CHECK));
    if (log->run >= 0)
        may_fail(write_at(log->run, octets, sizeof(octets), 0));
}

/* Cuts off what a write that failed has left. */
static int cut(struct once_log *log)
{
    if (log->renamed && fsync(log->directory) != 0)
        return -errno;
    log->renamed = false;
    if (!log->dirty)
        return 0;
    touch(log->file, log->id);
    if (ftruncate(log->file, (off_t)log->end) != 0 || fdatasync(log->file) != 0)
        return -errno;
    log->dirty = false;
    return 0;
}

static int append(struct once_log *log, const struct log_batch *batch)
{
    int code = cut(log);

    if (code != 0)
        return code;
    log->dirty = true;
    touch(log->file, log->id);
    code = write_at(log->file, batch->octets, batch->size, log->end);
    if (code == 0 && fdatasync(log->file) != 0)
        code = -errno;
    if (code == 0)
        log->dirty = false;
    else
        may_fail(cut(log));
    return code;
}

int log_write(struct once_log *log, struct log_batch *batch)
{
    if (batch->count == 0 && !batch->failed)
        return 0;
    int code = batch->failed ? -ENOMEM : seal(batch, log->serial + 1, log->chain);
    if (code == 0)
        code = append(log, batch);
    if (code != 0)
        return code;
    log->serial++;
    log->chain = be_get64(batch->octets + BATCH_CHECK);
    log->end += batch->size;
    tell_run(log);
    return 0;
}

/* ---- A new file */

static int write_head(int file, struct once_log *next)
{
    uint8_t head[HEAD_SIZE] = {0};
    struct stat status;

    if (fstat(file, &status) != 0)
        return -errno;
    memcpy(head + HEAD_MAGIC, LOG_MAGIC, HEAD_FORMAT);
    be_put64(head + HEAD_FORMAT, LOG_FORMAT);
    be_put64(head + HEAD_INODE, (uint64_t)status.st_ino);
    be_put64(head + HEAD_ID, next->id);
    be_put64(head + HEAD_SERIAL, next->serial);
    be_put64(head + HEAD_CHECK, log_hash(0, head, HEAD_CHECK));
    next->chain = log_hash(next->id, head, HEAD_CHECK);
    next->end = HEAD_SIZE;
    return write_at(file, head, HEAD_SIZE, 0);
}

/* Writes a file that has only this batch, which may be empty. */
static int write_new(struct once_log *next, struct log_batch *batch)
{
    int code = write_head(next->file, next);

    if (code == 0 && batch->count > 0 && (code = seal(batch, next->serial + 1, next->chain)) == 0) {
        code = write_at(next->file, batch->octets, batch->size, next->end);
        next->serial++;
        next->chain = be_get64(batch->octets + BATCH_CHECK);
        next->end += batch->size;
    }
    touch(next->file, next->id);
    return code == 0 && fsync(next->file) != 0 ? -errno : code;
}

/* Renaming changes a file's time. From then on it is the one, and nothing more is written until the directory is on
 * disk. */
static int put_in_place(struct once_log *next)
{
    if (renameat(next->directory, NEW_NAME, next->directory, LOG_NAME) != 0)
        return -errno;
    touch(next->file, next->id);
    may_fail(fdatasync(next->file));
    next->renamed = true;
    may_fail(cut(next));
    return 0;
}

static int replace(struct once_log *log, uint64_t id, uint64_t serial, struct log_batch *batch)
{
    struct once_log next = {.directory = log->directory, .run = log->run, .id = id, .serial = serial};

    if (batch->failed)
        return -ENOMEM;
    next.file = openat(log->directory, NEW_NAME, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (next.file < 0)
        return -errno;
    int code = write_new(&next, batch);
    if (code == 0)
        code = put_in_place(&next);
    if (code != 0) {
        unlinkat(log->directory, NEW_NAME, 0);
        close(next.file);
        return code;
    }
    if (log->file >= 0)
        close(log->file);
    *log = next;
    tell_run(log);
    return 0;
}

int log_rewrite(struct once_log *log, struct log_batch *batch)
{
    return replace(log, log->id, log->serial, batch);
}

/* ---- Opening */

static int open_directory(const char *path, struct netboot_error *error)
{
    struct stat status;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return failure(error, -errno, "%s cannot be made: %s", path, strerror(errno));
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0)
        return failure(error, -errno, "%s cannot be opened: %s", path, strerror(errno));
    int code = 0;
    if (fstat(directory, &status) != 0 || status.st_uid != geteuid())
        code = failure(error, -EPERM, "%s belongs to another user than the one netbootd runs as", path);
    else if ((status.st_mode & 077) != 0 && fchmod(directory, 0700) != 0)
        code = failure(error, -errno, "%s cannot be closed to others: %s", path, strerror(errno));
    else if (flock(directory, LOCK_EX | LOCK_NB) != 0)
        code = failure(error, -EBUSY, "another netbootd is running with %s: only one may", path);
    if (code != 0)
        close(directory);
    return code == 0 ? directory : code;
}

static int open_run(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0)
        return -1;
    int run = openat(directory, RUN_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    close(directory);
    return run;
}

static int begin_anew(struct once_log *log, struct netboot_error *error)
{
    struct log_batch none = {.octets = NULL};
    uint64_t id;

    once_random((uint8_t *)&id, sizeof(id));
    int code = replace(log, id, 0, &none);
    return code == 0 ? 0 : failure(error, code, "the file of boot once cannot be made: %s", strerror(-code));
}

/* Takes what is in the file, or says why not. */
static int take(struct once_log *log, log_reader *reader, void *user, struct netboot_error *why)
{
    struct log_contents contents = {.octets = NULL};
    int code = log_read(log->file, &contents, why);

    if (code == 0 && !log_is_last(log->file, log->run, &contents, why))
        code = -ESTALE;
    if (code == 0 && !log_deliver(&contents, reader, user))
        code = failure(why, -EBADMSG, "it has entries that make no sense");
    log->id = contents.id;
    log->serial = contents.serial;
    log->chain = contents.chain;
    log->end = contents.end;
    log->dirty = contents.end < contents.size;
    free(contents.octets);
    return code;
}

static int give_up(struct once_log *log, const char *state_directory, const struct netboot_error *why,
                   struct netboot_error *notice, struct netboot_error *error)
{
    if (renameat(log->directory, LOG_NAME, log->directory, DAMAGED_NAME) != 0)
        return failure(error, -errno, "%s/" LOG_NAME " cannot be put aside: %s", state_directory, strerror(errno));
    int code = begin_anew(log, error);
    if (code == 0)
        failure(notice, -ESTALE,
                "%.150s/" LOG_NAME
                " is not what netbootd wrote last (%.100s): every host is disarmed, and the file is kept "
                "as " DAMAGED_NAME "; arm anew what is still to boot once",
                state_directory, why->text);
    return code;
}

static int open_file(struct once_log *log, const char *state_directory, log_reader *reader, void *user,
                     struct netboot_error *notice, struct netboot_error *error)
{
    struct netboot_error why = {0};
    struct stat status;

    unlinkat(log->directory, NEW_NAME, 0);
    log->file = openat(log->directory, LOG_NAME, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (log->file < 0 && errno == ENOENT)
        return begin_anew(log, error);
    if (log->file < 0 || fstat(log->file, &status) != 0 || !S_ISREG(status.st_mode))
        return failure(error, log->file < 0 ? -errno : -EINVAL, "%s/" LOG_NAME " cannot be opened: %s", state_directory,
                       log->file < 0 ? strerror(errno) : "it is no file");
    int code = take(log, reader, user, &why);
    if (code == -ENOMEM)
        return failure_no_memory(error);
    if (code != 0) {
        reader(user, LOG_FORGET, NULL, (struct netboot_bytes){NULL, 0});
        return give_up(log, state_directory, &why, notice, error);
    }
    tell_run(log);
    code = cut(log);
    return code == 0 ? 0
                     : failure(error, code, "%s/" LOG_NAME " cannot be written: %s", state_directory, strerror(-code));
}

int log_open(struct once_log *ret, const char *state_directory, const char *run_directory, log_reader *reader,
             void *user, struct netboot_error *notice, struct netboot_error *error)
{
    struct once_log log = {.file = -1, .run = -1};

    notice->code = 0;
    if ((log.directory = open_directory(state_directory, error)) < 0)
        return log.directory;
    log.run = open_run(run_directory);
    int code = open_file(&log, state_directory, reader, user, notice, error);
    if (code == 0)
        *ret = log;
    else
        log_close(&log);
    return code;
}

void log_close(struct once_log *log)
{
    if (log->file >= 0)
        close(log->file);
    if (log->run >= 0)
        close(log->run);
    if (log->directory >= 0)
        close(log->directory);
    log->file = log->run = log->directory = -1;
}
