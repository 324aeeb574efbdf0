/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/elsewhere.h"

#include "frame/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *path_beside(const char *name)
{
    char self[4096], *ret;
    ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (size <= 0)
        return NULL;
    self[size] = '\0';
    char *slash = strrchr(self, '/');
    return slash && asprintf(&ret, "%.*s/%s", (int)(slash - self), self, name) >= 0 ? ret : NULL;
}

static int elsewhere_failed(const struct command *command, int cause)
{
    if (cause != ENOENT)
        return failed("cannot run %s: %s", command->program, strerror(cause));
    return failed("%s is neither beside %s nor in PATH: %s", command->program, program_name(), command->remedy);
}

int elsewhere_run(const struct command *command, const char *const *first, int count, const char *const *words)
{
    char *path = path_beside(command->program);
    const char **values;
    size_t first_count = 0;

    while (first[first_count])
        first_count++;
    values = calloc(first_count + (size_t)count + 2, sizeof(*values));
    if (!values) {
        free(path);
        return failed("out of memory");
    }
    values[0] = command->program;
    memcpy(values + 1, first, first_count * sizeof(*values));
    memcpy(values + 1 + first_count, words, (size_t)count * sizeof(*values));
    if (path)
        execv(path, (char *const *)values);
    if (!path || errno == ENOENT)
        execvp(command->program, (char *const *)values);
    int cause = errno;
    free(values);
    free(path);
    return elsewhere_failed(command, cause);
}
