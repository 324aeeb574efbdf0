/* SPDX-License-Identifier: MPL-2.0 */
/* What main() does, whichever program it is. */
#ifndef NETBOOTCTL_MAIN_H
#define NETBOOTCTL_MAIN_H

#include "frame/program.h"

/* An exit code. */
int program_main(const struct program *program, int count, char **values);

#endif
