/* SPDX-License-Identifier: MPL-2.0 */
#include "ipxe.h"

#include "common/base/bytes.h"

#include <string.h>

const struct ipxe_platform ipxe_platforms[] = {
    {0,  "pcbios-i386"  },
    {0,  "pcbios-x86_64"},
    {6,  "efi-i386"     },
    {7,  "efi-x86_64"   },
    {10, "efi-arm32"    },
    {11, "efi-arm64"    },
    {0,  NULL           },
};

void ipxe_platform_print(FILE *file)
{
    fputs("clear netboot-platform\n", file);
    for (const struct ipxe_platform *row = ipxe_platforms; row->name; row++)
        fprintf(file, "iseq ${platform}-${buildarch} %s && set netboot-platform %s ||\n", row->name,
                netboot_platform_name(row->platform));
}

/* The store refuses blanks and control characters. If another program wrote some, they must not break the line. */
static void put(FILE *file, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fputc(data[i] <= ' ' || data[i] == 0x7f ? '?' : data[i], file);
}

/* ---- Words */

static bool is_operator(struct netboot_bytes word)
{
    return bytes_equal(word, "||") || bytes_equal(word, "&&") || bytes_equal(word, ";") || word.data[0] == '#';
}

typedef void print_word(FILE *file, struct netboot_bytes word, const char *name);

static void words_print(FILE *file, struct netboot_bytes text, print_word *print, const char *name)
{
    while (text.size > 0) {
        const uint8_t *blank = memchr(text.data, ' ', text.size);
        struct netboot_bytes word = {text.data, blank ? (size_t)(blank - text.data) : text.size};
        if (word.size > 0 && is_operator(word))
            fputs("${netboot-nothing}", file);
        print(file, word, name);
        if (blank)
            fputc(' ', file);
        text = bytes_after(text, word.size + (blank ? 1 : 0));
    }
}

/* A person who reads "$ {" knows what was meant. */
static void text_word_print(FILE *file, struct netboot_bytes word, const char *name)
{
    (void)name;
    for (size_t i = 0; i < word.size; i++) {
        put(file, word.data + i, 1);
        if (word.data[i] == '$' && i + 1 < word.size && word.data[i + 1] == '{')
            fputc(' ', file);
    }
}

void ipxe_text_print(FILE *file, struct netboot_bytes text)
{
    words_print(file, text, text_word_print, NULL);
}

/* ---- Placeholders */

static const struct {
    const char *placeholder, *setting;
} settings[] = {
    {"mac",        "${mac}"             },
    {"mac-hyphen", "${mac:hexhyp}"      },
    {"uuid",       "${uuid}"            },
    {"platform",   "${netboot-platform}"},
};

static void placeholder_print(FILE *file, struct netboot_bytes placeholder, const char *name)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (bytes_equal(placeholder, settings[i].placeholder))
            fputs(settings[i].setting, file);
    if (bytes_equal(placeholder, "target"))
        fputs(name, file);
}

/* Text whose braces the store has checked. */
static void template_print(FILE *file, struct netboot_bytes text, const char *name)
{
    while (text.size > 0) {
        const uint8_t *brace = memchr(text.data, '{', text.size);
        const uint8_t *end = brace ? memchr(brace, '}', text.size - (size_t)(brace - text.data)) : NULL;
        if (!end) {
            put(file, text.data, text.size);
            return;
        }
        put(file, text.data, (size_t)(brace - text.data));
        placeholder_print(file, (struct netboot_bytes){brace + 1, (size_t)(end - brace) - 1}, name);
        text = bytes_after(text, (size_t)(end - text.data) + 1);
    }
}

void ipxe_command_line_print(FILE *file, struct netboot_bytes command_line, const char *name)
{
    words_print(file, command_line, template_print, name);
}

static bool is_url(struct netboot_bytes path)
{
    return memmem(path.data, path.size, "://", 3) != NULL;
}

void ipxe_file_print(FILE *file, struct netboot_bytes path, const char *root, const char *name)
{
    if (!is_url(path)) {
        fputs(root, file);
        if (path.data[0] == '/')
            path = bytes_after(path, 1);
    }
    template_print(file, path, name);
}
