/* SPDX-License-Identifier: MPL-2.0 */
/* Changes to the store made by a command: all of them or none, told once they are done, or only told (--dry-run). */
#ifndef NETBOOTCTL_EDIT_H
#define NETBOOTCTL_EDIT_H

#include "frame/session.h"
#include "json/record/arena.h"
#include "json/record/json.h"

#include <stdio.h>

struct edit {
    struct session *session;
    struct netboot_change *change;
    struct netboot_view *view; /* with the changes made so far */
    struct arena memory;
    bool dry_run, any;
    bool only_changes; /* are told */
    bool armed;        /* there is something to commit though no record changes */
    uint64_t added, changed, unchanged, deleted;
    FILE *report; /* what will be told */
    char *report_text;
    size_t report_size;
};

int edit_begin(struct session *session, struct edit *edit);
/* Commits if `code` is DONE and there is anything to commit. Frees the edit. An exit code. */
int edit_end(struct edit *edit, int code);

/* Gives it up without a word. */
void edit_drop(struct edit *edit);

/* Puts a line into the report: "added host web1: target rescue". */
void edit_tell(struct edit *edit, const char *did, const char *would, const char *what, const cJSON *before,
               const cJSON *after);

/* Deletes one record. FAILED, with what to type, if there is none. */
int edit_delete(struct edit *edit, const struct netboot_record_key *key);

/* Creates or changes the record of `key` as the patch says. `make` (NULL: none) may have more to say, by what the
 * record is (NULL: it is new): the patch is its own, and edit->memory is for that. An exit code. */
typedef int edit_make(struct edit *edit, const struct netboot_record_key *key, const struct netboot_record *old,
                      struct netboot_record_patch *patch);
int edit_set(struct edit *edit, const struct netboot_record_key *key, const struct netboot_record_patch *patch,
             edit_make *make);

/* The whole of "TABLE set KEY" for tables without conditions of their own: what the options name, and the words, which
 * are the values of `keys`. */
int edit_set_command(struct session *session, enum netboot_record_kind kind, const char *const *keys);
/* The whole of "TABLE delete KEY". */
int edit_delete_command(struct session *session, enum netboot_record_kind kind);
/* Whether an earlier word names the same record; all are well-formed. */
bool is_repeated(const struct arguments *arguments, enum netboot_record_kind kind, unsigned index);
/* The whole of "TABLE show KEY". */
int show_command(struct session *session, enum netboot_record_kind kind);
/* Its beginning: the record is read. */
int show_begin(struct session *session, enum netboot_record_kind kind, struct netboot_record_key *ret_key,
               struct netboot_record *ret);

/* A record as it is told: without the time of its change. NULL: out of memory. */
cJSON *record_values(const struct netboot_record *record);
/* Writes how `after` differs from `before`, as "key old -> new, ..."; without `before`, what there is. */
void differences_print(FILE *file, const cJSON *before, const cJSON *after);

/* FAILED after saying that there is no such record, and what there is. */
int not_there(struct netboot_view *view, const struct netboot_record_key *key);

#endif
