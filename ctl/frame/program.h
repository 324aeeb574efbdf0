/* SPDX-License-Identifier: MPL-2.0 */
/* What the program is called and what it can do: data, which its main() hands over. */
#ifndef NETBOOTCTL_PROGRAM_H
#define NETBOOTCTL_PROGRAM_H

struct command;

/* Something else that there is help on. */
struct topic {
    const char *name;
    int (*print)(void); /* an exit code */
    const char *summary;
};

struct program {
    const char *name;
    const char *summary;
    const struct command *const *commands; /* arrays in the order of help, each ended by a NULL group; NULL ends them */
    const struct command *itself;          /* what it does where no command is named; NULL: one has to be */
    const struct topic *topics;            /* ended by a NULL name; NULL: none */
};

void program_set(const struct program *program);
/* NULL in a test of parts of it. */
const struct program *this_program(void);
/* How it is called. */
const char *program_name(void);

/* Stands for the name in texts that are of no one program. */
#define PROGRAM "@PROGRAM@"
/* The text with the name in its place. free(); NULL: out of memory. */
char *program_text(const char *text);

#endif
