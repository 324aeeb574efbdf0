/* SPDX-License-Identifier: MPL-2.0 */
/* "Did you mean ...?" */
#ifndef NETBOOT_SUGGEST_H
#define NETBOOT_SUGGEST_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SUGGEST_WORD_MAX 63
#define SUGGEST_TEXT_SIZE 192

struct suggestion {
    const char *word; /* what was typed */
    char best[160];   /* the nearest so far; "" while none is near */
    size_t distance;
};

static inline size_t suggest_smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Edits between two words: insertions, deletions, replacements and swaps of neighbours. */
static inline size_t suggest_distance(const char *a, const char *b)
{
    size_t rows[3][SUGGEST_WORD_MAX + 1];
    size_t a_size = strlen(a), b_size = strlen(b);

    if (a_size > SUGGEST_WORD_MAX || b_size > SUGGEST_WORD_MAX)
        return SUGGEST_WORD_MAX;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            row[j] = suggest_smallest(row[j - 1] + 1, above[j] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
        }
    }
    return rows[a_size % 3][b_size];
}

static inline void suggest_begin(struct suggestion *suggestion, const char *word)
{
    *suggestion = (struct suggestion){.word = word, .distance = strlen(word) > 4 ? 3 : 2};
}

static inline void suggest_offer(struct suggestion *suggestion, const char *candidate)
{
    size_t size = strlen(suggestion->word);
    size_t distance = suggest_distance(suggestion->word, candidate);

    /* A word cut short ("x64" of "x64-uefi") is as good as one wrong letter. */
    if (size >= 2 && distance > 1 && strncmp(candidate, suggestion->word, size) == 0)
        distance = 1;
    if (distance >= suggestion->distance || distance >= strlen(candidate))
        return;
    suggestion->distance = distance;
    snprintf(suggestion->best, sizeof(suggestion->best), "%s", candidate);
}

/* "; did you mean `best`?", or "" where nothing is near. Returns `text`. */
static inline const char *suggest_text(const struct suggestion *suggestion, char text[SUGGEST_TEXT_SIZE])
{
    text[0] = '\0';
    if (suggestion->best[0])
        snprintf(text, SUGGEST_TEXT_SIZE, "; did you mean `%s`?", suggestion->best);
    return text;
}

#endif
