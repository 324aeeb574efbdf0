/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A file of the journal as its one writer has it (common/journal/file.h has the layout).
 *
 * What is still wanted when its place is about to be overwritten is copied forward: so the entries of machines that
 * boot seldom outlive those of one that boots in a loop. It costs a few copies with each entry, which is enough as long
 * as what is wanted takes no more than half of the file; above that, machines that have more than their share lose
 * their oldest.
 */
#ifndef NETBOOTD_JOURNAL_RING_FILE_H
#define NETBOOTD_JOURNAL_RING_FILE_H

#include "journal/file.h"

struct ring_file {
    struct journal_file file;
    unsigned which;
    bool copies; /* what is wanted is copied forward; else the oldest goes */
    bool marked; /* the mark in the file tells of all entries */
};

/* Opens it with so many octets in all, or makes it, and reads it into the index. One of another size is written anew; a
 * damaged one is kept as NAME.damaged. Negative errno value. */
int ring_file_open(struct ring_file *file, const char *directory, unsigned which, uint64_t size,
                   struct journal_index *index);
/* Writes an entry behind the last one, and where it is into `ret`. Negative errno value. */
int ring_file_append(struct ring_file *file, struct journal_index *index, struct journal_entry_header *header,
                     struct netboot_bytes record, struct journal_placed *ret);
/* How many entries an account may have at the moment. */
size_t ring_file_share(const struct ring_file *file, const struct journal_index *index);
int ring_file_mark(struct ring_file *file, uint64_t number, uint64_t dropped);
void ring_file_close(struct ring_file *file);

#endif
