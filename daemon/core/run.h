/* SPDX-License-Identifier: MPL-2.0 */
#ifndef NETBOOTD_RUN_H
#define NETBOOTD_RUN_H

#include "core/state.h"

/* Starts netbootctl with words, each ended by a NUL, for somebody. Its process, or a negative errno value with a text.
 */
pid_t run_start(const struct core *core, const char *words, size_t size, const char *person, int out, int err,
                struct netboot_error *error);

#endif
