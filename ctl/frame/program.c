/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct program *running;

void program_set(const struct program *program)
{
    running = program;
}

const struct program *this_program(void)
{
    return running;
}

const char *program_name(void)
{
    return running ? running->name : program_invocation_short_name;
}

char *program_text(const char *text)
{
    char *ret = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&ret, &size);

    if (!file)
        return NULL;
    for (const char *at; (at = strstr(text, PROGRAM)); text = at + strlen(PROGRAM))
        fprintf(file, "%.*s%s", (int)(at - text), text, program_name());
    fputs(text, file);
    return fclose(file) == 0 ? ret : NULL;
}
