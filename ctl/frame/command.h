/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A command is a row that usage, help, suggestions, completion and the manual page are made of. Each file that carries
 * out commands has an array of their rows, which the commands.h of its folder declares.
 */
#ifndef NETBOOTCTL_COMMAND_H
#define NETBOOTCTL_COMMAND_H

#include "frame/options.h"
#include "frame/session.h"

#include <stdio.h>

#define ANY_NUMBER 1000000

struct command {
    const char *group;
    const char *verb; /* NULL: the group is the command */
    int (*run)(struct session *session);
    const char *program; /* in place of run: another program, which gets the arguments as they are, and ... */
    const char *remedy;  /* what to do where that is not installed */
    const char *words;   /* the words of usage that are no options */
    unsigned least, most;
    const struct option_row *options;
    enum completion completion; /* of the words */
    unsigned completed;         /* how many of the words; 0: all */
    const char *word_list;      /* for COMPLETE_WORDS */
    bool operators;             /* netbootd runs it for those who may not write the store */
    bool thorough;              /* it reads the whole store, so that all pages may be checked as well */
    const char *summary;        /* NULL: not shown in help */
    const char *details;
};

/* The commands of this program in the order in which help shows them; NULL past the last. */
const struct command *command_at(unsigned index);
/* The first command of that group; NULL: there is none. */
const struct command *command_named(const char *group);
/* Finds the command of the first one or two words; the number of words used, or a negative exit code after naming the
 * commands that there are. */
int command_find(int count, char **words, const struct command **ret);
/* "host set ID... [OPTION]..." */
void command_print(FILE *file, const struct command *command);

#endif
