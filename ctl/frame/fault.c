/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/fault.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* On return the signal comes again, and does what it does without us. */
static void tell(int number)
{
    static const char text[] = "netbootctl: this is a fault of netbootctl's, or the store is damaged: see what "
                               "`netbootctl status --check` says\n";

    (void)number;
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        return;
}

void fault_explain(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT};
    struct sigaction now, handler = {.sa_handler = tell, .sa_flags = SA_RESETHAND};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) /* else a sanitizer tells more */
            sigaction(numbers[i], &handler, NULL);
}
