/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/input.h"

#include "frame/spool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (2 * (size_t)INPUT_LINE_MAX)

int input_open(struct input *input, const char *path)
{
    struct stat status;

    *input = (struct input){.file = spool_open(path)};
    if (input->file < 0)
        return input->file;
    if (fstat(input->file, &status) == 0 && S_ISREG(status.st_mode))
        input->size = (uint64_t)status.st_size;
    input->buffer = malloc(BUFFER_SIZE + 1);
    if (input->buffer)
        return 0;
    input_close(input);
    return -ENOMEM;
}

void input_close(struct input *input)
{
    free(input->buffer);
    input->buffer = NULL;
    close(input->file);
}

int input_rewind(struct input *input)
{
    if (lseek(input->file, 0, SEEK_SET) != 0)
        return -errno;
    *input = (struct input){.file = input->file, .buffer = input->buffer, .size = input->size};
    return 0;
}

/* Makes room and reads more. 0 at the end of the file, negative errno value. */
static int fill(struct input *input)
{
    if (input->start > 0) {
        memmove(input->buffer, input->buffer + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    ssize_t got;
    int cancellable;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancellable); /* a terminal or a pipe may keep us waiting */
    do
        got = read(input->file, input->buffer + input->end, BUFFER_SIZE - input->end);
    while (got < 0 && errno == EINTR);
    int code = errno;
    pthread_setcancelstate(cancellable, NULL);
    if (got < 0)
        return -code;
    input->ended = got == 0;
    input->end += (size_t)got;
    return got > 0;
}

/* The length of the next line, its end not counted; fills as needed. -E2BIG. */
static ssize_t line_find(struct input *input)
{
    size_t looked = 0;

    for (;;) {
        char *begin = input->buffer + input->start;
        size_t there = input->end - input->start;
        char *newline = there > looked ? memchr(begin + looked, '\n', there - looked) : NULL;
        if (newline)
            return newline - begin <= INPUT_LINE_MAX ? newline - begin : -E2BIG;
        if (input->ended)
            return (ssize_t)there;
        looked = there;
        if (there > INPUT_LINE_MAX)
            return -E2BIG;
        int status = fill(input);
        if (status < 0)
            return status;
    }
}

static void consume(struct input *input, size_t size)
{
    size_t there = input->end - input->start;

    if (size > there)
        size = there;
    input->start += size;
    input->consumed += size;
}

/* Passes over the rest of a line that is too long. */
static int line_skip(struct input *input)
{
    for (;;) {
        char *begin = input->buffer + input->start;
        size_t there = input->end - input->start;
        char *newline = memchr(begin, '\n', there);
        consume(input, newline ? (size_t)(newline - begin) + 1 : there);
        if (newline || input->ended)
            return -E2BIG;
        int status = fill(input);
        if (status < 0)
            return status;
    }
}

int input_next(struct input *input, char **ret, size_t *size)
{
    ssize_t length = line_find(input);

    input->line++;
    if (length < 0)
        return length == -E2BIG ? line_skip(input) : (int)length;
    if (length == 0 && input->ended && input->end == input->start)
        return 0;
    char *text = input->buffer + input->start;
    consume(input, (size_t)length + 1);
    if (length > 0 && text[length - 1] == '\r')
        length--;
    *ret = text;
    *size = (size_t)length;
    return 1;
}
