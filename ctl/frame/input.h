/* SPDX-License-Identifier: MPL-2.0 */
/* Lines of a file in bounded memory. */
#ifndef NETBOOTCTL_INPUT_H
#define NETBOOTCTL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_LINE_MAX (1024 * 1024)

struct input {
    int file;
    char *buffer;      /* of twice INPUT_LINE_MAX, and an octet for a NUL past the end */
    size_t start, end; /* the part that was read and not handed out */
    bool ended;
    uint64_t line;     /* number of the line handed out last, from 1 */
    uint64_t consumed; /* octets handed out */
    uint64_t size;     /* of the file; 0 where it is not known */
};

/* "-" is standard input. Input that is no regular file is read to its end first. Negative errno value. */
int input_open(struct input *input, const char *path);
void input_close(struct input *input);
/* Back to the first line. Negative errno value. */
int input_rewind(struct input *input);
/*
 * The next line without its end: 1, 0 at the end of the file, -E2BIG for a line that is too long (it is passed over),
 * or another negative errno value. The text may be changed, and written one octet past its end, until the next call.
 */
int input_next(struct input *input, char **ret, size_t *size);

#endif
