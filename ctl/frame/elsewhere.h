/* SPDX-License-Identifier: MPL-2.0 */
/* A command that another program carries out. */
#ifndef NETBOOTCTL_ELSEWHERE_H
#define NETBOOTCTL_ELSEWHERE_H

#include "frame/command.h"

/* Becomes that program: the one beside this, else the one in PATH. `first` are arguments that go before the `count`
 * others, ended by NULL. Returns if there is none: FAILED, after saying what to do. */
int elsewhere_run(const struct command *command, const char *const *first, int count, const char *const *words);

/* The path of NAME in the directory of this program, whether or not it exists. free(); NULL: not known. */
char *path_beside(const char *name);

#endif
