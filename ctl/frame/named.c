/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/named.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define NAMED_MAX 16 /* no command reads so many */

static struct {
    const char *path; /* NULL: none, or taken */
    int file;         /* -1: it cannot be opened */
    int error;        /* errno, where it cannot */
} named[NAMED_MAX];

static void open_one(const char *path)
{
    size_t i = 0;

    while (i < NAMED_MAX && named[i].path)
        i++;
    if (i == NAMED_MAX || strcmp(path, "-") == 0)
        return;
    named[i].path = path;
    named[i].file = open(path, O_RDONLY | O_CLOEXEC);
    named[i].error = errno;
}

void named_open(const struct arguments *arguments, enum completion words)
{
    for (unsigned i = 0; i < arguments->word_count && words == COMPLETE_INPUT; i++)
        open_one(arguments->words[i]);
    for (unsigned i = 0; i < arguments->given_count; i++)
        if (arguments->given[i].row->completion == COMPLETE_INPUT)
            open_one(arguments->given[i].value);
}

int named_take(const char *path)
{
    for (size_t i = 0; i < NAMED_MAX; i++)
        if (named[i].path && strcmp(named[i].path, path) == 0) {
            named[i].path = NULL;
            errno = named[i].error;
            return named[i].file;
        }
    return open(path, O_RDONLY | O_CLOEXEC);
}
