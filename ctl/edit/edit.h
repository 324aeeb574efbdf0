/* SPDX-License-Identifier: MPL-2.0 */
/* A command's changes to the store: all or none, reported after the commit, or only reported (--dry-run). */
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
    bool only_changes; /* records that stay are not reported */
    bool armed;        /* there is something to commit even if no record changes */
    uint64_t added, changed, unchanged, deleted;
    FILE *report; /* printed at the end */
    char *report_text;
    size_t report_size;
};

int edit_begin(struct session *session, struct edit *edit);
/* Commits if `code` is DONE and there is anything to commit. Frees the edit. An exit code. */
int edit_end(struct edit *edit, int code);

/* Gives the edit up and prints nothing. */
void edit_drop(struct edit *edit);

/* Puts a line into the report: "added host web1: target rescue". */
void edit_tell(struct edit *edit, const char *did, const char *would, const char *what, const cJSON *before,
               const cJSON *after);

/* Deletes one record. FAILED, with what to type, if there is none. */
int edit_delete(struct edit *edit, const struct netboot_record_key *key);

/* Creates or changes the record of `key` as the patch says. `make` (NULL: none) may extend the patch, a copy of its
 * own, by what the record was (NULL: it is new); values may live in edit->memory. An exit code. */
typedef int edit_make(struct edit *edit, const struct netboot_record_key *key, const struct netboot_record *old,
                      struct netboot_record_patch *patch);
int edit_set(struct edit *edit, const struct netboot_record_key *key, const struct netboot_record_patch *patch,
             edit_make *make);

/* Carries out "TABLE set KEY" for tables without conditions of their own. The words are the values of `keys`; the
 * options name the rest. */
int edit_set_command(struct session *session, enum netboot_record_kind kind, const char *const *keys);
/* Carries out "TABLE delete KEY". */
int edit_delete_command(struct session *session, enum netboot_record_kind kind);
/* Whether an earlier word names the same record; all are well-formed. */
bool is_repeated(const struct arguments *arguments, enum netboot_record_kind kind, unsigned index);
/* Carries out "TABLE show KEY". */
int show_command(struct session *session, enum netboot_record_kind kind);
/* The beginning of that: reads the record. */
int show_begin(struct session *session, enum netboot_record_kind kind, struct netboot_record_key *ret_key,
               struct netboot_record *ret);

/* A record as it is reported: without the time of its change. NULL: out of memory. */
cJSON *record_values(const struct netboot_record *record);
/* Writes how `after` differs from `before`, as "key old -> new, ..."; without `before`, all values. */
void differences_print(FILE *file, const cJSON *before, const cJSON *after);

/* FAILED after saying that there is no such record, and how to see those that exist. */
int not_there(struct netboot_view *view, const struct netboot_record_key *key);

#endif
