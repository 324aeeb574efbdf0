/* SPDX-License-Identifier: MPL-2.0 */
#include "confirm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int confirm(const struct session *session, uint64_t hosts, const char *question)
{
    char answer[16];

    if (hosts <= CONFIRM_HOSTS || session_has(session, "yes") || session_has(session, "dry-run"))
        return DONE;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return misused("%s: more than %d hosts, and no terminal to ask on; nothing was changed; --dry-run says what "
                       "would be done, --yes goes on",
                       question, CONFIRM_HOSTS);
    fputs("netbootctl: ", stderr);
    print_safe(stderr, question);
    fputs("? [y/N] ", stderr);
    if (!fgets(answer, sizeof(answer), stdin))
        answer[0] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    if (strcmp(answer, "y") == 0 || strcmp(answer, "Y") == 0 || strcmp(answer, "yes") == 0)
        return DONE;
    return failed("nothing was changed");
}
