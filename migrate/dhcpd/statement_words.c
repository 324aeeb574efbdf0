/* SPDX-License-Identifier: MPL-2.0 */
/* What a statement says: its words, and the octets that they stand for. */
#include "statement.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *statement_word(const struct statement *statement, unsigned index)
{
    return index < statement->word_count ? statement->words[index] : "";
}

bool statement_is(const struct statement *statement, const char *words)
{
    unsigned index = 0;

    while (*words) {
        size_t size = strcspn(words, " ");
        const char *word = statement_word(statement, index++);
        if (strlen(word) != size || strncasecmp(word, words, size) != 0)
            return false;
        words += size;
        words += strspn(words, " ");
    }
    return true;
}

const struct statement *statement_child(const struct statement *statement, const char *words)
{
    for (const struct statement *child = statement->child; child; child = child->next)
        if (statement_is(child, words))
            return child;
    return NULL;
}

const char *statement_rest(const struct statement *statement, unsigned index, struct arena *memory)
{
    size_t size = 1, at = 0;
    char *ret;

    for (unsigned i = index; i < statement->word_count; i++)
        size += strlen(statement->words[i]) + 1;
    ret = arena_take(memory, size);
    for (unsigned i = index; ret && i < statement->word_count; i++) {
        const char *word = statement->words[i];
        bool tight =
            i == index || strcmp(word, ",") == 0 || strcmp(word, ")") == 0 || strcmp(statement->words[i - 1], "(") == 0;
        at += (size_t)snprintf(ret + at, size - at, "%s%s", tight ? "" : " ", word);
    }
    if (ret && at == 0)
        ret[0] = '\0';
    return ret ? ret : "";
}

static int digits_value(const char *text, unsigned base, unsigned most, unsigned *used)
{
    unsigned value = 0;

    for (*used = 0; *used < most; (*used)++) {
        char c = (char)tolower((unsigned char)text[*used]);
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                : 16;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    return (int)(value & 0xff);
}

struct netboot_bytes word_octets(const char *word, struct arena *memory)
{
    static const char letters[] = "tnrb", meant[] = "\t\n\r\b";
    size_t size = strlen(word), count = 0;
    uint8_t *ret = arena_take(memory, size + 1);

    if (!ret)
        return (struct netboot_bytes){NULL, 0};
    if (word[0] != '"')
        return (struct netboot_bytes){memcpy(ret, word, size + 1), size};
    for (const char *at = word + 1; *at && *at != '"'; at++) {
        unsigned used = 1;
        if (*at != '\\' || !at[1]) {
            ret[count++] = (uint8_t)*at;
            continue;
        }
        at++;
        const char *letter = strchr(letters, *at);
        if (letter)
            ret[count++] = (uint8_t)meant[letter - letters];
        else if (*at == 'x')
            ret[count++] = (uint8_t)digits_value(at + 1, 16, 2, &used), used++;
        else if (*at >= '0' && *at <= '7')
            ret[count++] = (uint8_t)digits_value(at, 8, 3, &used);
        else
            ret[count++] = (uint8_t)*at;
        at += used - 1;
    }
    ret[count] = '\0';
    return (struct netboot_bytes){ret, count};
}

bool word_hex(const char *word, struct arena *memory, struct netboot_bytes *ret)
{
    uint8_t *octets = arena_take(memory, strlen(word) / 2 + 2);
    size_t count = 0;

    while (octets && isxdigit((unsigned char)*word)) {
        unsigned used;
        octets[count++] = (uint8_t)digits_value(word, 16, 2, &used);
        word += used;
        if (*word != ':')
            break;
        word++;
    }
    if (!octets || count == 0 || *word)
        return false;
    *ret = (struct netboot_bytes){octets, count};
    return true;
}
