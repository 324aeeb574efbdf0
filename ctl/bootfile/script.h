/* SPDX-License-Identifier: MPL-2.0 */
/*
 * iPXE scripts, as far as they name files.
 *
 * A line is words between blanks; a backslash at its end joins the next one, a word that begins with # ends it, a line
 * that begins with a colon is a label. `||`, `&&` and `;` stand between commands. What a script does depends on the
 * machine: every file that any line names counts, whether or not a machine gets there.
 */
#ifndef NETBOOTCTL_SCRIPT_H
#define NETBOOTCTL_SCRIPT_H

#include "netboot.h"

struct script {
    char *rest;    /* of the text */
    char *words;   /* of the line at hand that are left; NULL: none */
    unsigned line; /* its number, the first is 1 */
    unsigned lines_joined;
    const struct script_command *command; /* whose file is to come; NULL: none */
    bool begins;                          /* the next word is a command's name */
    bool has_value;                       /* the next word is an option's value */
};

/* One file that the script names. */
struct script_file {
    unsigned line;
    const char *command; /* "kernel"; "fetch" for what a booted Linux fetches from the data root */
    const char *file;    /* as it is written, with its ${settings}; points into the text */
    bool optional;       /* where it is missing the script goes on: "chain settings.ipxe ||" */
};

/* `text` ends with a NUL, is changed, and has to outlive the reading. */
void script_begin(struct script *script, char *text);
/* The next file, or false at the end. */
bool script_next(struct script *script, struct script_file *ret);

/* Returns /PATH of a "fetch", which a kernel's command line has as =${http}/PATH or =${nfs}/PATH; NULL for any
 * other. */
const char *script_fetched_path(const char *file);

#define SCRIPT_SETTING_SIZE 64
/*
 * Fills in the ${settings} of a file. `value` knows a setting ("mac:hexhyp") or returns NULL. 0; -ENOENT: it does not
 * know the setting, which is then in `ret_unknown`; -ENAMETOOLONG.
 */
int script_expand(const char *file, const char *(*value)(const char *setting, void *user), void *user,
                  char ret[NETBOOT_FILE_SIZE], char ret_unknown[SCRIPT_SETTING_SIZE]);

#endif
