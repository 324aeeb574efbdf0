/* SPDX-License-Identifier: MPL-2.0 */
#include "texts.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash(const char *text)
{
    uint32_t value = 2166136261u; /* FNV-1a */

    for (; *text; text++)
        value = (value ^ (uint8_t)*text) * 16777619u;
    return value;
}

static struct text_entry *entry_find(const struct texts *texts, const char *text)
{
    size_t i = hash(text) & (texts->size - 1);

    while (texts->entries[i].text && strcmp(texts->entries[i].text, text) != 0)
        i = (i + 1) & (texts->size - 1);
    return &texts->entries[i];
}

static bool grow(struct texts *texts)
{
    struct texts larger = {.size = texts->size ? 2 * texts->size : 1024};

    larger.entries = calloc(larger.size, sizeof(*larger.entries));
    if (!larger.entries)
        return false;
    for (size_t i = 0; i < texts->size; i++)
        if (texts->entries[i].text)
            *entry_find(&larger, texts->entries[i].text) = texts->entries[i];
    free(texts->entries);
    texts->entries = larger.entries;
    texts->size = larger.size;
    return true;
}

static struct text_entry *entry_keep(struct texts *texts, const char *text)
{
    if (2 * (texts->count + 1) > texts->size && !grow(texts))
        return NULL;
    struct text_entry *entry = entry_find(texts, text);
    if (!entry->text) {
        entry->text = (const char *)arena_copy(&texts->memory, text, strlen(text) + 1).data;
        texts->count++;
    }
    return entry->text ? entry : NULL;
}

const char *texts_keep(struct texts *texts, const char *text)
{
    struct text_entry *entry = entry_keep(texts, text);

    return entry ? entry->text : NULL;
}

const char *texts_format(struct texts *texts, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return texts_keep(texts, text);
}

long *texts_number(struct texts *texts, const char *text)
{
    struct text_entry *entry = entry_keep(texts, text);

    return entry ? &entry->number : NULL;
}

void texts_free(struct texts *texts)
{
    free(texts->entries);
    arena_free(&texts->memory);
    memset(texts, 0, sizeof(*texts));
}
