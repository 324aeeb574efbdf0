/* SPDX-License-Identifier: MPL-2.0 */
/* Standard output: everything is a JSON value first, and text is made from that value. */
#ifndef NETBOOTCTL_OUTPUT_H
#define NETBOOTCTL_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* A value as one word for people: "-" for none, lists with commas, maps as k=v. free() it; NULL: out of memory. */
char *value_text(const cJSON *value);

/* Prints one object: as JSON, or a line for each key. Takes `object` (NULL: out of memory). An exit code. */
int show_object(cJSON *object, bool json);

struct column {
    const char *title;
    const char *keys; /* the first of "a|b" that the row has */
};

/* A list that is printed while it is made: a JSON array of one object a line, or columns. */
struct listing {
    const struct column *columns; /* ended by a NULL title */
    const char *what;             /* "hosts" */
    bool json;
    size_t count;
    cJSON *rows; /* those held back until their widths are known */
    int widths[12];
};
int listing_begin(struct listing *listing, const char *what, const struct column *columns, bool json);
/* Takes `row` (NULL: out of memory). An exit code. */
int listing_row(struct listing *listing, cJSON *row);
/* `code` is the exit code so far. Frees the list. */
int listing_end(struct listing *listing, int code);

/* Call it after a change was made and reported. FAILED, after saying that it was made, if the report could not be
 * written. */
int output_after_change(void);
/* Whether all of standard output was written; says why if not. An exit code: `code` unless that failed. */
int output_end(int code);

#endif
