/* SPDX-License-Identifier: MPL-2.0 */
/* Calls that have to work, or to fail for a reason. Each sees a `struct netboot_error error` to be handed in. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "unit.h"

#include <string.h>

/* Whatever should work, and if not says why. */
#define OK(call)                                                                                                       \
    do {                                                                                                               \
        struct netboot_error error = {0};                                                                              \
        int code_ = (call);                                                                                            \
        if (code_ != 0)                                                                                                \
            fail_msg("%s: %d %s", #call, code_, error.text);                                                           \
    } while (0)

/* Whatever should fail, with a text that has `reason` in it. */
#define FAILS(want, reason, call)                                                                                      \
    do {                                                                                                               \
        struct netboot_error error = {0};                                                                              \
        int code_ = (call);                                                                                            \
        if (code_ != (want) || error.code != (want) || !strstr(error.text, reason))                                    \
            fail_msg("%s: %d '%s'", #call, code_, error.text);                                                         \
    } while (0)

#endif
