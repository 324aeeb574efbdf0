/* SPDX-License-Identifier: MPL-2.0 */
/* Counts how often each key occurs, and where first; sorted by key. */
#ifndef NETBOOTCTL_TALLY_H
#define NETBOOTCTL_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_ROWS_MAX 65536

struct tally_row {
    const char *key;
    const char *first; /* where it occurred first */
    uint64_t count;
};

/* Zero-initialised is empty. */
struct tally {
    void *tree;
    size_t rows;
};

/* Counts the key once more. Its row; NULL: there are TALLY_ROWS_MAX others, or no memory. */
const struct tally_row *tally_add(struct tally *tally, const char *key, const char *where);
/* Calls for each row. */
void tally_each(const struct tally *tally, void (*each)(const struct tally_row *row, void *user), void *user);
void tally_free(struct tally *tally);

#endif
