/* SPDX-License-Identifier: MPL-2.0 */
/* The journal as JSON and for people, for log, watch, seen and explain alike. */
#ifndef NETBOOTCTL_JOURNAL_H
#define NETBOOTCTL_JOURNAL_H

#include "frame/session.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#define MS_TEXT_SIZE 32
/* Milliseconds since 1970 as RFC 3339, UTC. Returns `text`. */
const char *ms_text(uint64_t ms, char text[MS_TEXT_SIZE]);

/* "v4 iPXE" */
#define STEP_TEXT_SIZE 16
const char *step_text(enum netboot_family family, enum netboot_stage stage, char text[STEP_TEXT_SIZE]);

/* NULL: out of memory. */
cJSON *entry_to_json(const struct netboot_journal_entry *entry);
/* `host`: the host that the store has for the machine now, or "". */
cJSON *machine_to_json(const struct netboot_journal_machine *machine, const char *host);

/* One line for a step, and the titles above such lines. */
void entry_print(FILE *file, const struct netboot_journal_entry *entry);
void entry_titles_print(FILE *file);

/* The identifiers of a machine that a person names by one of them or by its name: all that the store has, else that
 * one. An exit code, after saying what is wrong. */
struct machine_ids {
    size_t count;
    struct netboot_id ids[NETBOOT_LIST_MAX + 1];
};
int machine_ids_read(struct session *session, const char *word, struct machine_ids *ret);

/* The host with one of a machine's identifiers. 0, -ENOENT, -EBADMSG. */
int machine_host(struct netboot_view *view, const struct netboot_journal_machine *machine, struct netboot_record *ret);

#endif
