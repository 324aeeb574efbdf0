/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the journal has, in memory: each entry by its number, by its place in its file, and by the identifiers that its
 * packets showed. It is made from the files, and tells which machines share an identifier and which belong together.
 */
#ifndef NETBOOT_JOURNAL_INDEX_H
#define NETBOOT_JOURNAL_INDEX_H

#include "journal/record.h"

enum { JOURNAL_KNOWN, JOURNAL_STRANGERS, JOURNAL_FILES };

struct journal_key;
struct journal_item;

/* That an entry shows an identifier: in the list of the identifier. */
struct journal_show {
    struct journal_show *older, *newer;
    struct journal_item *item;
    struct journal_key *key; /* NULL: it shows none of this type */
};

struct journal_item {
    struct journal_item *next;          /* of the same place in the table */
    struct journal_item *older, *newer; /* in the order of the file, the next one to be overwritten first */
    uint64_t number, offset, last;      /* last: the time of its last packet, in milliseconds */
    uint32_t size;
    uint8_t file, family, account;
    struct journal_show shows[JOURNAL_IDS];
};

struct journal_key {
    struct journal_key *next;
    struct journal_show *newest;
    uint32_t accounted[JOURNAL_FILES]; /* entries in its account */
    uint32_t machine;                  /* entries of the machine that goes by it */
    uint32_t minute, steps;            /* what was written to its account in that minute; the writer's */
    uint8_t size;
    uint8_t octets[];
};

struct journal_index {
    size_t buckets; /* a power of two, of both tables */
    struct journal_item **items;
    struct journal_key **keys;
    uint64_t secret; /* of the tables: nobody fills one place of them */
    uint64_t newest; /* the greatest number that was there */
    size_t machines;
    struct {
        struct journal_item *oldest, *newest;
        uint64_t size;            /* octets of its entries */
        size_t entries, accounts; /* accounts: with entries here */
    } files[JOURNAL_FILES];
};

/* For so many octets of entries. -ENOMEM. */
int index_init(struct journal_index *index, uint64_t octets);
void index_fini(struct journal_index *index);

/* Where an entry is, and what its header has. */
struct journal_placed {
    unsigned file;
    uint64_t offset, number, replaces;
    size_t size;
    uint8_t account;
};
/* Adds an entry that was written last to its file, forgets what it replaces and, where its account has more than
 * JOURNAL_MACHINE_ENTRIES, the oldest of that. An entry that is there already was copied forward. -ENOMEM. */
int index_add(struct journal_index *index, const struct journal_placed *placed, const struct entry_record *record);
void index_forget(struct journal_index *index, struct journal_item *item);
void index_forget_file(struct journal_index *index, unsigned file);
/* Forgets what was in these octets of a file, the oldest first. */
void index_overwrite(struct journal_index *index, unsigned file, uint64_t from, uint64_t to);
/* Forgets the oldest of an account until it has at most so many. */
void index_trim(struct journal_index *index, struct journal_key *account, size_t most);
/* Takes an entry out of the order of its file, and puts it last, elsewhere. */
void index_take_out(struct journal_index *index, struct journal_item *item);
void index_put_last(struct journal_index *index, struct journal_item *item, uint64_t offset);

struct journal_item *index_find(const struct journal_index *index, uint64_t number);
struct journal_key *index_find_key(const struct journal_index *index, const struct store_key *key);
void journal_key_read(const struct journal_key *key, struct store_key *ret);

/* What the machine goes by: the first of MAC, UUID and DUID that the entry shows. NULL: it shows none. */
static inline struct journal_key *item_machine(const struct journal_item *item)
{
    unsigned i = 0;

    while (i < JOURNAL_IDS && !item->shows[i].key)
        i++;
    return i < JOURNAL_IDS ? item->shows[i].key : NULL;
}

static inline struct journal_key *item_account(const struct journal_item *item)
{
    return item->account < JOURNAL_IDS ? item->shows[item->account].key : NULL;
}

/* Whether machines show it that do not go by it, and more than one does. */
bool key_is_shared(const struct journal_key *key);
/* The MAC of the one machine that has shown this UUID, over DHCPv4 at least once, and no other UUID. NULL: none. */
const struct journal_key *key_joined(const struct journal_key *uuid);

#endif
