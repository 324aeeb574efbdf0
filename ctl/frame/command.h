/* SPDX-License-Identifier: MPL-2.0 */
/* The commands: one table that usage, help, suggestions and completion are made of. */
#ifndef NETBOOTCTL_COMMAND_H
#define NETBOOTCTL_COMMAND_H

#include "frame/options.h"
#include "frame/session.h"

#include <stdio.h>

struct command {
    const char *group;
    const char *verb; /* NULL: the group is the command */
    int (*run)(struct session *session);
    const char *words; /* what is no option, as in usage */
    unsigned least, most;
    const struct option_row *options;
    enum completion completion; /* of the words */
    const char *word_list;      /* for COMPLETE_WORDS */
    bool thorough;              /* it reads everything, and may as well look whether all of it is sound */
    const char *summary;
    const char *details;
};

extern const struct command commands[]; /* ended by a NULL group */

/* Finds the command of the first one or two words; the number of words used, or a negative exit code after saying
 * what there is. */
int command_find(int count, char **words, const struct command **ret);
/* "host set ID... [OPTION]..." */
void command_print(FILE *file, const struct command *command);

/* records/, store/, transfer/, journal/ and the other folders */
int init_run(struct session *session);
int site_set(struct session *session);
int site_show(struct session *session);
int site_list(struct session *session);
int site_delete(struct session *session);
int loader_set(struct session *session);
int loader_list(struct session *session);
int loader_delete(struct session *session);
int target_set(struct session *session);
int target_show(struct session *session);
int target_list(struct session *session);
int target_delete(struct session *session);
int host_set(struct session *session);
int host_show(struct session *session);
int host_list(struct session *session);
int host_delete(struct session *session);
int host_done(struct session *session);
int explain_run(struct session *session);
int replay_run(struct session *session);
int import_run(struct session *session);
int export_run(struct session *session);
int history_run(struct session *session);
int revert_run(struct session *session);
int backup_run(struct session *session);
int restore_run(struct session *session);
int menu_run(struct session *session);
int lint_run(struct session *session);
int migrate_run(struct session *session);
int log_run(struct session *session);
int watch_run(struct session *session);
int seen_run(struct session *session);
int status_run(struct session *session);
int help_run(struct session *session);
int completion_run(struct session *session);
int complete_run(struct session *session);
int manual_run(struct session *session);

/* Help of one command, of a group, of a topic, or of all (no words). An exit code. */
int help_print(unsigned count, const char *const *words);
/* The names of topics; NULL past the last. */
const char *help_topic(unsigned index);

extern const struct option_row site_set_options[], loader_set_options[], target_set_options[], target_delete_options[],
    host_set_options[], host_list_options[], explain_options[], import_options[], export_options[], dry_run_options[],
    json_options[], replay_options[], menu_options[], lint_options[], migrate_options[], log_options[], watch_options[],
    seen_options[], history_options[], revert_options[], restore_options[], host_show_options[], host_delete_options[];

#endif
