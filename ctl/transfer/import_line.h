/* SPDX-License-Identifier: MPL-2.0 */
/* A line of an imported file as a record. Nothing here prints, and nothing knows the store. */
#ifndef NETBOOTCTL_IMPORT_LINE_H
#define NETBOOTCTL_IMPORT_LINE_H

#include "csv.h"
#include "json/record/json.h"

struct line_reader {
    bool csv;
    bool has_header; /* of CSV */
    struct csv_header header;
};

struct line_record {
    struct netboot_record record;
    struct netboot_record_patch patch; /* the values that the line names; `record` is set before it is used */
    struct netboot_record_key key;
};

/*
 * Reads line `number` (from 1): 1 for a record, 0 for a line without one; -EINVAL: the line is wrong; -EPROTO: the
 * first line of CSV is wrong, so that no other has a meaning; -ENOMEM. The text is changed; values live in `memory`.
 */
int line_parse(struct line_reader *reader, uint64_t number, char *text, size_t size, struct arena *memory,
               struct line_record *ret, struct netboot_error *error);

#endif
