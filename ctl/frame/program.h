/* SPDX-License-Identifier: MPL-2.0 */
/* What the program is called and what it can do: data, which its main() hands over. */
#ifndef NETBOOTCTL_PROGRAM_H
#define NETBOOTCTL_PROGRAM_H

struct command;

/* A topic of help that is no command. */
struct topic {
    const char *name;
    int (*print)(void); /* an exit code */
    const char *summary;
};

struct program {
    const char *name;
    const char *summary;
    const struct command *const *commands; /* arrays in the order of help, each ended by a NULL group; NULL ends them */
    const struct command *itself;          /* what it does if no command is named; NULL: one must be */
    const struct topic *topics;            /* ended by a NULL name; NULL: none */
};

void program_set(const struct program *program);
/* NULL in a test of parts of it. */
const struct program *this_program(void);
/* The program's name. */
const char *program_name(void);

/* Stands for the name in texts that several programs share. */
#define PROGRAM "@PROGRAM@"
/* The text with the name in its place. free(); NULL: out of memory. */
char *program_text(const char *text);

#endif
