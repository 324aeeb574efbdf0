/* SPDX-License-Identifier: MPL-2.0 */
#include "lines.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES 8
#define BATCH_LINES 64

struct batch {
    struct arena memory;
    unsigned count;
    bool last;
    struct line lines[BATCH_LINES];
};

struct lines {
    struct input *input;
    struct line_reader reader;
    pthread_t thread;
    unsigned position; /* in the batch that is handed out */
    int status;
    pthread_mutex_t mutex; /* protects all members below */
    pthread_cond_t changed;
    uint64_t made, taken; /* batches */
    bool stop;
    struct batch batches[BATCHES];
};

/* ---- The thread ------------------------------------------------------------------------------------------------- */

static void batch_clear(struct batch *batch)
{
    batch->count = 0;
    arena_reset(&batch->memory);
}

/* Keeps a line that is wrong, with its reason. */
static void line_keep_wrong(struct batch *batch, struct line *line, int status, const char *reason)
{
    size_t size = strlen(reason) + 1;
    char *copy = arena_take(&batch->memory, size);

    if (copy)
        memcpy(copy, reason, size);
    line->status = status;
    line->reason = copy ? copy : "out of memory";
    batch->count++;
}

/* Reads one line into the batch. False after the last one. */
static bool line_read(struct lines *lines, struct batch *batch)
{
    struct line *line = &batch->lines[batch->count];
    struct netboot_error error;
    char *text;
    size_t size;
    int got = input_next(lines->input, &text, &size), status;

    line->number = lines->input->line;
    line->consumed = lines->input->consumed;
    if (got == -E2BIG) {
        line_keep_wrong(batch, line, got, "the line is too long: at most 1 MiB");
        return true;
    }
    if (got <= 0) {
        lines->status = got;
        return false;
    }
    status = line_parse(&lines->reader, line->number, text, size, &batch->memory, &line->record, &error);
    if (status < 0)
        line_keep_wrong(batch, line, status, error.text);
    if (status == 1) {
        line->status = 1;
        batch->count++;
    }
    /* Without its first line, a CSV file has no meaning. */
    return status >= 0 || status == -EINVAL;
}

/* The batch to fill next, once it is free; NULL: the thread must stop. */
static struct batch *batch_take(struct lines *lines)
{
    pthread_mutex_lock(&lines->mutex);
    while (!lines->stop && lines->made - lines->taken == BATCHES)
        pthread_cond_wait(&lines->changed, &lines->mutex);
    struct batch *ret = lines->stop ? NULL : &lines->batches[lines->made % BATCHES];
    pthread_mutex_unlock(&lines->mutex);
    return ret;
}

static void batch_give(struct lines *lines)
{
    pthread_mutex_lock(&lines->mutex);
    lines->made++;
    pthread_cond_signal(&lines->changed);
    pthread_mutex_unlock(&lines->mutex);
}

static void *lines_run(void *user)
{
    struct lines *lines = user;
    struct batch *batch;
    bool more = true;

    /* input.c lets itself be cancelled where it waits, and nothing else does. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    while (more && (batch = batch_take(lines))) {
        batch_clear(batch);
        while (more && batch->count < BATCH_LINES)
            more = line_read(lines, batch);
        batch->last = !more;
        batch_give(lines);
    }
    return NULL;
}

/* ---- The caller's side ------------------------------------------------------------------------------------------ */

int lines_start(struct input *input, bool csv, struct lines **ret)
{
    struct lines *lines = calloc(1, sizeof(*lines));

    if (!lines)
        return -ENOMEM;
    lines->input = input;
    lines->reader.csv = csv;
    pthread_mutex_init(&lines->mutex, NULL);
    pthread_cond_init(&lines->changed, NULL);
    int status = pthread_create(&lines->thread, NULL, lines_run, lines);
    if (status != 0) {
        free(lines);
        return -status;
    }
    *ret = lines;
    return 0;
}

/* Waits for the batch at hand. */
static struct batch *batch_wait(struct lines *lines)
{
    pthread_mutex_lock(&lines->mutex);
    while (lines->made == lines->taken)
        pthread_cond_wait(&lines->changed, &lines->mutex);
    pthread_mutex_unlock(&lines->mutex);
    return &lines->batches[lines->taken % BATCHES];
}

static void batch_return(struct lines *lines)
{
    pthread_mutex_lock(&lines->mutex);
    lines->taken++;
    /* The thread is woken for several batches at once. */
    if (lines->made - lines->taken <= BATCHES / 2)
        pthread_cond_signal(&lines->changed);
    pthread_mutex_unlock(&lines->mutex);
    lines->position = 0;
}

struct line *lines_next(struct lines *lines)
{
    for (;;) {
        struct batch *batch = batch_wait(lines);
        if (lines->position < batch->count)
            return &batch->lines[lines->position++];
        if (batch->last)
            return NULL;
        batch_return(lines);
    }
}

int lines_status(const struct lines *lines)
{
    return lines->status;
}

void lines_stop(struct lines *lines)
{
    if (!lines)
        return;
    pthread_mutex_lock(&lines->mutex);
    lines->stop = true;
    pthread_cond_signal(&lines->changed);
    pthread_mutex_unlock(&lines->mutex);
    pthread_cancel(lines->thread);
    pthread_join(lines->thread, NULL);
    for (unsigned i = 0; i < BATCHES; i++) {
        batch_clear(&lines->batches[i]);
        arena_free(&lines->batches[i].memory);
    }
    pthread_cond_destroy(&lines->changed);
    pthread_mutex_destroy(&lines->mutex);
    free(lines);
}
