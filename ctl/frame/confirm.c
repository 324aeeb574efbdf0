/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/confirm.h"

#include "frame/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_wanted(const struct session *session, uint64_t hosts)
{
    return hosts > CONFIRM_HOSTS && !session_has(session, "yes") && !session_has(session, "dry-run");
}

int confirm(const struct session *session, uint64_t hosts, const char *question)
{
    char answer[16];

    if (!is_wanted(session, hosts))
        return DONE;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return misused("%s: more than %d hosts, and no terminal to ask for confirmation; nothing was changed; use "
                       "--dry-run to see what would be done, --yes to do it",
                       question, CONFIRM_HOSTS);
    fprintf(stderr, "%s: ", program_name());
    print_safe(stderr, question);
    fputs("? [y/N] ", stderr);
    if (!fgets(answer, sizeof(answer), stdin))
        answer[0] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    if (strcmp(answer, "y") == 0 || strcmp(answer, "Y") == 0 || strcmp(answer, "yes") == 0)
        return DONE;
    return failed("nothing was changed");
}

bool question_is_open(const struct question *question, const struct session *session, uint64_t hosts,
                      uint64_t generation)
{
    bool is_about_this = question->hosts == hosts && question->generation == generation;

    return is_wanted(session, hosts) && !(question->answered && is_about_this);
}

int question_put(struct question *question, const struct session *session, uint64_t hosts, uint64_t generation,
                 const char *text)
{
    if (question->answered && question->generation != generation)
        note("the store has changed since the question: it is now at generation %" PRIu64 ", not %" PRIu64, generation,
             question->generation);
    else if (question->answered)
        note("the file has changed since the question");
    int code = confirm(session, hosts, text);
    if (code == DONE)
        *question = (struct question){.answered = true, .hosts = hosts, .generation = generation};
    return code;
}
