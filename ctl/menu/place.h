/* SPDX-License-Identifier: MPL-2.0 */
/* Files that servers read, written whole: a reader finds the old one or the new one. All print what they did. */
#ifndef NETBOOTCTL_PLACE_H
#define NETBOOTCTL_PLACE_H

#include "frame/error.h"
#include "frame/publish.h"

struct place {
    struct publish publish;
    const char *path; /* of the directory */
    FILE *file;       /* what is being made */
    char *text;
    size_t size;
};

/* Each is an exit code, after saying why. place_open() before the store is opened, place_close() in either case. */
int place_open(struct place *place, const char *path);
int place_targets(struct place *place); /* makes the folder */
void place_close(struct place *place);

/* Where the text of the next file goes, NULL after saying why; then place_end(), which writes it to `name` unless that
 * holds the same already. */
FILE *place_begin(struct place *place);
int place_end(struct place *place, const char *name);

#endif
