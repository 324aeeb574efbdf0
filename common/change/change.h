/* SPDX-License-Identifier: MPL-2.0 */
/* A change of the targets store, as the files of this room see it. */
#ifndef NETBOOT_CHANGE_H
#define NETBOOT_CHANGE_H

#include "base/failure.h"
#include "change/images.h"
#include "store/view.h"

#include <errno.h>

#define NAME_SHOWN 127

struct netboot_change {
    struct netboot_view view;
    struct netboot_store *store;
    int lock;        /* the writers' */
    pthread_t owner; /* LMDB's lock belongs to a thread */
    uint64_t hosts;
    bool touched, ranges_stale;
    unsigned deadline_ms;        /* for other writers */
    struct arming *armings;      /* committed with the change */
    struct netboot_error failed; /* the first failure of the database: it rules out a commit */
    /* One for each type of identifier: a sorted key mostly goes onto the page of the key before it. */
    MDB_cursor *cursors[4];
    MDB_dbi history;                        /* or DB_NO_TABLE */
    struct images images;                   /* the rows before it changed them */
    uint64_t hosts_changed, others_changed; /* records put or deleted */
    char by[NETBOOT_HISTORY_BY_SIZE], what[NETBOOT_HISTORY_WHAT_SIZE];
    uint8_t record[RECORD_SIZE_MAX];
    uint64_t random[64]; /* for netboot_host.born of new hosts */
    size_t random_left;
};

/* Builds the ranges from the sites of the change, if they have changed. */
int change_settle(struct netboot_change *change);

/* Each call begins with this: 0, or why the change cannot go on. */
int change_check(struct netboot_change *change, struct netboot_error *error);
/* LMDB's code as negative errno value with a text; the change can no longer be committed. */
int change_failed(struct netboot_change *change, int rc, struct netboot_error *error);
/* Fills `error`: the record `what`, as "host web1", is damaged. Returns `code`. */
int change_damaged(int code, const char *what, struct netboot_error *error);
/* The same for a row that nobody can set. */
int change_damaged_store(int code, const char *what, struct netboot_error *error);

/* Keeps a row as it is for the history, before it is changed. LMDB's code. */
int change_keep_row(struct netboot_change *change, unsigned table, const struct store_key *key);

int change_put_row(struct netboot_change *change, unsigned table, const struct store_key *key, const void *value,
                   size_t size, struct netboot_error *error);
int change_delete_row(struct netboot_change *change, unsigned table, const struct store_key *key,
                      struct netboot_error *error);
int change_put_record(struct netboot_change *change, const struct store_key *key, const struct record_type *type,
                      const void *record, struct netboot_error *error);
int change_put_meta(struct netboot_change *change, const char *name, uint64_t number, struct netboot_error *error);
/* Gives the store a new random id: this disarms all hosts. */
int change_new_id(struct netboot_change *change, struct netboot_error *error);
/* Empties all tables of records. */
int change_clear(struct netboot_change *change, struct netboot_error *error);
MDB_cursor *change_host_cursor(struct netboot_change *change, const struct store_key *key);

/* The key of a row of `policy` that has a name. -ENOENT: the name is not valid, so there is no such row. */
int change_name_key(uint8_t row, const char *name, const char *what, struct store_key *ret,
                    struct netboot_error *error);

/* Copies the key of the first row of `policy` from `key` on; -ENOENT if its first `same` octets are not those of `key`.
 * `ret_name`, unless NULL, gets the value: the name of the site that has the prefix. */
int change_next_row(struct netboot_change *change, struct store_key *key, size_t same, struct store_key *ret_name);

/* A damaged host: the row that was looked up, and the row where its record should be. */
struct damaged_host {
    struct store_key rows[2];
};
/* `found` is where the look-up of `id` ended: at a damaged record, at none, or at an alias. */
void change_blame(struct netboot_change *change, const struct store_key *id, const struct store_key *found,
                  struct damaged_host *ret);
/* Deletes both rows, and all aliases that lead to them. */
int change_drop_damaged(struct netboot_change *change, const struct damaged_host *damaged, struct netboot_error *error);

/* A number that no other host has had: netboot_host.born. -EIO. */
int change_born(struct netboot_change *change, uint64_t *ret, struct netboot_error *error);

/* What netboot_change_put() and netboot_change_delete() do for hosts and sites. */
int change_put_host(struct netboot_change *change, const struct netboot_id *id, const struct netboot_host *host,
                    struct netboot_error *error);
int change_add_host(struct netboot_change *change, const struct netboot_host *host, struct netboot_error *error);
int change_delete_host(struct netboot_change *change, const struct netboot_id *id, struct netboot_error *error);
int change_put_site(struct netboot_change *change, const struct netboot_site *site, struct netboot_error *error);
int change_delete_site(struct netboot_change *change, const char *name, struct netboot_error *error);

/* Adds a host of a backup; its record is copied as it is. -EBADMSG, -EINVAL. */
int change_restore_host(struct netboot_change *change, struct netboot_bytes record, struct netboot_error *error);

/* Checks that the items of a list have different keys. -EINVAL: "two WHAT". */
int change_check_unique(const struct netboot_list *list, size_t (*key_size)(struct netboot_bytes item),
                        const char *what, struct netboot_error *error);

#endif
