/* SPDX-License-Identifier: MPL-2.0 */
#include "error.h"

#include <errno.h>

#define LINE_SIZE 4096

void print_safe(FILE *file, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        /* C1 controls are 0xc2 0x80 to 0xc2 0x9f in UTF-8. */
        if (*c < ' ' || *c == 0x7f)
            fprintf(file, "\\x%02x", *c);
        else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
            fprintf(file, "\\x%02x", *++c);
        else
            putc(*c, file);
    }
}

static void print_line(const char *format, va_list list)
{
    char line[LINE_SIZE];

    vsnprintf(line, sizeof(line), format, list);
    fputs("netbootctl: ", stderr);
    print_safe(stderr, line);
    putc('\n', stderr);
}

int failed(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    print_line(format, list);
    va_end(list);
    return FAILED;
}

int misused(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    print_line(format, list);
    va_end(list);
    return MISUSED;
}

int failed_with(const struct netboot_error *error)
{
    return error->code == -EINVAL ? misused("%s", error->text) : failed("%s", error->text);
}

void note(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    print_line(format, list);
    va_end(list);
}

int error_set(struct netboot_error *error, int code, const char *format, ...)
{
    va_list list;

    if (error) {
        error->code = code;
        va_start(list, format);
        vsnprintf(error->text, sizeof(error->text), format, list);
        va_end(list);
    }
    return code;
}
