/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/error.h"

#include "frame/program.h"

#include "common/base/utf8.h"

#include <errno.h>

#define LINE_SIZE 4096

/* Characters that change how the text around them looks, or that cannot be seen: controls, marks of direction (a file's
 * name must not read backwards), separators of lines, and characters without a width. */
static bool is_hidden(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00,    0x1f   },
        {0x7f,    0x9f   },
        {0xad,    0xad   },
        {0x61c,   0x61c  },
        {0x200b,  0x200f },
        {0x2028,  0x202e },
        {0x2060,  0x206f },
        {0xfeff,  0xfeff },
        {0xfff9,  0xfffb },
        {0xe0000, 0xe007f},
    };

    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (character >= hidden[i].first && character <= hidden[i].last)
            return true;
    return false;
}

/* Reads a character of a text that is not empty; the NUL at the text's end is no part of a longer character. */
static size_t read_character(const char *text, uint32_t *ret)
{
    return utf8_read((const uint8_t *)text, SIZE_MAX, ret);
}

/* The octets of printable ASCII that it begins with. */
static size_t plain_size(const char *text)
{
    size_t size = 0;

    while (text[size] >= ' ' && text[size] <= '~')
        size++;
    return size;
}

void print_safe(FILE *file, const char *text)
{
    for (size_t plain; *text; text += plain) {
        uint32_t character;
        if ((plain = plain_size(text)) > 0) {
            fwrite(text, 1, plain, file);
            continue;
        }
        size_t size = read_character(text, &character);
        if (size == 0)
            fprintf(file, "\\x%02x", (uint8_t)*text++);
        else if (!is_hidden(character))
            fwrite(text, 1, size, file);
        else
            fprintf(file, character < 0x100 ? "\\x%02x" : "\\u{%x}", character);
        text += size;
    }
}

/* A pair of surrogates where 16 bits do not do (RFC 8259, section 7). */
static void print_escape(FILE *file, uint32_t character)
{
    if (character >= 0x10000) {
        fprintf(file, "\\u%04x", 0xd800 + ((character - 0x10000) >> 10));
        character = 0xdc00 + ((character - 0x10000) & 0x3ff);
    }
    fprintf(file, "\\u%04x", character);
}

void print_json_safe(FILE *file, const char *text)
{
    while (*text) {
        uint32_t character;
        size_t size = read_character(text, &character);
        if (size == 0)
            fputs("\\ufffd", file);
        else if (size > 1 && is_hidden(character))
            print_escape(file, character);
        else
            fwrite(text, 1, size, file);
        text += size > 0 ? size : 1;
    }
}

static void print_line(const char *format, va_list list)
{
    char line[LINE_SIZE];

    vsnprintf(line, sizeof(line), format, list);
    fprintf(stderr, "%s: ", program_name());
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
