/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The files of the journal. Each is a ring: it is written up to its end, then from its beginning again, so that the
 * oldest entries are overwritten. One process writes; any number read at the same time, and after it has died. Files
 * are read with pread() and never mapped.
 *
 *   0      header: magic, format, secret, capacity (octets of the ring), check
 *   2048   mark: the last entry's sequence number, where the next one goes, ..., check
 *   4096   the header once more
 *   8192   the ring: entries, each at a multiple of eight octets. Where none fits at the end, zeros fill it
 *
 * An entry is whole if its check is right. Each writing has a sequence number, by which the order of time is known. An
 * entry goes by its number, and keeps it where it is copied forward so as not to be overwritten.
 */
#ifndef NETBOOT_JOURNAL_FILE_H
#define NETBOOT_JOURNAL_FILE_H

#include "journal/index.h"

#define JOURNAL_FORMAT 2 /* 1 was an LMDB environment */
#define JOURNAL_SIZE ((uint64_t)256 << 20)
#define JOURNAL_SIZE_MIN ((uint64_t)1 << 20)
#define JOURNAL_RING_OFFSET 8192
#define JOURNAL_ENTRY_HEADER 48
#define JOURNAL_ENTRY_MAX (JOURNAL_ENTRY_HEADER + JOURNAL_RECORD_MAX)

extern const char *const journal_file_names[JOURNAL_FILES];

struct journal_mark {
    uint64_t sequence, head;
    uint64_t number; /* the last one given, of both files */
    uint64_t dropped;
};

struct journal_file {
    int fd; /* -1: it is not open */
    uint64_t device, inode;
    uint64_t secret; /* by which the checks are made: nobody forges an entry inside of another one */
    uint64_t capacity;
    uint64_t head;     /* where in the ring the next entry goes */
    uint64_t sequence; /* of the last entry */
};

/* What precedes a record. */
struct journal_entry_header {
    uint64_t sequence, number;
    uint64_t replaces; /* the number of an earlier version of the entry; 0: none */
    uint8_t account;   /* of JOURNAL_MAC, ...: the identifier in whose account it is; JOURNAL_IDS: in none */
};

/* Opens a file as `flags` say, which is a regular one. -ENOENT, -EACCES, ... */
int journal_file_open(const char *directory, unsigned which, int flags, struct journal_file *ret);
void journal_file_close(struct journal_file *file);
/* -EBADMSG: neither header is whole. -ENOTSUP: of a newer format. */
int journal_file_read_header(struct journal_file *file);
int journal_file_write_header(const struct journal_file *file);
/* Whether it is there, under its name, with the header that was read. True also where that cannot be told; -EBADMSG:
 * the file is the same one, and has no header any more. */
int journal_file_is_there(const char *directory, unsigned which, const struct journal_file *file);
bool journal_file_read_mark(const struct journal_file *file, struct journal_mark *ret);
int journal_file_write_mark(const struct journal_file *file, const struct journal_mark *mark);

/* Adds what a file has to the state of the journal. */
void journal_file_add_state(const struct journal_file *file, unsigned which, const struct journal_index *index,
                            struct netboot_journal_state *state);

/* Reads the whole file into the index, and where its head is. -ENOMEM. */
int journal_file_load(struct journal_file *file, unsigned which, struct journal_index *index);
/* The same for what was written since. */
int journal_file_follow(struct journal_file *file, unsigned which, struct journal_index *index);

struct journal_row {
    uint8_t octets[JOURNAL_ENTRY_MAX];
};
/* Reads an entry into `row`, to which the record then points. False: it is gone or damaged. */
bool journal_file_read(const struct journal_file *file, uint64_t offset, size_t size, uint64_t number,
                       struct journal_row *row, struct journal_entry_header *ret_header, struct netboot_bytes *ret);
/* The whole octets of an entry; its size. */
size_t journal_entry_encode(const struct journal_file *file, const struct journal_entry_header *header,
                            struct netboot_bytes record, struct journal_row *ret);

#endif
