/* SPDX-License-Identifier: MPL-2.0 */
/* Texts that are kept once, so that equal ones are the same pointer, each with a number of the user's. */
#ifndef NETBOOTCTL_MIGRATE_TEXTS_H
#define NETBOOTCTL_MIGRATE_TEXTS_H

#include "json/record/arena.h"

#include <stddef.h>

struct text_entry {
    const char *text;
    long number; /* 0 at first */
};

/* Zero-initialised is empty. */
struct texts {
    struct text_entry *entries;
    size_t count, size;
    struct arena memory;
};

/* The text's only copy; NULL: out of memory. */
const char *texts_keep(struct texts *texts, const char *text);
/* The same of a text made by printf. */
const char *texts_format(struct texts *texts, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Its number, to be read and set until the next text is added. NULL: out of memory. */
long *texts_number(struct texts *texts, const char *text);
void texts_free(struct texts *texts);

#endif
