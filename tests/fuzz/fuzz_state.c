/* SPDX-License-Identifier: MPL-2.0 */
/*
 * netbootd's state as it is opened: a file of any content. Whatever is in it, it is opened or put aside, and what is
 * then known can be shown.
 *
 * Input: an octet; 0: the octets behind the head of a state in which nothing ever happened. Else: what is in one batch
 * of so many entries, of which all checks are right, so that the entries themselves are read.
 */
#include "check.h"
#include "scratch.h"

#include "once/book.h"
#include "once/log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[SCRATCH_SIZE], state[SCRATCH_SIZE + 16], run[SCRATCH_SIZE + 16], file[SCRATCH_SIZE + 32];
static uint8_t head[4096], zeros[65536];
static size_t head_size;

static void end(void)
{
    scratch_remove(directory);
}

static struct book *open_book(struct armed_set *armed)
{
    struct netboot_error error = {0};
    struct book *book = NULL;

    check(armed_create(armed, &error) == 0, error.text);
    int code = book_open(state, run, armed, &book, &error);
    check(code == 0 && book, error.text);
    return book;
}

/* The head of a state in which nothing ever happened. */
static void begin(void)
{
    struct armed_set armed;

    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    scratch_make(directory);
    atexit(end);
    snprintf(state, sizeof(state), "%s/state", directory);
    snprintf(run, sizeof(run), "%s/run", directory);
    snprintf(file, sizeof(file), "%s/once", state);
    check(mkdir(run, 0700) == 0, "run");
    book_close(open_book(&armed));
    armed_close(&armed);
    int fd = open(file, O_RDONLY);
    ssize_t read_size = read(fd, head, sizeof(head));
    check(read_size > 0, "head");
    head_size = (size_t)read_size;
    close(fd);
}

static void count(const struct control_host *host, const struct netboot_once *once, void *user)
{
    check(host->key.size > 1 && host->key.size <= KEY_SIZE, "key");
    check(memchr(once->target, '\0', sizeof(once->target)) && memchr(once->boot_file, '\0', sizeof(once->boot_file)),
          "texts end");
    ++*(size_t *)user;
}

static void count_act(const struct book_act *act, void *user)
{
    check(act->kind >= ACT_ARM && act->kind <= ACT_DONE && memchr(act->by, '\0', sizeof(act->by)), "act");
    ++*(size_t *)user;
}

static void write_behind_head(const uint8_t *data, size_t size)
{
    int fd = open(file, O_WRONLY | O_TRUNC | O_CREAT, 0600);

    check(fd >= 0 && write(fd, head, head_size) == (ssize_t)head_size && write(fd, data, size) == (ssize_t)size,
          "write");
    close(fd);
}

static bool pass_over(void *user, enum log_kind kind, const struct store_key *key, struct netboot_bytes octets)
{
    (void)user;
    (void)kind;
    (void)key;
    (void)octets;
    return true;
}

static void write_batch(uint32_t count, const uint8_t *data, size_t size)
{
    struct log_batch batch = {.count = 0};
    const struct store_key any = {.size = 2, .octets = "M"};
    struct netboot_error notice, error = {0};
    struct once_log log;

    unlink(file);
    check(log_open(&log, state, run, pass_over, NULL, &notice, &error) == 0, error.text);
    /* As large as the input, which then takes the place of what is in it. */
    size_t whole = size > log_entry_size(any.size, 0) ? size : log_entry_size(any.size, 0);
    log_add(&batch, LOG_GONE, &any, (struct netboot_bytes){zeros, whole - log_entry_size(any.size, 0)});
    check(!batch.failed, "memory");
    memcpy(batch.octets + batch.size - whole, data, size);
    batch.size -= whole - size;
    batch.count = count;
    check(log_write(&log, &batch) == 0, "a batch is written");
    log_free(&batch);
    log_close(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct armed_set armed;
    size_t hosts = 0, acts = 0;

    if (!directory[0])
        begin();
    if (size == 0 || size > sizeof(zeros))
        return 0;
    if (data[0] == 0)
        write_behind_head(data + 1, size - 1);
    else
        write_batch(data[0], data + 1, size - 1);
    struct book *book = open_book(&armed);
    book_each(book, count, &hosts);
    book_each_act(book, count_act, &acts);
    check(armed.count <= hosts, "nothing is armed but what is known");
    book_tidy(book);
    book_close(book);
    armed_close(&armed);
    return 0;
}
