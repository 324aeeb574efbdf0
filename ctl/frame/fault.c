/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/fault.h"

#include "frame/program.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char text[256]; /* made beforehand: a signal handler may do little */

/* After the return the signal comes again, and ends the program. */
static void tell(int number)
{
    (void)number;
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

void fault_explain(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT};
    struct sigaction now, handler = {.sa_handler = tell, .sa_flags = SA_RESETHAND};

    snprintf(text, sizeof(text), "%s: internal error of %s, or damaged store: run `netbootctl status --check`\n",
             program_name(), program_name());
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) /* else a sanitizer tells more */
            sigaction(numbers[i], &handler, NULL);
}
