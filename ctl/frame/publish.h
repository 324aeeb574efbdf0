/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files that are whole under their names, or not there: in a directory that only the user who started the program may
 * write, when the process has become the owner of the store by then. A helper, which is forked before, keeps that
 * user's rights and the directory. It makes and renames files of the names that it was given first, and nothing else:
 * it reads neither the store nor what is written. It ends with the process.
 */
#ifndef NETBOOTCTL_PUBLISH_H
#define NETBOOTCTL_PUBLISH_H

#include <stdio.h>
#include <sys/types.h>

struct publish_names {
    mode_t mode; /* of all */
    const char *file;
    const char *folder, *ending; /* and files in that folder that end so; NULL: none */
};

struct publish {
    int channel; /* -1: not begun */
    pid_t helper;
};

#define PUBLISH_CLOSED                                                                                                 \
    {                                                                                                                  \
        .channel = -1                                                                                                  \
    }

/* Starts the helper, which opens the directory. Negative errno value. */
int publish_begin(struct publish *publish, const char *directory, const struct publish_names *names);
/* Removes what was not kept. */
void publish_end(struct publish *publish);

/* The file that has that name now, if everybody may read it. NULL sets errno. */
FILE *publish_look(const struct publish *publish, const char *name);
/* One that will have it: at most one at a time. NULL sets errno. */
FILE *publish_create(const struct publish *publish, const char *name);
/* Closes it and gives it its name, in place of what has that. Negative errno value, and then it is gone;
 * 1: it may not be on the disk yet. */
int publish_keep(const struct publish *publish, FILE *file);
/* Makes the folder, unless it is there. Negative errno value. */
int publish_folder(const struct publish *publish);

#endif
