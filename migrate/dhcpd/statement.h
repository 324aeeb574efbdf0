/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The statements of dhcpd.conf and dhcpd.leases, and where each is written. No more than the form is read: words, `;`
 * and blocks in braces. What a statement means is dhcpd's business. Nothing here prints.
 */
#ifndef NETBOOTCTL_MIGRATE_STATEMENT_H
#define NETBOOTCTL_MIGRATE_STATEMENT_H

#include "json/record/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct statement {
    const char *file;
    unsigned line;      /* of its first word, from 1 */
    const char *text;   /* up to `;` or `{`: comments gone, white space as one space */
    const char **words; /* the same: strings with their quotes, ( ) , = and ! alone */
    unsigned word_count;
    bool block; /* has braces, though they may be empty */
    bool label; /* `case VALUE:`, `default:` */
    struct statement *parent, *child, *next;
};

/* A whole file, and those that it includes, in place. `name` is as in the findings. */
int statements_read(const char *name, struct arena *memory, struct statement **ret, struct netboot_error *error);

/* A file read statement by statement: for those that are long. `include` is a statement like others. */
struct statement_reader {
    const char *file;
    char *data;
    size_t size, at;
    unsigned line;
};
/* -ENOENT ...: errno of the file. statement_reader_close() after success. */
int statement_reader_open(struct statement_reader *reader, const char *file, struct netboot_error *error);
/* 1 and the next statement of the top; 0 past the last; -EINVAL: braces do not match; -ENOMEM. */
int statement_next(struct statement_reader *reader, struct arena *memory, struct statement **ret,
                   struct netboot_error *error);
void statement_reader_close(struct statement_reader *reader);

/* The word at `index`, "" past the last. */
const char *statement_word(const struct statement *statement, unsigned index);
/* Whether it begins with these words, in any case. */
bool statement_is(const struct statement *statement, const char *words);
/* The first child that begins so; NULL if there is none. */
const struct statement *statement_child(const struct statement *statement, const char *words);
/* The text from word `index` on. */
const char *statement_rest(const struct statement *statement, unsigned index, struct arena *memory);
/* The octets of a string with its quotes, escapes resolved as dhcpd does (\ooo, \xhh, \n ...); of any other word its
 * own. data is NULL when out of memory. */
struct netboot_bytes word_octets(const char *word, struct arena *memory);
/* Octets written as hex with colons ("1:52:54:0"); false if it is not. */
bool word_hex(const char *word, struct arena *memory, struct netboot_bytes *ret);

#endif
