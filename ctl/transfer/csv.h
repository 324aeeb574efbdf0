/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Hosts as comma-separated values (RFC 4180). The first line names the columns, in any order:
 *
 *     name,mac,uuid,duid,target,note,labels,loader
 *
 * Several values in one field are separated by spaces, or by semicolons if the field has one; a semicolon or backslash
 * after a backslash is part of the value. Labels are KEY=VALUE, loaders PLATFORM=FILE. A record is a line: no value of
 * a host has a line break. Nothing here prints.
 */
#ifndef NETBOOTCTL_CSV_H
#define NETBOOTCTL_CSV_H

#include "json/record/json.h"

#include <stdio.h>

#define CSV_COLUMNS_MAX 8

struct csv_header {
    unsigned count;
    uint8_t columns[CSV_COLUMNS_MAX];
};

/* Reads the line that names the columns. -EINVAL. The text is changed. */
int csv_header_parse(char *text, size_t size, struct csv_header *ret, struct netboot_error *error);
/* Reads a line as the JSON of a host: an empty field is null. NULL with the reason. The text is changed. */
cJSON *csv_parse(const struct csv_header *header, char *text, size_t size, struct netboot_error *error);

void csv_header_print(FILE *file);
/* -ENOMEM. */
int csv_print(FILE *file, const cJSON *host, struct netboot_error *error);

#endif
