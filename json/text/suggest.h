/* SPDX-License-Identifier: MPL-2.0 */
/* "Did you mean ...?" */
#ifndef NETBOOT_SUGGEST_H
#define NETBOOT_SUGGEST_H

#include <stddef.h>

struct suggestion {
    const char *word; /* what was typed */
    char best[160];   /* the nearest so far; "" while none is near */
    size_t distance;
};

void suggest_begin(struct suggestion *suggestion, const char *word);
void suggest_offer(struct suggestion *suggestion, const char *candidate);

#define SUGGEST_TEXT_SIZE 192
/* "; did you mean `best`?", or "" where nothing is near. Returns `text`. */
const char *suggest_text(const struct suggestion *suggestion, char text[SUGGEST_TEXT_SIZE]);

#endif
