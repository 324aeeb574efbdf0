/* SPDX-License-Identifier: MPL-2.0 */
/* The parts of an import: import.c reads lines, import_record.c brings their records into the change. */
#ifndef NETBOOTCTL_IMPORT_H
#define NETBOOTCTL_IMPORT_H

#include "edit/repeats.h"
#include "frame/session.h"
#include "import_line.h"

struct counts {
    uint64_t lines, added, changed, unchanged, removed;
};

/* Hosts whose target did not exist when their line came. */
struct wait {
    uint64_t line;
    unsigned name; /* index of the target's name */
};

#define WAIT_NAMES_MAX 1000
struct waits {
    struct wait *items;
    size_t count, size;
    unsigned name_count;
    char names[WAIT_NAMES_MAX][NETBOOT_NAME_MAX + 1];
};

struct import {
    struct session *session;
    struct netboot_change *change;
    struct netboot_view *view; /* with the changes made so far */
    struct netboot_status before;
    bool replace, dry_run, on_terminal;
    struct repeats repeats;
    struct waits *waits;
    char target_known[NETBOOT_NAME_MAX + 1]; /* a target that exists: most hosts name the one before */
    struct counts counts[NETBOOT_RECORD_KINDS];
    uint64_t disarmed; /* hosts that were armed, and are not after it */
    uint64_t told;     /* lines of --dry-run */
    uint64_t line;     /* of the record at hand */
};

/* Puts the record of line `number` into the change. -EINVAL, -EEXIST: the line is wrong; other negative errno values:
 * the import cannot go on. */
int import_record(struct import *import, uint64_t number, struct line_record *line, struct netboot_error *error);
/* --replace: removes what the file did not have. */
int import_remove_rest(struct import *import, struct netboot_error *error);

#endif
