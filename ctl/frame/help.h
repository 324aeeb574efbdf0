/* SPDX-License-Identifier: MPL-2.0 */
#ifndef NETBOOTCTL_HELP_H
#define NETBOOTCTL_HELP_H

/* Help of one command, of a group, of a topic, or of all (no words). An exit code. */
int help_print(unsigned count, const char *const *words);

#endif
